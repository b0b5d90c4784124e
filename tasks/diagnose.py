"""Why the router did not trust the server: run the test applet once more with the few debugs that tell."""

from __future__ import annotations

from contextlib import suppress

from mailtrust.applet import marker
from mailtrust.errors import RouterError
from mailtrust.findings import Finding
from mailtrust.symptoms import missing_issuer
from tasks.session import Session
from tasks.testmail import MAIL_SECONDS, RUN

_DEBUGS = (
    "debug crypto pki messages",
    "debug crypto pki transactions",
    "debug crypto pki validation",
    "debug ssl openssl errors",
)
_READ_LOG = "show logging | include CRYPTO|HA.EM-"


def find_missing_issuer(session: Session, run_id: str) -> tuple[Finding, ...]:
    """The issuer that the router looked for in vain; () when certificates are not the cause, or cannot be proven to be.

    Where somebody is debugging already nothing is switched on or off. What is switched on here is switched off again.
    """
    (debugging,) = session.ask("show debugging")
    if "debugging is on" in debugging:
        return ()
    off = [f"no {line}" for line in _DEBUGS]
    try:
        replies = session.ask(*_DEBUGS, RUN, _READ_LOG, *off, seconds=MAIL_SECONDS)
    except RouterError:
        with suppress(RouterError):
            session.come_to_rest()
            session.ask(*off)
        raise
    log = replies[len(_DEBUGS) + 1]
    return missing_issuer(log.rpartition(marker("BEGIN", run_id))[2])
