"""Send one mail from the router itself and read in its log what became of it.

The test applet exists for the length of the test: installed, run in one burst, removed before anything is saved.
"""

from __future__ import annotations

import math
import time

from mailtrust.applet import MARK, TEST_APPLET, mark, marker, same
from mailtrust.errors import Refused
from mailtrust.findings import Finding, finding
from mailtrust.model import AppletText
from mailtrust.plan import named
from mailtrust.reading import QUESTIONS, Reading, observed, whole
from mailtrust.refusals import refusal
from mailtrust.symptoms import Verdict, unfinished, verdict
from mailtrust.unsaved import DIFFERENCES
from tasks.applets import applet_block
from tasks.configuration_mode import enter, open_blocks, without_marks
from tasks.observe import understood
from tasks.session import Session, must_be_taken

# '_' is a delimiter in IOS regular expressions, so '.' stands for it.
READ_LOG = "show logging | include Buffer logging|HA.EM-"
RUN = f"event manager run {TEST_APPLET}"
_THERE = f"show running-config | section event manager applet {TEST_APPLET}|^version |^end"
_REMOVE = (f"no event manager applet {TEST_APPLET}", "end")

# The applet's own maxrun, and what a busy router needs around it. Where `event manager run` returns at once the log
# is read again until then.
MAIL_SECONDS = 75.0
_PAUSE = 1.0
_PATIENCE = {"running": MAIL_SECONDS, "unseen": 5.0}


def send_test_mail(session: Session, applet: AppletText, run_id: str) -> tuple[Finding, ...]:
    """Install the test applet, run it once and judge the log: () when the server took the mail.

    Leaves the test applet on the router: ``remove_test`` is for the caller, whatever comes of this. Raises Refused when
    the applet cannot be installed or run.
    """
    # First of all a mark that every release takes: wherever the line breaks, what is left can be known as ours.
    marked = AppletText(applet.name, (f"action 0000 comment {MARK} {mark(applet)}", *applet.lines))
    if not session.configuring:
        enter(session)
    lines = open_blocks(session, [applet_block(marked, replaces=False)])
    answers = session.ask(*lines, "end", _THERE, RUN, READ_LOG, seconds=MAIL_SECONDS)
    must_be_taken(*without_marks((*lines, "end"), answers))
    there, ran, log = answers[-3:]
    _see_whole(there, applet)
    if (words := refusal(log)) is not None and marker("BEGIN", run_id) not in log:
        raise Refused(finding("MT427", f"'{READ_LOG}': {words}"))
    if "not registered" in ran or refusal(ran) is not None:
        raise Refused(finding("MT309", f"'{RUN}': {ran.strip()}"))
    return _findings(_final(session, log, run_id))


def _see_whole(reply: str, applet: AppletText) -> None:
    """Raises Refused when the router holds another applet than was typed: its end would prove no mail."""
    there = named(observed(whole(reply, _THERE), _THERE).applets, applet.name)
    if there is None or not same(there, applet):
        held = "none" if there is None else "another one than was typed"
        raise Refused(finding("MT309", f"of the test applet the router holds {held}, so that its run proves nothing"))


def remove_test(session: Session) -> tuple[str, Reading]:
    """Take the test applet away again and see that it went: the answer to DIFFERENCES, and the router thereafter.

    Raises Refused when it is still there, and ReadingError when nobody can tell.
    """
    enter(session)
    answers = session.ask(*_REMOVE, DIFFERENCES, *QUESTIONS, seconds=math.inf)
    must_be_taken(_REMOVE, answers)
    differences, *replies = answers[len(_REMOVE) :]
    reading = understood(session, replies)
    if named(reading.observed.applets, TEST_APPLET) is not None:
        raise Refused(finding("MT408", f"'{_REMOVE[0]}': the applet is still there"))
    return differences, reading


def _final(session: Session, log: str, run_id: str) -> Verdict:
    """The verdict once the applet has ended, or whatever is known when its time is over."""
    begun = time.monotonic()
    judged = verdict(log, run_id)
    while time.monotonic() < begun + _PATIENCE.get(judged.state, 0.0):
        time.sleep(_PAUSE)
        judged = verdict(session.ask(READ_LOG)[0], run_id)
    return judged


def _findings(judged: Verdict) -> tuple[Finding, ...]:
    return (unfinished(),) if judged.state == "running" else judged.findings
