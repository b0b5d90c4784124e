"""Which routers can be worked on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from mailtrust.model import Facts
from mailtrust.preflight import preflight, unfit

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
        ({"software": "Cisco IOS Software [Everest], Catalyst L3 Switch Software (CAT3K_CAA-UNIVERSALK9-M)"}, []),
        ({"software": "Cisco IOS XR Software, Version 7.3.2"}, ["MT409"]),
        ({"eem": None}, []),
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


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"privilege": 15}, None),
        ({"privilege": 15, "view": "root"}, None),
        ({"privilege": 14}, "the login sees the router at privilege 14"),
        ({"privilege": 1}, "the login sees the router at privilege 1"),
        ({"privilege": 0}, "the login sees the router at privilege 0"),
        ({"privilege": 15, "view": "NOC"}, "the login sees the router through the view 'NOC'"),
        ({"privilege": 7, "view": "NOC"}, "the login sees the router through the view 'NOC'"),
        ({"view": "root"}, None),
        ({"view": "NOC"}, "the login sees the router through the view 'NOC'"),
    ],
)
def test_a_login_that_sees_less_is_unfit(changed: dict[str, object], text: str | None) -> None:
    """MT426 says how little it sees, and nothing else is judged: what is hidden may be anything."""
    facts = replace(GOOD, **changed, eem=None, clock=datetime.min)  # type: ignore[arg-type]  # noqa: DTZ901
    assert [(each.code, each.text) for each in unfit(facts)] == ([] if text is None else [("MT426", text)])
    if text is not None:
        assert [each.text for each in preflight(facts, now=NOW)] == [text]


@pytest.mark.parametrize(
    ("prompt", "mode"),
    [
        ("sw1", None),
        ("", None),
        ("sw1(maint-mode)", "maint-mode"),
        ("sw1(recovery-mode)", "recovery-mode"),
        ("sw1(diag)", "diag"),
        ("sw1-STP-2", None),
        ("[sw1]", None),
        ("sw12(x)", None),
        ("12:00 sw1(x)", None),
    ],
)
def test_a_router_in_another_mode_is_unfit(prompt: str, mode: str | None) -> None:
    """MT430 says which mode, as the prompt has it behind the router's own name; other prompts are nobody's business."""
    found = unfit(replace(GOOD, hostname="sw1", privilege=15), prompt)
    assert [(each.code, each.text) for each in found] == (
        [] if mode is None else [("MT430", f"the router's prompt says {mode}")]
    )


def test_brackets_in_its_own_name_are_no_mode() -> None:
    """A switch may be called so."""
    facts = replace(GOOD, hostname="Floor.12(2.7)", privilege=15)
    assert unfit(facts, "Floor.12(2.7)") == ()
    assert [each.code for each in unfit(facts, "Floor.12(2.7)(maint-mode)")] == ["MT430"]


def test_the_text_says_what_was_seen() -> None:
    """A wrong clock is told with both times, a foreign system with its own words."""
    assert preflight(replace(GOOD, clock=datetime(1993, 3, 1)), now=NOW)[0].text == (  # noqa: DTZ001
        "the router's clock says 1993-03-01 00:00, it is 2026-06-01 12:00 UTC"
    )
    assert "'Toaster 2'" in preflight(replace(GOOD, software="Toaster 2"), now=NOW)[0].text
