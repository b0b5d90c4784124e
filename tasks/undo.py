"""Take steps back on a router: applets and variables in one burst, then one conversation for each trustpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailtrust.dialogue import Removal
from mailtrust.errors import Refused
from mailtrust.model import ConfigureTrustpoint, Observed, RemoveTrustpoint, Step
from mailtrust.plan import named
from mailtrust.reading import Reading
from tasks.applets import configuration
from tasks.configuration_mode import enter
from tasks.observe import observe
from tasks.session import Session


def take_back(
    session: Session, steps: Sequence[Step], observed: Observed, ahead: Sequence[str] = ()
) -> tuple[Reading, tuple[str, ...]]:
    """Carry out the steps of ``mailtrust.undo.way_back`` and observe again; ``observed`` is the router as it is.

    Also returns the answers to the commands ``ahead``. Raises Refused when the router does not take a step.
    """
    answers = enter(session, ahead=ahead)
    lines = tuple(configuration(steps, observed))
    if lines:
        session.configure(*lines)
    for step in steps:
        if isinstance(step, RemoveTrustpoint):
            failure = session.converse([f"no crypto pki trustpoint {step.name}"], Removal(step.name, session.prompt))
            if failure is not None:
                raise Refused(failure)
        elif isinstance(step, ConfigureTrustpoint):
            session.configure(f"crypto pki trustpoint {step.name}", *_settings(step, observed))
    return observe(session, "end"), answers


def _settings(step: ConfigureTrustpoint, observed: Observed) -> Iterator[str]:
    """Exactly these settings: what stands there besides is taken away."""
    there = named(observed.trustpoints, step.name)
    words = {setting.split()[0] for setting in step.settings}
    extra = [setting for setting in (() if there is None else there.settings) if setting.split()[0] not in words]
    yield from (f"no {setting}" for setting in extra)
    yield from step.settings
