"""Keep what is proven: ``write memory``."""

from __future__ import annotations

import math

from mailtrust.dialogue import Saving
from mailtrust.findings import Finding
from tasks.session import Session

_TRIES = 3


def save(session: Session) -> Finding | None:
    """Returns why it failed. It may take as long as it wants; a file system that is busy is tried again."""
    failure: Finding | None = None
    for _ in range(_TRIES):
        failure = session.converse(["write memory"], Saving(session.prompt), seconds=math.inf)
        if failure is None or "got no" in failure.text:
            break
    return failure
