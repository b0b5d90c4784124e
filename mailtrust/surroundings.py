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


_VIEW = re.compile(r"^[ \t]*Name lookup view:[ \t]*(\S+)", re.MULTILINE)
_OFF = re.compile(r"^[ \t]*Name/address lookup (?:uses static mappings|is disabled)", re.MULTILINE | re.IGNORECASE)
_SERVERS = re.compile(r"^[ \t]*Name servers?:?[ \t]*(?:is|are)?:?[ \t]+(.+)$", re.MULTILINE)
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
    if account.vrf is not None or _is_address(provider.server):
        return
    view = _global_view(hosts)
    why = _unnamed(view)
    if why is not None and not _is_static(provider.server, view):
        yield finding("MT431", f"{why}, and no 'ip host' for {provider.server}")


def _global_view(hosts: str) -> str:
    """Of several views the one for routes outside of any VRF; all of the text where views are not told apart."""
    _, *told = _VIEW.split(hosts)
    views = {name.lower(): text for name, text in zip(told[::2], told[1::2], strict=True)}
    return views.get("global") or views.get("default") or hosts


def _unnamed(hosts: str) -> str | None:
    """Why names are not looked up; None if they are, or if nothing can be told."""
    if _OFF.search(hosts):
        return "names are not looked up ('no ip domain lookup')"
    told = _SERVERS.findall(hosts)
    servers = {server for line in told for server in re.split(r"[,\s]+", line.strip())}
    return "no name server is set" if told and servers <= {_NO_SERVER, ""} else None


def _is_static(server: str, hosts: str) -> bool:
    """Whether 'ip host' names it; what was learned (``temp``) goes when its time is over."""
    rows = re.findall(rf"^[ \t]*{re.escape(server)}\.?\s+(\S.*)$", hosts, re.MULTILINE | re.IGNORECASE)
    return any("(temp" not in row for row in rows)


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
