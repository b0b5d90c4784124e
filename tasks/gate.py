"""A mail provider's patience, shared by all routers of a run: so many mails at once, so many a minute."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from mailtrust.model import Limits
from tasks.pace import Pace

_MINUTE = 60.0
_UNLIMITED = 1_000_000


class Gate:
    """Lets test mails through as the provider's limits allow."""

    def __init__(self, limits: Limits) -> None:
        self._places = threading.BoundedSemaphore(limits.concurrent or _UNLIMITED)
        self._pace = Pace(_MINUTE / limits.per_minute if limits.per_minute else 0.0)

    @contextmanager
    def passing(self) -> Iterator[float]:
        """Hold one place; yields the seconds that were spent waiting for it."""
        came = time.monotonic()
        with self._places:
            self._pace.wait()
            yield time.monotonic() - came
