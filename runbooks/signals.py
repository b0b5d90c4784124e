"""Ctrl-C and SIGTERM: the first asks the run to end well, the second ends it at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130


@contextmanager
def graceful(on_first: Callable[[], None], on_second: Callable[[], None]) -> Iterator[threading.Event]:
    """An event that is set by the first signal; the second calls ``on_second`` and leaves with 130.

    Outside the main thread, where Python gives no signals, the event is simply never set.
    """
    stopping = threading.Event()

    def heard(_: int, __: FrameType | None) -> None:
        if stopping.is_set():
            on_second()
            os._exit(INTERRUPTED)  # threads that wait for routers would hold a polite exit for minutes
        stopping.set()
        on_first()
        print("no further host is begun, those in flight are finished; once more ends at once", file=sys.stderr)

    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return
    before = {each: signal.signal(each, heard) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
