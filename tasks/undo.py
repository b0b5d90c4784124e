"""Take steps back on a router: applets and variables first, then one conversation for each trustpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mailtrust.dialogue import Removal
from mailtrust.errors import Overtaken, Refused
from mailtrust.findings import finding
from mailtrust.model import ConfigureTrustpoint, InstallApplet, Observed, RemoveTrustpoint, Step
from mailtrust.plan import named
from mailtrust.reading import QUESTIONS, Reading
from tasks.applets import configure_applets
from tasks.configuration_mode import Block, blocks, enter
from tasks.observe import observe, understood
from tasks.session import Session


def take_back(
    session: Session, steps: Sequence[Step], observed: Observed, ahead: Sequence[str] = (), *, sure: bool = False
) -> tuple[Reading, tuple[str, ...]]:
    """Carry out the steps of ``mailtrust.undo.way_back`` and observe again; ``observed`` is the router as it is.

    Also returns the answers to the commands ``ahead``. With ``sure`` it is looked at once more, right before the first
    line; raises Overtaken when it has changed. Raises Refused when the router does not take a step.
    """
    *answers, last = _entered(session, ahead, sure=sure)
    if last is not None and last.observed != observed:
        raise Overtaken(finding("MT441", "what it holds has changed since it was looked at"))
    trust = [step for step in steps if isinstance(step, RemoveTrustpoint | ConfigureTrustpoint)]
    others = [step for step in steps if step not in trust]
    # What refers to a variable goes before it, and comes back after it.
    going = [step for step in others if not isinstance(step, InstallApplet)]
    coming = [step for step in others if isinstance(step, InstallApplet)]
    if others:
        configure_applets(session, [*going, *coming], observed, lambda _: None)
    for step in trust:
        _trust_back(session, step, observed)
    return observe(session, "end"), tuple(answers)


def _entered(session: Session, ahead: Sequence[str], *, sure: bool) -> tuple[Any, ...]:
    questions = QUESTIONS if sure else ()
    answers = enter(session, *ahead, *questions)
    last = understood(session, answers[len(ahead) :]) if sure else None
    return (*answers[: len(ahead)], last)


def _trust_back(session: Session, step: Step, observed: Observed) -> None:
    if isinstance(step, RemoveTrustpoint):
        failure = session.converse([f"no crypto pki trustpoint {step.name}"], Removal(step.name, session.prompt))
        if failure is not None:
            raise Refused(failure)
    elif isinstance(step, ConfigureTrustpoint):
        head = f"crypto pki trustpoint {step.name}"
        blocks(session, [Block(head, "trustpoint", tuple(_settings(step, observed)))])


def _settings(step: ConfigureTrustpoint, observed: Observed) -> Iterator[str]:
    """Exactly these settings: what stands there besides is taken away."""
    there = named(observed.trustpoints, step.name)
    words = {setting.split()[0] for setting in step.settings}
    extra = [setting for setting in (() if there is None else there.settings) if setting.split()[0] not in words]
    yield from (f"no {setting}" for setting in extra)
    yield from step.settings
