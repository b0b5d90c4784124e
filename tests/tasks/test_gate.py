"""A provider's patience: so many mails at once, so many a minute."""

from __future__ import annotations

import threading
import time
from typing import NoReturn

import pytest

from mailtrust.model import Limits
from tasks.gate import Gate


def test_without_limits_nobody_waits() -> None:
    """Hundreds may be inside at once."""
    gate = Gate(Limits())
    inside = [gate.passing() for _ in range(300)]
    assert all(place.__enter__() < 5 for place in inside)
    for place in inside:
        place.__exit__(None, None, None)


def test_no_more_at_once_than_allowed() -> None:
    """With ``concurrent: 2`` a third waits until one of the two has come out."""
    gate, inside, most, lock = Gate(Limits(concurrent=2)), set(), [0], threading.Lock()
    both, go = threading.Barrier(2, timeout=30), threading.Event()

    def mail(number: int) -> None:
        with gate.passing():
            with lock:
                inside.add(number)
                most[0] = max(most[0], len(inside))
            if not go.is_set():
                both.wait()
                go.set()
            with lock:
                inside.remove(number)

    threads = [threading.Thread(target=mail, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [2]


def test_the_rate_is_kept() -> None:
    """6000 a minute are 10 ms from one to the next, counted from the first."""
    gate, begun = Gate(Limits(per_minute=6000)), time.monotonic()
    for _ in range(6):
        with gate.passing():
            pass
    assert time.monotonic() - begun >= 0.05


def test_the_time_spent_waiting_is_told() -> None:
    """A host is given back the time that it waited for others."""
    gate = Gate(Limits(per_minute=1200))
    with gate.passing() as first:
        pass
    with gate.passing() as second:
        pass
    assert first < second
    assert second > 0.01


def test_a_place_is_given_back_after_a_failure() -> NoReturn:
    """An error inside does not keep the place for ever."""
    gate = Gate(Limits(concurrent=1))
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), gate.passing():
            raise ZeroDivisionError
