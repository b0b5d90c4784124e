"""The one place that decides what a typed line gets: its true answer, or another."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Protocol

from lab.personality import Answer, Message
from lab.router import Router
from lab.session import Session

TRUTH = Answer("")


class Counted(Protocol):
    """A fault that strikes only so often."""

    @property
    def command(self) -> str: ...
    @property
    def times(self) -> int: ...


def answer(session: Session, line: str) -> Answer:
    """What `line` gets: what a test says, then the router's faults, then AAA; each command costs its silence.

    Nobody is asked while a certificate is pasted, nor for a session that is exempt.
    """
    question = session.question
    if session.exempt or (question and question.answer == "paste"):
        return TRUTH
    typed, router = line.strip(), session.router
    told = router.answering(session, typed) if router.answering else None
    chosen = told or _fault(router, typed)
    if question:
        return chosen or TRUTH
    chosen, seconds = chosen or _denial(router, typed) or TRUTH, router.personality.seconds_per_line
    return replace(chosen, delay=chosen.delay + seconds) if seconds else chosen


def _fault(router: Router, typed: str) -> Answer | None:
    """The first fault that strikes at this line; those behind it do not hear of it."""
    for number, fault in enumerate(router.personality.faults.answers):
        if _strikes(router, number, fault, typed, fault.after):
            return fault
    return None


def message(session: Session, command: str | None) -> Message | None:
    """What the router says by itself behind the prompt that follows `command` (None: the login)."""
    router = session.router
    for number, fault in enumerate(() if session.exempt else router.personality.faults.messages):
        for_login = fault.command == ""
        if for_login is (command is None) and _strikes(router, number, fault, command or ""):
            return fault
    return None


def _strikes(router: Router, number: int, fault: Counted, typed: str, after: int = 0) -> bool:
    if not re.fullmatch(fault.command, typed):
        return False
    router.matched[number, fault] += 1
    return after < router.matched[number, fault] <= after + fault.times


def _denial(router: Router, typed: str) -> Answer | None:
    """AAA asks for the command itself, so `do` does not help."""
    command = re.sub(r"^do\s+", "", typed, flags=re.IGNORECASE)
    if any(re.match(denied, said) for denied in router.personality.deny for said in (typed, command)):
        return Answer("", router.personality.deny_words)
    return None
