"""What a mail needs around a router, read from three show commands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mailtrust.surroundings import questions, surroundings

CASES = sorted((Path(__file__).resolve().parents[1] / "cases/surroundings").iterdir())
SERVERS = "Default domain is example.com\nName servers are {}\n"
NONE = SERVERS.format("255.255.255.255")
BRIEF = """\
Interface              IP-Address      OK? Method Status                Protocol
GigabitEthernet1       192.0.2.1       YES NVRAM  up                    up
GigabitEthernet2       unassigned      YES NVRAM  administratively down down
GigabitEthernet0/0/1   192.0.2.5       YES manual up                    down
Loopback0              198.51.100.1    YES NVRAM  up                    up
Loopback10             unassigned      YES unset  up                    up
"""


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case, ends, account, provider):
    """A reply to `show hosts` in, what keeps smtp.example.net from being found out."""
    hosts = (case / "hosts.txt").read_text(encoding="utf-8").replace("\n", ends)
    found = surroundings(hosts, "", "", account, replace(provider, server="smtp.example.net"))
    assert [each.text for each in found] == (case / "expected.txt").read_text(encoding="utf-8").splitlines()
    assert {each.code for each in found} <= {"MT431"}
    assert surroundings(hosts, "", "", account, replace(provider, server="192.0.2.25")) == ()


@pytest.mark.parametrize(
    ("hosts", "server", "vrf", "codes"),
    [
        (SERVERS.format("192.0.2.53, 192.0.2.54"), "smtp.gmail.com", None, []),
        (NONE, "smtp.gmail.com", None, ["MT431"]),
        (f"{NONE} smtp.gmail.com   0    IN      A       192.0.2.25\n", "smtp.gmail.com", None, []),
        (f"{NONE} old-smtp.gmail.com   0    IN      A       192.0.2.25\n", "smtp.gmail.com", None, ["MT431"]),
        (NONE, "192.0.2.25", None, []),
        (NONE, "smtp.gmail.com", "Mgmt", []),
        ("% Invalid input detected at '^' marker.", "smtp.gmail.com", None, []),
    ],
)
def test_names(account, provider, hosts, server, vrf, codes):
    """A server given by name needs a name server or its own `ip host`; what cannot be told is not a finding."""
    found = surroundings(hosts, "", "", replace(account, vrf=vrf), replace(provider, server=server))
    assert [each.code for each in found] == codes


@pytest.mark.parametrize(
    ("interface", "said"),
    [
        (None, None),
        ("GigabitEthernet1", None),
        ("Gi1", None),
        ("loopback 0", None),
        ("Lo10", "unassigned, status up, protocol up"),
        ("Gi2", "unassigned, status administratively down, protocol down"),
        ("Gi0/0/1", "192.0.2.5, status up, protocol down"),
        ("Loopback1", "the router has no such interface"),
    ],
)
def test_ways(account, provider, interface, said):
    """The source interface must be there, be up and have an address; short names are understood as IOS does."""
    found = surroundings("", BRIEF, "", replace(account, source_interface=interface), provider)
    assert [each.text.partition(": ")[2] for each in found] == ([] if said is None else [said])
    assert {each.code for each in found} <= {"MT432"}


@pytest.mark.parametrize(
    ("route", "vrf", "said"),
    [
        ("Routing entry for 0.0.0.0/0, supernet\n", None, []),
        ("% Network not in table\n", None, ["there is no default route in the global table"]),
        ("% IP routing table Mgmt does not exist\n", "Mgmt", ["there is no default route in VRF Mgmt"]),
        ("% Invalid input detected at '^' marker.", None, []),
    ],
)
def test_routes(account, provider, route, vrf, said):
    """No default route is told with the table it is missing from, which is asked for by prefix and never whole."""
    meant = replace(account, vrf=vrf)
    assert [each.text for each in surroundings("", "", route, meant, provider)] == said
    assert questions(meant)[-1] == (f"show ip route vrf {vrf} 0.0.0.0" if vrf else "show ip route 0.0.0.0")
