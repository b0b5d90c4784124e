"""What a mail needs around the router, read before anything is changed: a name server, an interface to leave by."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from mailtrust.findings import Finding, finding
from mailtrust.model import Account, Provider


def questions(account: Account) -> tuple[str, ...]:
    """Asked in one burst; ``surroundings`` takes the replies in this order.

    The route is asked for by its prefix: the whole table may have a million lines.
    """
    vrf = f" vrf {account.vrf}" if account.vrf else ""
    return ("show hosts", "show ip interface brief", f"show ip route{vrf} 0.0.0.0")


_SERVERS = re.compile(r"^Name servers? (?:is|are) (.+)$", re.MULTILINE)
_NO_ROUTE = re.compile(r"^% (?:Network not in table|IP routing table .* does not exist)", re.MULTILINE)
_NO_SERVER = "255.255.255.255"
_INTERFACE = re.compile(
    r"^(?P<kind>[A-Za-z-]+)(?P<number>[\d/.:]*) +(?P<address>\S+) +(?:YES|NO) +\S+ +"
    r"(?P<status>.*?) +(?P<protocol>up|down)\s*$",
    re.MULTILINE,
)


def surroundings(hosts: str, interfaces: str, route: str, account: Account, provider: Provider) -> tuple[Finding, ...]:
    """What would keep a mail from leaving; a reply that cannot be read says nothing."""
    return (*_names(hosts, account, provider), *_ways(interfaces, account), *_routes(route, account))


def _names(hosts: str, account: Account, provider: Provider) -> Iterator[Finding]:
    """A VRF has name servers of its own, which ``show hosts`` does not tell."""
    told = _SERVERS.search(hosts)
    if told is None or account.vrf is not None or _is_address(provider.server):
        return
    listed = re.search(rf"^ *{re.escape(provider.server)} ", hosts, re.MULTILINE | re.IGNORECASE)
    if _NO_SERVER in told[1] and not listed:
        yield finding("MT431", f"no name server is set, and no 'ip host' for {provider.server}")


def _ways(interfaces: str, account: Account) -> Iterator[Finding]:
    rows = list(_INTERFACE.finditer(interfaces))
    if not rows or account.source_interface is None:
        return
    found = [row for row in rows if _meant(row, account.source_interface)]
    if not found:
        yield finding("MT432", f"mail.source_interface {account.source_interface}: the router has no such interface")
    for row in found:
        if row["address"] == "unassigned" or (row["status"], row["protocol"]) != ("up", "up"):
            state = f"{row['address']}, status {row['status']}, protocol {row['protocol']}"
            yield finding("MT432", f"mail.source_interface {account.source_interface}: {state}")


def _routes(route: str, account: Account) -> Iterator[Finding]:
    """A router may reach the server by a narrower route, so no default route is a warning only."""
    where = f"in VRF {account.vrf}" if account.vrf else "in the global table"
    if _NO_ROUTE.search(route):
        yield finding("MT433", f"there is no default route {where}")


def _meant(row: re.Match[str], name: str) -> bool:
    """``Lo0`` and ``loopback 0`` mean ``Loopback0``."""
    parts = re.fullmatch(r"([A-Za-z-]+) *([\d/.:]*)", name)
    return parts is not None and row["kind"].lower().startswith(parts[1].lower()) and row["number"] == parts[2]


def _is_address(server: str) -> bool:
    try:
        ipaddress.ip_address(server)
    except ValueError:
        return False
    return True
