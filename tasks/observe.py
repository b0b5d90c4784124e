"""Ask a router what it is and what it has: one wait."""

from __future__ import annotations

from collections.abc import Sequence

from mailtrust.errors import RouterError
from mailtrust.preflight import unfit
from mailtrust.reading import QUESTIONS, Reading, read
from mailtrust.refusals import refusal
from tasks.session import Session, must_be_taken

# Wide enough for the longest line of ours: IOS scrolls longer ones with '$', which spoils the echo. Where paging cannot
# be switched off it is answered.
_LENGTH, _WIDTH = TERMINAL = ("terminal length 0", "terminal width 511")


def observe(session: Session, *before: str) -> Reading:
    """Everything that decides, asked in one write; ``before`` are lines to be typed ahead of the questions.

    Raises ReadingError when an answer does not prove itself whole, and RouterError for a router that shows less than
    all or is not what it should be.
    """
    answers = session.ask(*before, *QUESTIONS, must=_WIDTH)
    for line, answer in zip(before, answers, strict=False):
        if line == _WIDTH:
            must_be_taken([line], [answer])
        session.paged = session.paged or (line == _LENGTH and refusal(answer) is not None)
    return understood(session, answers[len(before) :])


def understood(session: Session, replies: Sequence[str]) -> Reading:
    """The replies to QUESTIONS as values; raises like ``observe``."""
    reading = read(replies)
    if found := unfit(reading.facts, session.prompt.hostname):
        raise RouterError(*found)
    session.knows(reading.facts.hostname)
    return reading
