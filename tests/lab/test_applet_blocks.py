"""What else stands in `event manager` lines: policies that are files, options of a header, triggers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lab.console import Console


def test_policies_and_directories_come_back(console: Callable[..., Console]) -> None:
    """What is a file is configured in one line, stands between variables and applets, and can be taken out."""
    on = console()
    lines = [
        "event manager environment _a b c",
        'event manager directory user policy "flash:/eem"',
        "event manager policy intf_watch.tcl type user",
        "event manager policy other.py",
        "event manager applet A",
        " event none",
    ]
    on.type("conf t", *lines, "end")
    assert on.type("show running-config | section event manager").splitlines() == lines
    rows = on.type("show event manager policy registered").splitlines()[1:4]
    assert [row.split()[:3] + row.split()[-1:] for row in rows] == [
        ["1", "script", "user", "intf_watch.tcl"],
        ["2", "script", "user", "other.py"],
        ["3", "applet", "user", "A"],
    ]
    on.type("conf t", "no event manager policy intf_watch.tcl", "no event manager directory user policy", "end")
    assert on.type("show running-config | include policy") == "event manager policy other.py\n"


@pytest.mark.parametrize("options", ["authorization bypass", "class A", "trap", "authorization bypass class A trap"])
def test_the_header_of_an_applet_keeps_its_options(options: str, console: Callable[..., Console]) -> None:
    """They are shown as typed, survive another visit without them, and anything else is invalid input."""
    on = console()
    on.type("conf t", f"event manager applet A {options}", "event none", "event manager applet A", "end")
    assert on.type("show running-config | include applet A").splitlines() == [f"event manager applet A {options}"]
    assert "% Invalid input" in on.type("conf t", "event manager applet A nonsense")


def test_a_trigger_lies_within_its_applet(console: Callable[..., Console]) -> None:
    """Trigger mode does not register the applet; its lines stand deeper; an action leads back to the applet."""
    on = console()
    body = [
        ' event tag 1 syslog pattern "LINK"',
        " event tag 2 track 10 state down",
        " trigger occurs 1 period 60",
        "  correlate event 1 or event 2",
        "  attribute tag 1 occurs 1",
        ' action 1 syslog msg "x"',
    ]
    on.type("conf t", "event manager applet A", *body[:3])
    assert on.session.prompt == "R1(config-applet-trigger)#"
    on.type(*body[3:5], "exit")
    assert on.session.prompt == "R1(config-applet)#"
    on.type(body[2], body[5])
    assert (on.session.prompt, on.router.registered) == ("R1(config-applet)#", {})
    on.type("trigger", "end")
    assert list(on.router.registered) == ["A"]
    assert on.type("show running-config | section event manager").splitlines() == [
        "event manager applet A",
        *(line.replace(" occurs 1 period 60", "") for line in body),
    ]
