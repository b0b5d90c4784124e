"""Not all at once: so many a second, each a little late."""

from __future__ import annotations

import random
import threading
import time


class Pace:
    """Hands out moments that lie at least ``spacing`` seconds apart; ``splay`` adds a random delay of up to so much."""

    def __init__(self, spacing: float, splay: float = 0.0) -> None:
        self._spacing = spacing
        self._splay = splay
        self._turn = threading.Lock()
        self._next = 0.0

    def wait(self) -> None:
        """Sleep until it is the caller's turn."""
        with self._turn:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._spacing
        time.sleep(turn - now + random.uniform(0.0, self._splay))  # noqa: S311  # no secret depends on it
