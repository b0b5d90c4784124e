"""Set variables and install applets: one burst, which also leaves configuration mode and reads everything back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailtrust.applet import MARK, is_mark, mark
from mailtrust.errors import Refused
from mailtrust.model import (
    AppletText,
    InstallApplet,
    Observed,
    RemoveApplet,
    SetVariable,
    Step,
    UnsetVariable,
    Variable,
)
from mailtrust.plan import named
from mailtrust.prompts import refusal
from mailtrust.reading import QUESTIONS, Reading, read
from tasks.session import Session, must_be_taken


def configuration(steps: Sequence[Step], before: Observed) -> Iterator[str]:
    """The lines of these steps for a router in configuration mode."""
    for step in steps:
        match step:
            case SetVariable(variable):
                yield _set(variable)
            case InstallApplet(applet):
                yield from applet_lines(applet, replaces=named(before.applets, applet.name) is not None)
            case RemoveApplet(name):
                yield f"no event manager applet {name}"
            case UnsetVariable(name):
                yield f"no event manager environment {name}"


def applet_lines(applet: AppletText, *, replaces: bool) -> Iterator[str]:
    """An applet as typed: whole, so that no line of an older one stays behind."""
    if replaces:
        yield f"no event manager applet {applet.name}"
    yield f"event manager applet {applet.name}"
    yield from (f" {line}" for line in applet.lines)
    yield " exit"


def install_applets(session: Session, steps: Sequence[Step], before: Observed) -> Reading:
    """Carry out variable and applet steps on a router in configuration mode, leave it and observe again.

    Raises Refused when a line is not taken; then variables and applets are put back as they were before.
    """
    lines = (*configuration(steps, before), "end")
    answers = session.ask(*lines, *QUESTIONS)
    unmarked = any(is_mark(line) and refusal(answer) for line, answer in zip(lines, answers, strict=False))
    try:
        must_be_taken(*without_marks(lines, answers))
    except Refused:
        session.ask("configure terminal", *_back(steps, before), "end")
        raise
    if unmarked:
        answers = session.ask("configure terminal", *_comments(steps), "end", *QUESTIONS)
    return read(answers[-len(QUESTIONS) :])


def without_marks(lines: Sequence[str], answers: Sequence[str]) -> tuple[list[str], list[str]]:
    """A release that knows no ``description`` refuses our mark; nothing else may be refused."""
    kept = [(line, answer) for line, answer in zip(lines, answers, strict=False) if not is_mark(line)]
    return [line for line, _ in kept], [answer for _, answer in kept]


def _comments(steps: Sequence[Step]) -> Iterator[str]:
    """The mark as a comment, for releases that know no ``description``."""
    for step in steps:
        if isinstance(step, InstallApplet):
            yield f"event manager applet {step.applet.name}"
            yield f" action 0000 comment {MARK} {mark(step.applet)}"
            yield " exit"


def _back(steps: Sequence[Step], before: Observed) -> Iterator[str]:
    for step in steps:
        match step:
            case SetVariable(variable):
                value = named(before.variables, variable.name)
                yield f"no event manager environment {variable.name}" if value is None else _set(value)
            case InstallApplet(applet):
                yield f"no event manager applet {applet.name}"
                old = named(before.applets, applet.name)
                yield from () if old is None else applet_lines(old, replaces=False)


def _set(variable: Variable) -> str:
    return f"event manager environment {variable.name} {variable.value.reveal()}"
