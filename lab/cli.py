"""The command line: which commands each mode has, and what the router prints for a line that is typed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Mapping

from lab import answering, configcommands, eemcommands, execcommands, filters, pki, showpki, shows
from lab.grammar import (
    AmbiguousError,
    FailedError,
    IncompleteError,
    InvalidError,
    Match,
    Node,
    RefusedError,
    choices,
    match,
    tree,
)
from lab.session import ENABLE, Mode, Pause, Result, Session

Handler = Callable[[Session, Mapping[str, str]], Result]
Tables = Mapping[str, Node[Handler]]


def _tables(*, eem: bool) -> Tables:
    always = configcommands.EVERYWHERE
    submode = (*always, *configcommands.SUBMODE)
    trees: dict[str, Node[Handler]] = {
        "user": tree(execcommands.USER_EXEC, shows.USER_EXEC),
        "enable": tree(execcommands.EXEC, shows.EXEC, showpki.EXEC, eemcommands.EXEC if eem else ()),
        "config": tree(always, configcommands.CONFIG, pki.CONFIG, eemcommands.CONFIG if eem else ()),
        "trustpoint": tree(submode, pki.TRUSTPOINT),
        "chain": tree(submode, pki.CHAIN),
        "applet": tree(submode, eemcommands.APPLET),
        "trigger": tree(submode, eemcommands.TRIGGER),
        "block": tree(submode, configcommands.BLOCK),
        "class": tree(submode, configcommands.CLASS),
    }
    return trees


TABLES = {eem: _tables(eem=eem) for eem in (True, False)}


async def enter(session: Session, line: str) -> str:
    """Type one line and Return: everything that the router prints before its next prompt."""
    session.point, session.drip = "", 0.0
    command = line.strip()
    if not session.question and (not command or command.startswith("!")):
        return ""
    answer = answering.answer(session, line)
    session.drip = answer.drip
    session.aloud = answer.text is None and answer.cut is None
    if answer.delay:
        await session.before_wait()
        await asyncio.sleep(answer.delay)
    true = await _typed(session, line) if answer.text is None or answer.executes else ""
    return (true if answer.text is None else answer.text)[: answer.cut]


async def _typed(session: Session, line: str) -> str:
    """The line takes effect: what the router truly has to say to it."""
    if session.question:
        return await _through_pauses(session, session.answer(line))
    if session.configuring and line.strip().lower().startswith("do "):
        start = line.lower().index("do ") + len("do ")
        return await _execute(session, line, start, ENABLE)
    return await _execute(session, line, 0, session.mode)


async def _through_pauses(session: Session, text: str) -> str:
    """A dialogue's text once it needs an answer or is over; what comes before a silence may be shown before it."""
    while isinstance(session.question, Pause):
        text = await session.say(text) if session.aloud else text
        await asyncio.sleep(session.question.seconds)
        text += session.answer("")
    return text


async def _execute(session: Session, line: str, start: int, mode: Mode) -> str:
    """Run what stands in `line` from column `start` on."""
    column = len(session.prompt) + start
    try:
        text, refine = _filtered(line[start:])
        found = _find(session, text, mode)
        output = await _unfold(session, _run(session, found))
    except RefusedError as refused:
        return refusal(refused, line, column)
    stamp = shows.timestamp(session.router) if session.timestamps and "show" in found.args else ""
    return stamp + refine(output)


def _filtered(text: str) -> tuple[str, Callable[[str], str]]:
    """A command and what becomes of its output; only `show` has filters."""
    if not text.lower().startswith("sh"):
        return text, str
    try:
        return filters.split(text)
    except filters.BadFilterError as bad:
        raise InvalidError(text.index("|") + 2) from bad


def _run(session: Session, found: Match[Handler]) -> Result:
    try:
        return found.handler(session, found.args)
    except InvalidError as invalid:
        raise InvalidError(found.at + invalid.at) from invalid


async def _unfold(session: Session, result: Result) -> str:
    if isinstance(result, str):
        return result
    if isinstance(result, Generator):
        return await _through_pauses(session, session.begin(result))
    await session.before_wait()
    return await result


def _find(session: Session, text: str, mode: Mode) -> Match[Handler]:
    """The command, in this mode or, from a sub-mode, in one around it, which leaves the sub-mode."""
    tables = TABLES[session.router.personality.eem]
    at = 0
    for each in (mode, *mode.around):
        try:
            found = match(tables[each.name], text)
        except InvalidError as refused:
            at = max(at, refused.at)
            continue
        if each is not mode:
            session.go(each)
        return found
    raise InvalidError(at)


def refusal(refused: RefusedError, line: str, column: int) -> str:
    """The text of a refused command; the caret stands under the word at fault, the prompt counted."""
    if isinstance(refused, FailedError):
        return refused.words
    if isinstance(refused, InvalidError):
        return f"{' ' * (column + refused.at)}^\n% Invalid input detected at '^' marker.\n\n"
    if isinstance(refused, AmbiguousError):
        return f'% Ambiguous command:  "{line.strip()}"\n'
    assert isinstance(refused, IncompleteError)
    if line.rsplit(maxsplit=1)[-1] in ("show", "sho", "sh"):
        return '% Type "show ?" for a list of subcommands\n'
    return "% Incomplete command.\n\n"


def help_for(session: Session, line: str) -> str:
    """What `?` prints after `line`."""
    tables = TABLES[session.router.personality.eem]
    return "".join(f"  {name}\n" for name in choices(tables[session.mode.name], line)) or "% Unrecognized command\n"
