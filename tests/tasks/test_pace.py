"""Not all at once."""

from __future__ import annotations

import time
from threading import Thread

from tasks.pace import Pace

HOUR = 3600.0


def test_turns_lie_apart():
    """So many seconds between any two, whoever waits."""
    pace, moments = Pace(0.05), []

    def take() -> None:
        pace.wait()
        moments.append(time.monotonic())

    threads = [Thread(target=take) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(moments) - min(moments) > 0.19


def test_nobody_waits_without_need():
    """No spacing and no splay is no waiting."""
    begun = time.monotonic()
    for _ in range(1000):
        Pace(0.0).wait()
    assert time.monotonic() - begun < 10


def test_who_gives_up_goes_on_at_once():
    """A turn in an hour, or a splay of one, is not waited for when nobody wants it any more."""
    for pace in (Pace(HOUR), Pace(0.0, HOUR)):
        asked = iter([False, False, True])
        pace.wait(lambda: True)
        pace.wait(lambda asked=asked: next(asked, True))
