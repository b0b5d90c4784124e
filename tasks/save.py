"""Keep what is proven: ``write memory``."""

from __future__ import annotations

from mailtrust.dialogue import Saving
from mailtrust.findings import Finding
from tasks.session import Session

_TRIES = 3


def save(session: Session, *before: str) -> Finding | None:
    """Type the lines ``before``, then save; returns why it failed. A file system that is busy is tried again."""
    failure = session.converse([*before, "write memory"], Saving(session.prompt))
    for _ in range(_TRIES - 1):
        if failure is None:
            break
        failure = session.converse(["write memory"], Saving(session.prompt))
    return failure
