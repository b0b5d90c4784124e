"""What a login with fewer rights sees, and how `enable` may ask."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lab.console import Console

BLANK = """\
Building configuration...

Current configuration : 50 bytes
!
!
boot-start-marker
boot-end-marker
!
!
!
!
end

"""


@pytest.mark.parametrize("level", [2, 14])
def test_below_15_the_running_configuration_is_blank(level: int, console: Callable[..., Console]) -> None:
    """The prompt is that of every privileged login; the configuration has neither version nor hostname."""
    on = console(privilege=level)
    assert on.session.prompt == "R1#"
    assert on.type("show privilege") == f"Current privilege level is {level}\n"
    assert on.type("show running-config") == BLANK
    assert on.type("write terminal") == BLANK
    assert on.type("show running-config | section crypto pki|event manager|^version") == ""
    assert "hostname R1" in on.type("show startup-config")


def test_a_view_shows_some_blocks_only(console: Callable[..., Console]) -> None:
    """In a parser view there is a version, a hostname and interfaces, and no word of what is left out."""
    on = console(view="NOC", default_trustpoints=True)
    text = on.type("show running-config")
    assert [line for line in text.splitlines() if line and not line.startswith((" ", "!"))][2:] == [
        *("version 17.9", "hostname R1", "boot-start-marker", "boot-end-marker", "interface Loopback0"),
        *("interface GigabitEthernet1", "interface GigabitEthernet2", "control-plane", "end"),
    ]
    assert on.type("show running-config | section crypto pki|event manager|^version") == "version 17.9\n"
    assert on.type("show privilege") == "Currently in View Context with view 'NOC'\n"
    assert on.type("show parser view") == "Current view is 'NOC'\n"


def test_without_a_view_there_is_a_level(console: Callable[..., Console]) -> None:
    """`show parser view` outside of any view says so."""
    assert console().type("show parser view") == "No view is active ! Currently in Privilege Level Context\n"


@pytest.mark.parametrize("question", ["Password: ", "Enter PASSCODE: ", "Password for level 15: ", "Code:"])
def test_enable_may_ask_in_any_words(question: str, console: Callable[..., Console]) -> None:
    """The question is the personality's; the answer is as secret as ever."""
    on = console(enable_secret="open sesame", enable_question=question)
    on.type("disable", "enable")
    assert (on.session.prompt, on.session.question.answer) == (question, "secret")
    on.type("open sesame")
    assert on.session.prompt == "R1#"
