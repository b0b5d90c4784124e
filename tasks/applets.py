"""Set variables and install applets; the last burst also leaves configuration mode and reads everything back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from mailtrust.applet import MARK, TEST_APPLET, digest, is_mark, mark
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
from mailtrust.reading import QUESTIONS, Reading
from tasks.configuration_mode import CONFIGURE, Block, blocks, enter, entered
from tasks.observe import understood
from tasks.session import Session

_LEAVE = "exit"


def single_lines(steps: Sequence[Step]) -> Iterator[str]:
    """The steps that are one line of the first level each."""
    for step in steps:
        match step:
            case SetVariable(variable):
                yield _set(variable)
            case RemoveApplet(name):
                yield f"no event manager applet {name}"
            case UnsetVariable(name):
                yield f"no event manager environment {name}"


def applet_block(applet: AppletText, *, replaces: bool, begun: Callable[[], None] = lambda: None) -> Block:
    """An applet as typed: whole, so that no line of an older one stays behind."""
    return Block(
        f"event manager applet {applet.name} {applet.options}".rstrip(),
        "applet",
        applet.lines,
        before=(f"no event manager applet {applet.name}",) if replaces else (),
        begun=begun,
    )


def configure_applets(
    session: Session,
    steps: Sequence[Step],
    before: Observed,
    begun: Callable[[Step], None],
    after: Sequence[str] = (),
) -> tuple[str, ...]:
    """Carry out variable and applet steps on a router in configuration mode; returns the answers to ``after``."""
    single = [step for step in steps if not isinstance(step, InstallApplet)]
    for step in single:
        begun(step)
    wanted = [
        applet_block(
            step.applet,
            replaces=named(before.applets, step.applet.name) is not None,
            begun=lambda step=step: begun(step),  # type: ignore[misc]  # mypy does not infer a default argument
        )
        for step in steps
        if isinstance(step, InstallApplet)
    ]
    return blocks(session, _rehearsed(wanted, begun), first=tuple(single_lines(single)), after=after)


def _rehearsed(wanted: Sequence[Block], begun: Callable[[Step], None]) -> Iterator[Block]:
    """The blocks; before the first one that replaces an applet its lines are tried under the name of the test applet.

    Who may take an applet away may not be allowed to write one: nothing goes before that is known.
    """
    replacing = next((block for block in wanted if block.before), None)
    if replacing is None:
        yield from wanted
        return
    lines = [line for line in replacing.lines if not line.startswith(("event ", "action 0000 ")) and not is_mark(line)]
    ours = f"action 0000 comment {MARK} {digest(lines, TEST_APPLET)}"
    trial = AppletText(TEST_APPLET, (ours, "event none", *lines))
    yield applet_block(trial, replaces=False, begun=lambda: begun(RemoveApplet(TEST_APPLET)))
    first, *others = wanted
    yield replace(first, before=(_LEAVE, f"no event manager applet {TEST_APPLET}", *first.before), waits=True)
    for block in others:  # in the mode of an applet `no event ...` may take its event away
        yield replace(block, before=(_LEAVE, *block.before)) if block.before else block


def install_applets(
    session: Session, steps: Sequence[Step], before: Observed, begun: Callable[[Step], None], *, stay: bool = False
) -> Reading:
    """Carry out variable and applet steps on a router in configuration mode, leave it and observe again.

    With ``stay`` the router is in configuration mode again at the end. Raises Refused when a line is not taken, and
    ReadingError when the last look does not prove itself.
    """
    again = (CONFIGURE,) if stay else ()
    answers = configure_applets(session, steps, before, begun, ("end", *QUESTIONS, *again))
    after = understood(session, answers[1 : 1 + len(QUESTIONS)])
    if unmarked := [step for step in steps if isinstance(step, InstallApplet) and _unmarked(step, after.observed)]:
        if stay:
            entered(session, answers[-1])
        else:
            enter(session)
        answers = blocks(session, map(_commented, unmarked), after=("end", *QUESTIONS, *again))
        after = understood(session, answers[1 : 1 + len(QUESTIONS)])
    if stay:
        entered(session, answers[-1])
    return after


def _unmarked(step: InstallApplet, observed: Observed) -> bool:
    """Releases that know no ``description`` take everything else of an applet."""
    there = named(observed.applets, step.applet.name)
    return there is not None and mark(step.applet) is not None and mark(there) is None


def _commented(step: InstallApplet) -> Block:
    """The mark as a comment."""
    head = f"event manager applet {step.applet.name} {step.applet.options}".rstrip()
    return Block(head, "applet", (f"action 0000 comment {MARK} {mark(step.applet)}",))


def _set(variable: Variable) -> str:
    return f"event manager environment {variable.name} {variable.value.reveal()}"
