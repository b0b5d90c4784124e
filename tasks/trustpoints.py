"""Install CA certificates: all trustpoints in one burst, then one burst for each certificate.

A paste may end in a question, so nothing is ever typed ahead of the end of a paste.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mailtrust.dialogue import Authentication, Removal, paste
from mailtrust.errors import Refused, Silence
from mailtrust.findings import Finding
from mailtrust.model import Authenticate, ConfigureTrustpoint, Step
from tasks.session import Session

_OCCUPIED = "delete your existing CA certificate"


def install_trust(session: Session, steps: Sequence[Step], done: Callable[[Step], None]) -> None:
    """Carry out the trustpoint steps on a router in configuration mode; ``done`` hears of each.

    Raises Refused when the router does not take a certificate; an empty trustpoint is removed before.
    """
    for step in steps:
        if isinstance(step, Authenticate):
            _authenticate(session, step)
        done(step)


def trustpoint_lines(steps: Sequence[Step]) -> Iterator[str]:
    """No ``exit`` among them: where the configuration turns out to be locked it would end the session."""
    for step in steps:
        if isinstance(step, ConfigureTrustpoint):
            yield f"crypto pki trustpoint {step.name}"
            yield from (f" {setting}" for setting in step.settings)


def _authenticate(session: Session, step: Authenticate) -> None:
    failure = _in_one_burst(session, step)
    if failure is not None and failure.code != "MT211":
        # Something else than the expected was heard: a router may drop what was typed ahead. Once more, by steps.
        failure = session.converse(
            [f"crypto pki authenticate {step.name}"], Authentication(step.name, step.certificate, session.prompt)
        )
    if failure is not None and _OCCUPIED in failure.text:
        raise Refused(failure)  # somebody has filled it meanwhile: it is not ours to remove
    if failure is not None:
        session.converse([f"no crypto pki trustpoint {step.name}"], Removal(step.name, session.prompt))
        raise Refused(failure)


def _in_one_burst(session: Session, step: Authenticate) -> Finding | None:
    lines = [f"crypto pki authenticate {step.name}", *paste(step.certificate)]
    try:
        return session.converse(lines, Authentication(step.name, step.certificate, session.prompt, stage="pasted"))
    except Silence as silence:
        session.come_to_rest()
        return silence.findings[0]
