"""`show archive config differences`, and startup-config that is not there or cannot be read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lab.console import Console
from lab.contextual import differences

DIFFERENCES = "show archive config differences nvram:startup-config system:running-config"
NONE = "!Contextual Config Diffs:\n!No changes were found\n"
OPEN_FAILED = "startup-config file open failed (Device or resource busy)\n"
MAP = """\
policy-map WAN
 class mail
  police rate percent 20
 class web
  bandwidth percent 30
"""
ABOVE = """\
 class ServerMail
  priority 64
"""


@pytest.mark.parametrize(
    ("before", "after", "printed"),
    [
        ("a\nb\n", "b\na\n", []),
        ("hostname Test4\n", "hostname Router\n", ["+hostname Router", "-hostname Test4"]),
        ("archive\n path x\n maximum 14\n", "", ["-archive", " -path x", " -maximum 14"]),
        ("", "kron policy-list K\n cli x\n", ["+kron policy-list K", " +cli x"]),
        ("if 1\n a\n b\n", "if 1\n a\n c\n", ["if 1", " +c", "if 1", " -b"]),
        ("m\n c\n  p 1\n", "m\n c\n  p 2\n", ["m", " c", "  +p 2", "m", " c", "  -p 1"]),
        (
            MAP + ABOVE,
            MAP.replace("WAN\n", f"WAN\n{ABOVE}"),
            [
                *("policy-map WAN", " +class mail", "  +police rate percent 20", " +class web"),
                *("  +bandwidth percent 30", "!", "!The following order-dependent line(s) were re-ordered"),
                *("!policy-map WAN", "! class ServerMail", "!End of reordered section", "!", "  -priority 64"),
            ],
        ),
        (
            "ip access-list extended T\n deny a\n permit b\n permit c\n",
            "ip access-list extended T\n permit c\n deny a\n permit b\n",
            [
                *("ip access-list extended T", " +deny a", " +permit b", "!"),
                *("!The following order-dependent line(s) were re-ordered", "!ip access-list extended T"),
                *("! permit c", "!End of reordered section", "!"),
            ],
        ),
    ],
)
def test_differences_as_recorded(before: str, after: str, printed: list[str]) -> None:
    """First all that came, then all that went, with sub-lines; what only moved is a comment and a misleading rest."""
    assert differences(before, after) == printed


def test_a_policy_map_is_re_ordered_on_the_router(console: Callable[..., Console]) -> None:
    """Classes taken out and put in again behind the others are what a router calls re-ordered."""
    on = console()
    classes = ["class mail", "police 20", "class web", "priority 64"]
    on.type("configure terminal", "policy-map WAN", *classes, "end", "write memory")
    assert on.type(DIFFERENCES) == NONE
    on.type("configure terminal", "policy-map WAN", "no class mail", *classes[:2], "end")
    assert on.type("show running-config | section policy-map").splitlines() == [
        *("policy-map WAN", " class web", "  priority 64", " class mail", "  police 20")
    ]
    assert "! class web\n!End of reordered section\n!\n  -priority 64\n" in on.type(DIFFERENCES)


@pytest.mark.parametrize(
    ("habits", "printed"),
    [
        ({}, NONE),
        ({"differences": "old"}, NONE.removeprefix("!")),
        ({"differences": "fails"}, "% Diff operation fails: not enough contiguous memory for both configurations\n"),
        ({"startup": "absent"}, "Error: Could not open file nvram:startup-config for reading\n"),
        ({"startup": "busy"}, "%Error opening nvram:startup-config (Device or resource busy)\n"),
    ],
)
def test_a_comparison_may_be_old_or_fail(habits: dict[str, str], printed: str, console: Callable[..., Console]) -> None:
    """12.4 has the heading without its `!`; without memory, or a startup-config to read, there is no comparison."""
    assert console(**habits).type(DIFFERENCES) == printed


@pytest.mark.parametrize(
    ("habit", "printed"),
    [
        ("ok", ["hostname R1\n"] * 3),
        ("absent", ["startup-config is not present\n", "startup-config is not present\n", "hostname R1\n"]),
        ("busy", [OPEN_FAILED] * 3),
        ("busy-once", [OPEN_FAILED, "hostname R1\n", "hostname R1\n"]),
    ],
)
def test_startup_config_may_be_absent_or_busy(habit: str, printed: list[str], console: Callable[..., Console]) -> None:
    """No filter stops the words of a failure; what was never saved is there once it is."""
    on, show = console(startup=habit), "show startup-config | include ^hostname"
    assert [on.type(show), on.type(show), on.type("write memory") and on.type(show)] == printed


def test_section_prints_lone_lines_of_other_blocks(console: Callable[..., Console]) -> None:
    """A line that matches is printed wherever it stands, without the header of its block."""
    on = console()
    on.type("configure terminal", "interface Loopback0", "description crypto pki gateway")
    on.type("parser view NOC", "commands exec include all crypto pki", "crypto pki trustpoint TP", "exit")
    on.type("kron policy-list SAVE", "cli event manager run BACKUP", "kron occurrence NIGHT at 2:00 recurring")
    on.type("policy-list SAVE", "archive", "path flash:x", "end")
    assert on.type("show running-config | section crypto pki|event manager").splitlines() == [
        *("crypto pki trustpoint TP", " revocation-check crl", "crypto pki certificate chain TP"),
        *(" description crypto pki gateway", " commands exec include all crypto pki", " cli event manager run BACKUP"),
    ]
    assert on.type("show running-config | section kron|archive").splitlines() == [
        *("kron policy-list SAVE", " cli event manager run BACKUP"),
        *("kron occurrence NIGHT at 2:00 recurring", " policy-list SAVE", "archive", " path flash:x"),
    ]
    on.type("configure terminal", "no archive", "no kron occurrence NIGHT at 2:00 recurring", "end")
    assert list(on.router.config.blocks)[-2:] == ["parser view NOC", "kron policy-list SAVE"]
