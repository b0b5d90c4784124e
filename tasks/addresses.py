"""Which IP addresses the names of hosts mean, for hundreds of names in a bounded time."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tasks.wire import Overdue, resolve

SECONDS = 5.0
_AT_ONCE = 32

Addresses = Mapping[str, frozenset[str]]
"""By name: none for one that nobody knows."""


def addresses(names: Collection[str], seconds: float = SECONDS) -> Addresses:
    """Every address of each name, each in one spelling; none for a name that is not resolved within ``seconds``.

    The deadline is for all names together. Nobody is asked about what is an address already.
    """
    found = written(names)
    unknown = [name for name, known in found.items() if not known]
    if not unknown:
        return found
    with ThreadPoolExecutor(min(_AT_ONCE, len(unknown))) as pool:
        told = pool.map(partial(_resolved, until=time.monotonic() + seconds), unknown)
        return {**found, **dict(zip(unknown, told, strict=True))}


def written(names: Collection[str]) -> Addresses:
    """The addresses that stand there as such; nobody is asked about the others."""
    return {name: frozenset(_spelled(name)) for name in names}


def _spelled(text: str) -> tuple[str, ...]:
    """The one spelling of an address; an IPv4 address that is written as IPv6 is the IPv4 address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ()
    return (str(getattr(address, "ipv4_mapped", None) or address),)


def _resolved(name: str, until: float) -> frozenset[str]:
    if time.monotonic() >= until or not name.isprintable():
        return frozenset()
    try:
        found = resolve(name, 0, until)
    except (OSError, Overdue):
        return frozenset()
    return frozenset(spelling for endpoint in found for spelling in _spelled(endpoint.address))
