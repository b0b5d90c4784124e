"""Take steps back on a router: applets and variables in one burst, then one conversation for each trustpoint."""

from __future__ import annotations

from collections.abc import Sequence

from mailtrust.dialogue import Removal
from mailtrust.errors import Refused
from mailtrust.model import ConfigureTrustpoint, Observed, RemoveTrustpoint, Step
from mailtrust.reading import Reading
from tasks.applets import configuration
from tasks.configuration_mode import enter
from tasks.observe import observe
from tasks.session import Session


def take_back(session: Session, steps: Sequence[Step], observed: Observed) -> Reading:
    """Carry out the steps of ``mailtrust.undo.way_back`` and observe again; ``observed`` is the router as it is.

    Raises Refused when the router does not take one.
    """
    enter(session)
    lines = tuple(configuration(steps, observed))
    if lines:
        session.configure(*lines)
    for step in steps:
        if isinstance(step, RemoveTrustpoint):
            failure = session.converse([f"no crypto pki trustpoint {step.name}"], Removal(step.name, session.prompt))
            if failure is not None:
                raise Refused(failure)
        elif isinstance(step, ConfigureTrustpoint):
            session.configure(f"crypto pki trustpoint {step.name}", *step.settings)
    return observe(session, "end")
