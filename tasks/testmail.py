"""Send one mail from the router itself and read in its log what became of it.

The test applet exists for the length of the test: installed and run in one burst, removed with the next.
"""

from __future__ import annotations

import time

from mailtrust.applet import MARK, TEST_APPLET, mark
from mailtrust.errors import Refused
from mailtrust.findings import Finding, finding
from mailtrust.model import AppletText
from mailtrust.prompts import refusal
from mailtrust.symptoms import Verdict, unfinished, verdict
from tasks.applets import applet_lines, without_marks
from tasks.session import Session, must_be_taken

# '_' is a delimiter in IOS regular expressions, so '.' stands for it.
READ_LOG = "show logging | include Buffer logging|HA.EM-"
RUN = f"event manager run {TEST_APPLET}"
REMOVE = ("configure terminal", f"no event manager applet {TEST_APPLET}", "end")

# The applet's own maxrun, and what a busy router needs around it. Where `event manager run` returns at once the log
# is read again until then.
MAIL_SECONDS = 75.0
_PAUSE = 1.0
_PATIENCE = {"running": MAIL_SECONDS, "unseen": 5.0}


def send_test_mail(session: Session, applet: AppletText, run_id: str) -> tuple[Finding, ...]:
    """Install the test applet, run it once and judge the log: () when the server took the mail.

    Leaves the test applet on the router: the caller types ``REMOVE``, whatever comes of this. Raises Refused when the
    applet cannot be installed or run.
    """
    # First of all a mark that every release takes: wherever the line breaks, what is left can be known as ours.
    marked = AppletText(applet.name, (f"action 0000 comment {MARK} {mark(applet)}", *applet.lines))
    install = ("configure terminal", *applet_lines(marked, replaces=False), "end")
    replies = session.ask(*install, RUN, READ_LOG, seconds=MAIL_SECONDS)
    must_be_taken(*without_marks(install, replies))
    if "not registered" in replies[-2] or refusal(replies[-2]) is not None:
        raise Refused(finding("MT309", f"'{RUN}': {replies[-2].strip()}"))
    return _findings(_final(session, replies[-1], run_id))


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
