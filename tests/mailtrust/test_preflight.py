"""Which routers can be worked on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from mailtrust.model import Facts
from mailtrust.preflight import preflight

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=timezone.utc)
GOOD = Facts("Cisco IOS XE Software, Version 17.09.05", False, "", datetime(2026, 6, 1, 12, 0), True)  # noqa: DTZ001


def codes(facts: Facts, now: datetime = NOW) -> list[str]:
    return [finding.code for finding in preflight(facts, now=now)]


def test_a_good_router_has_nothing_to_tell() -> None:
    """IOS XE, autonomous, right clock, EEM: no finding."""
    assert codes(GOOD) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"software": "Cisco IOS Software, C3900 Software, Version 15.0(1)M7"}, ["MT409"]),
        ({"software": "Cisco Nexus Operating System (NX-OS) Software", "clock": datetime.min}, ["MT409"]),  # noqa: DTZ901
        ({"software": ""}, ["MT409"]),
        ({"software": "Cisco IOS Software, IOS-XE Software, Catalyst L3 Switch Software"}, []),
        ({"controller_mode": True}, ["MT410"]),
        ({"eem": False}, ["MT413"]),
        ({"eem": False, "controller_mode": True, "clock_mark": "*"}, ["MT410", "MT413", "MT412"]),
        ({"clock_mark": "*"}, ["MT412"]),
        ({"clock_mark": "."}, ["MT412"]),
        ({"clock": datetime(1993, 3, 1)}, ["MT411"]),  # noqa: DTZ001
        ({"clock": datetime(1993, 3, 1), "clock_mark": "*"}, ["MT411"]),  # noqa: DTZ001
        ({"clock": datetime.max}, ["MT411"]),  # noqa: DTZ901
    ],
)
def test_each_obstacle_has_its_code(changed: dict[str, object], expected: list[str]) -> None:
    """What is not IOS XE is told once and nothing else; a wrong clock is told instead of its mark."""
    assert codes(replace(GOOD, **changed)) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hours", "expected"), [(-27, ["MT411"]), (-26, []), (-14, []), (14, []), (26, []), (27, ["MT411"])]
)
def test_a_time_zone_is_no_wrong_clock(hours: int, expected: list[str]) -> None:
    """The router's zone is unknown, so only more than a day either way is wrong."""
    assert codes(replace(GOOD, clock=GOOD.clock + timedelta(hours=hours))) == expected


def test_now_may_be_in_any_zone() -> None:
    """The caller's own zone does not matter."""
    assert codes(GOOD, NOW.astimezone(timezone(timedelta(hours=-11)))) == []


def test_the_text_says_what_was_seen() -> None:
    """A wrong clock is told with both times, a foreign system with its own words."""
    assert preflight(replace(GOOD, clock=datetime(1993, 3, 1)), now=NOW)[0].text == (  # noqa: DTZ001
        "the router's clock says 1993-03-01 00:00, it is 2026-06-01 12:00 UTC"
    )
    assert "'Toaster 2'" in preflight(replace(GOOD, software="Toaster 2"), now=NOW)[0].text
