"""Enter configuration mode, which somebody else may hold locked, and type blocks of lines into it.

Nothing is typed into a mode that has not been seen: the first line of a block comes with the lines of the block before,
and its own lines only after the router has shown where it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, stop_after_attempt, wait_fixed

from mailtrust.applet import is_mark
from mailtrust.errors import Refused
from mailtrust.findings import finding
from mailtrust.refusals import said
from tasks.session import Session, must_be_taken

_ATTEMPTS = 3
_PAUSE_SECONDS = 2.0
CONFIGURE = "configure terminal"
_ENTERED = "Enter configuration commands"


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of one mode: the line that enters it, a word of the mode's name, and the lines below."""

    head: str
    mode: str
    lines: tuple[str, ...]
    before: tuple[str, ...] = ()
    """Lines of the first level that have to be typed ahead of the head."""
    begun: Callable[[], None] = lambda: None
    """Hears of it before its first line is typed."""
    waits: bool = False
    """Nothing of it is typed before all lines ahead of it have been seen to be taken."""


def enter(session: Session, *ahead: str) -> tuple[str, ...]:
    """Type the commands ``ahead``, enter configuration mode and see it; returns the answers to ``ahead``."""
    answers = session.ask(*ahead, CONFIGURE, seconds=math.inf)
    entered(session, answers[-1])
    return answers[:-1]


def entered(session: Session, answer: str) -> None:
    """See that ``configure terminal``, typed last, has been answered with configuration mode.

    A locked configuration is tried again a few times. Raises Refused when the router does not enter.
    """
    retrying = Retrying(
        retry=_locked, stop=stop_after_attempt(_ATTEMPTS), wait=wait_fixed(_PAUSE_SECONDS), reraise=True
    )
    first = [answer]
    retrying(lambda: _entered(session, first.pop() if first else session.ask(CONFIGURE)[0]))


def _entered(session: Session, answer: str) -> None:
    must_be_taken([CONFIGURE], [answer])
    if not (session.mode or "").startswith("config") and _ENTERED not in answer:
        words = answer.strip() or "nothing"
        raise Refused(finding("MT408", f"'{CONFIGURE}': no configuration mode was seen; the router said {words!r}"))
    session.configuring = True


def _locked(state: RetryCallState) -> bool:
    error = state.outcome.exception() if state.outcome else None
    return isinstance(error, Refused) and error.findings[0].code == "MT407"


def blocks(
    session: Session, wanted: Iterable[Block], *, first: Sequence[str] = (), after: Sequence[str] = ()
) -> tuple[str, ...]:
    """Type the lines ``first``, then each block, then the lines ``after``; returns the answers to ``after``.

    The session is in configuration mode. Raises Refused for the first line that is not taken, or when a block's mode is
    not seen; our mark alone may be refused.
    """
    pending = open_blocks(session, wanted, first=first)
    if not pending and not after:
        return ()
    lines = (*pending, *after)
    answers = session.ask(*lines)
    must_be_taken(*without_marks(pending, answers))
    return answers[len(pending) :]


def open_blocks(session: Session, wanted: Iterable[Block], *, first: Sequence[str] = ()) -> tuple[str, ...]:
    """The same, but for the lines of the last block: they are returned, to be typed together with something else."""
    shows_modes = session.mode is not None
    pending = tuple(first)
    for block in wanted:
        if block.waits and pending:
            must_be_taken(*without_marks(pending, session.ask(*pending, must=True)))
            pending = ()
        block.begun()
        lines = (*pending, *block.before, block.head)
        told = shows_modes and block.mode not in (session.mode or "")
        answers = session.ask(*lines, must=True)
        must_be_taken(*without_marks(lines, answers))
        _see(session, block, answers[-1], told=told)
        pending = block.lines
    return pending


def _see(session: Session, block: Block, answer: str, *, told: bool) -> None:
    """The mode is entered when the prompt tells so; where it cannot tell, when nothing was said."""
    entered = not told or block.mode in (session.mode or "")
    words = said(answer)
    if not entered or (words is not None and not told):
        shown = words or f"the prompt shows the mode {session.mode or 'of EXEC'}"
        raise Refused(finding("MT408", f"'{block.head}': {shown}"))


def without_marks(lines: Sequence[str], answers: Sequence[str]) -> tuple[list[str], list[str]]:
    """A release that knows no ``description`` refuses our mark; nothing else may be refused."""
    kept = [(line, answer) for line, answer in zip(lines, answers, strict=False) if not is_mark(line)]
    return [line for line, _ in kept], [answer for _, answer in kept]
