"""What the looks at one server say by themselves, before any chain is judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mailtrust.findings import Finding, finding
from tasks.provider import Look
from tasks.starttls import Stage

_CODES: Mapping[Stage, str] = {
    "resolve": "MT551",
    "connect": "MT551",
    "proxy": "MT551",
    "banner": "MT552",
    "ehlo": "MT552",
    "starttls": "MT552",
    "handshake": "MT553",
    "chain": "MT553",
}
_UNREACHED: tuple[Stage, ...] = ("resolve", "connect", "proxy")


def told_by(looks: Sequence[Look]) -> Iterator[Finding]:
    """A finding for each router's look that stopped, and for everybody's where the router's did not.

    An address that cannot be reached is a warning if another one can: this machine may lack IPv6, say.
    """
    routers = {look.address: look for look in looks if look.manner == "router"}
    reached = any(look.stopped is None or look.stopped.stage not in _UNREACHED for look in routers.values())
    for look in looks:
        if look.stopped is None:
            continue
        text = f"{look.where}: stopped at {look.stopped.stage}: {look.stopped.reason}"
        if look.manner == "router":
            unreached = look.stopped.stage in _UNREACHED
            yield finding("MT554" if unreached and reached else _CODES[look.stopped.stage], text)
        elif routers[look.address].stopped is None:
            yield finding("MT555", text)
