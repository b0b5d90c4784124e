"""Install CA certificates: the trustpoints first, then one conversation for each certificate.

A paste may end in a question, so nothing is ever typed ahead of the end of a paste; and it is typed only where the
router has asked for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mailtrust.dialogue import Authentication, Removal
from mailtrust.errors import Refused
from mailtrust.findings import Finding, finding
from mailtrust.model import Authenticate, ConfigureTrustpoint, Step
from tasks.configuration_mode import Block, open_blocks
from tasks.session import Session

_OCCUPIED = "delete your existing CA certificate"


def install_trust(
    session: Session, steps: Sequence[Step], begun: Callable[[Step], None], done: Callable[[Step], None]
) -> None:
    """Carry out the trustpoint steps on a router in configuration mode; ``begun`` and ``done`` hear of each.

    Raises Refused when the router does not take a line or a certificate.
    """
    made = [step for step in steps if isinstance(step, ConfigureTrustpoint)]
    ahead = open_blocks(session, [_block(step, begun) for step in made])
    certificates = [step for step in steps if isinstance(step, Authenticate)]
    if ahead and not certificates:
        session.configure(*ahead)
    for number, each in enumerate(certificates):
        begun(each)
        failure = _authenticate(session, each, () if number else ahead)
        for step in () if number or (failure and failure.code == "MT408") else made:
            done(step)
        if failure is not None:
            raise Refused(failure)
        done(each)
    for step in () if certificates else made:
        done(step)


def _block(step: ConfigureTrustpoint, begun: Callable[[Step], None]) -> Block:
    return Block(
        f"crypto pki trustpoint {step.name}",
        "trustpoint",
        step.settings,
        begun=lambda: begun(step),
    )


def _authenticate(session: Session, step: Authenticate, ahead: Sequence[str]) -> Finding | None:
    """Why the router did not take it, None when it did; an empty trustpoint is removed before."""
    lines = [*ahead, f"crypto pki authenticate {step.name}"]
    failure = session.converse(lines, Authentication(step.name, step.certificate, session.prompt))
    if failure is not None and _OCCUPIED in failure.text:
        return finding("MT437", failure.text)  # so it was not empty when we looked: nothing of it is ours to remove
    if failure is not None:
        session.converse([f"no crypto pki trustpoint {step.name}"], Removal(step.name, session.prompt))
    return failure
