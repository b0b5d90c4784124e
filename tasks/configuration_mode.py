"""Enter configuration mode, which somebody else may hold locked."""

from __future__ import annotations

from collections.abc import Sequence

from tenacity import RetryCallState, Retrying, stop_after_attempt, wait_fixed

from mailtrust.errors import Refused
from tasks.session import Session, must_be_taken

_ATTEMPTS = 3
_PAUSE_SECONDS = 2.0


def enter(session: Session, *lines: str, ahead: Sequence[str] = ()) -> tuple[str, ...]:
    """Type the commands ``ahead``, enter configuration mode and type the lines, all in one burst.

    Returns the answers to ``ahead``. A locked configuration is tried again a few times. Raises Refused when a line is
    not taken.
    """
    retrying = Retrying(
        retry=_locked, stop=stop_after_attempt(_ATTEMPTS), wait=wait_fixed(_PAUSE_SECONDS), reraise=True
    )
    return retrying(_enter, session, lines, ahead)


def _enter(session: Session, lines: Sequence[str], ahead: Sequence[str]) -> tuple[str, ...]:
    typed = ("configure terminal", *lines)
    answers = session.ask(*ahead, *typed)
    must_be_taken(typed, answers[len(ahead) :])
    return answers[: len(ahead)]


def _locked(state: RetryCallState) -> bool:
    error = state.outcome.exception() if state.outcome else None
    return isinstance(error, Refused) and error.findings[0].code == "MT407"
