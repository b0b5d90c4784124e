"""Ask a router what it is and what it has: one wait."""

from __future__ import annotations

from mailtrust.reading import QUESTIONS, Reading, read
from tasks.session import Session

# Wide enough for the longest line of ours: IOS scrolls longer ones with '$', which spoils the echo.
TERMINAL = ("terminal length 0", "terminal width 511")


def observe(session: Session, *before: str) -> Reading:
    """Everything that decides, asked in one write; ``before`` are lines to be typed ahead of the questions.

    Raises ReadingError when an answer cannot be read.
    """
    answers = session.ask(*before, *QUESTIONS)
    return read(answers[len(before) :])
