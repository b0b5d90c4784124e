"""Why the router did not trust the server: run the test applet once more with the few debugs that tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mailtrust.applet import marker
from mailtrust.errors import Refused
from mailtrust.findings import Finding, finding
from mailtrust.refusals import refusal
from mailtrust.symptoms import missing_issuer
from tasks.session import Session, must_be_taken
from tasks.testmail import MAIL_SECONDS, RUN

DEBUGS = (
    "debug crypto pki messages",
    "debug crypto pki transactions",
    "debug crypto pki validation",
    "debug ssl openssl errors",
)
_SHOW = "show debugging"
_HEADER = re.compile(r"^IOSXE (?:Conditional Debug|Packet Tracing) Configs:", re.MULTILINE)
_READ_LOG = "show logging | include CRYPTO|HA.EM-"


def find_missing_issuer(
    session: Session, run_id: str, debugging: Callable[[Sequence[str]], None]
) -> tuple[Finding, ...]:
    """The issuer that the router looked for in vain; () when certificates are not the cause, or cannot be proven to be.

    Where somebody is debugging already, or nobody can tell, nothing is switched on or off. ``debugging`` hears of what
    will be on before it is typed, and () when all of it is off again.
    """
    if not _none_is_on(session.ask(_SHOW)[0]):
        return ()
    debugging(DEBUGS)
    replies = session.ask(*DEBUGS, RUN, _READ_LOG, *off(DEBUGS), _SHOW, seconds=MAIL_SECONDS)
    _see_off(DEBUGS, replies[len(DEBUGS) + 2 :])
    debugging(())
    log = replies[len(DEBUGS) + 1]
    return missing_issuer(log.rpartition(marker("BEGIN", run_id))[2])


def switch_off(session: Session, debugs: Sequence[str]) -> None:
    """End exactly these and see that they have ended; raises Refused when that cannot be seen."""
    _see_off(debugs, session.ask(*off(debugs), _SHOW, must=True))


def off(debugs: Sequence[str]) -> tuple[str, ...]:
    """The lines that end exactly these."""
    return tuple(f"no {line}" for line in debugs)


def _see_off(debugs: Sequence[str], answers: Sequence[str]) -> None:
    """The answers to the lines of ``off`` and to the question behind them: each says so, or nothing is on any more."""
    must_be_taken(off(debugs), answers)
    silent = [line for line, answer in zip(off(debugs), answers, strict=False) if "is off" not in answer]
    if silent and not _none_is_on(answers[-1]):
        raise Refused(finding("MT408", f"'{silent[0]}': the router does not show that it is off"))


def _none_is_on(reply: str) -> bool:
    """Whether the answer to ``show debugging`` is one, and names nothing that is on."""
    return _HEADER.search(reply) is not None and "debugging is on" not in reply and refusal(reply) is None
