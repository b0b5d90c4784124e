"""Not all at once: so many a second, each a little late."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

# How soon somebody who waits hears that nobody wants it any more.
_NAP = 0.2


def _never() -> bool:
    return False


class Pace:
    """Hands out moments that lie at least ``spacing`` seconds apart; ``splay`` adds a random delay of up to so much."""

    def __init__(self, spacing: float, splay: float = 0.0) -> None:
        self._spacing = spacing
        self._splay = splay
        self._turn = threading.Lock()
        self._next = 0.0

    def wait(self, given_up: Callable[[], bool] = _never) -> None:
        """Sleep until it is the caller's turn, or until ``given_up``."""
        with self._turn:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._spacing
        turn += random.uniform(0.0, self._splay)  # noqa: S311  # no secret depends on it
        while (left := turn - time.monotonic()) > 0 and not given_up():
            time.sleep(min(left, _NAP))
