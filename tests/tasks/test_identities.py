"""Which host of a run a router is: who comes second hears of the first."""

from __future__ import annotations

import threading

import pytest

from tasks.identities import Identities


@pytest.mark.parametrize(
    ("identity", "other"),
    [
        (("R1", "9ABC"), "first"),
        (("R1", "9XYZ"), None),
        (("R2", "9ABC"), None),
        (("R1", ""), None),
        (("", "9ABC"), None),
    ],
)
def test_hostname_and_serial_number_make_a_router(identity, other):
    """Both have to be the same; what a router does not tell proves nothing."""
    met = Identities()
    assert met.take("first", ("R1", "9ABC")) is None
    assert met.take("nobody", ("R1", "")) is None
    assert met.take("second", identity) == other


def test_a_host_may_come_again():
    """After a lost connection it is the same router, and still its own."""
    met = Identities()
    assert [met.take("r1", ("R1", "9ABC")) for _ in range(3)] == [None, None, None]
    assert met.take("r2", ("R1", "9ABC")) == "r1"


def test_of_many_at_once_one_has_it():
    """Every other one hears the name of that one."""
    met, start, heard = Identities(), threading.Barrier(16), {}

    def come(name: str) -> None:
        start.wait()
        heard[name] = met.take(name, ("R1", "9ABC"))

    threads = [threading.Thread(target=come, args=(f"r{number}",)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (owner,) = [name for name, other in heard.items() if other is None]
    assert {other for name, other in heard.items() if name != owner} == {owner}
