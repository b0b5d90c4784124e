"""What names mean, for hundreds of them, however slow or dumb the resolver is."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from tasks.addresses import addresses, written


@pytest.fixture
def resolver(monkeypatch):
    """``resolver(known, stuck)``: a system that knows these names and never answers for those; returns what it heard."""
    never, heard = threading.Event(), []

    def install(known, stuck=()):
        def getaddrinfo(name, port, **_):
            heard.append(name)
            if name in stuck:
                never.wait()
            if name not in known:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known[name]]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return heard

    yield install
    never.set()


def test_an_address_means_itself(resolver):
    """In one spelling, and nobody is asked."""
    resolver({}, stuck={"192.0.2.1"})
    spellings = {
        "192.0.2.1": {"192.0.2.1"},
        "::FFFF:192.0.2.1": {"192.0.2.1"},
        "2001:DB8:0:0::1": {"2001:db8::1"},
        "fe80::1%eth0": {"fe80::1%eth0"},
    }
    assert addresses(spellings) == written(spellings) == spellings


def test_a_name_means_all_its_addresses(resolver):
    """None for one that is not known, or cannot even be asked for."""
    resolver({"r1": ["192.0.2.1", "192.0.2.2"], "r2": ["192.0.2.2"]})
    names = ["r1", "r2", "r3", "a\0b", "192.0.2.3"]
    expected = [{"192.0.2.1", "192.0.2.2"}, {"192.0.2.2"}, set(), set(), {"192.0.2.3"}]
    assert addresses(names) == dict(zip(names, expected, strict=True))
    assert written(names)["r1"] == frozenset()


def test_a_name_server_that_is_dead_costs_seconds(resolver):
    """The deadline is for all names together: what was told in time counts, the rest is as if not known."""
    stuck = [f"dead{number}" for number in range(500)]
    heard = resolver({"r1": ["192.0.2.1"]}, stuck=set(stuck))
    began = time.monotonic()
    found = addresses(["r1", *stuck], seconds=0.3)
    assert time.monotonic() - began < 30
    assert found == {"r1": {"192.0.2.1"}, **dict.fromkeys(stuck, frozenset())}
    assert len(heard) < 100, "after the deadline nobody is asked any more"


def test_the_system_s_own(resolver):
    """Without a stand-in: this machine's name for itself."""
    assert "127.0.0.1" in addresses(["localhost"])["localhost"]
