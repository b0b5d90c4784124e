"""Where a router's text ends: prompts, questions, echoes, and messages that hide them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrust.prompts import (
    Prompt,
    asking,
    echoed_prompt,
    last_line,
    locked,
    login_prompt,
    mode,
    ready,
    refusal,
    replies,
    talked_over,
)

R1 = Prompt("R1")
LONG = Prompt("a-router-with-a-very-long-name.example.net")
ODD_NAMES = (
    "sw1(maint-mode)",
    "sw1(recovery-mode)",
    "Floor.12(2.7)",
    "r1+a",
    "core~1",
    "o'hare",
    "br,1",
    "a&b",
    "lab|1",
    "R1!",
    "prod/R1",
    "a.*b",
    "x" * 63,
)
"""Host names, and what ``prompt`` makes of them, that hold more than letters and digits."""
ODDER_NAMES = ("[R1]", "*R1*", "R1 ", "12:00 R1", "R1#x", "(R1)", "$R1")
"""Those that might as well be the end of a banner."""


@pytest.mark.parametrize(
    ("heard", "found"),
    [
        ("R1#", ("R1", True)),
        ("\nR1>", ("R1", False)),
        ("Welcome\n\nR1# ", ("R1", True)),
        ("edge-1.example.net#", ("edge-1.example.net", True)),
        ("R1#\n", None),
        ("banner: use R1#", None),
        ("Password:", None),
        ("", None),
    ],
)
def test_the_prompt_of_a_login(heard: str, found: Any) -> None:
    """The very end of the text, at the beginning of a line, tells the name and the rights."""
    prompt = login_prompt(heard)
    assert prompt == (None if found is None else (Prompt(found[0]), found[1]))


@pytest.mark.parametrize("name", ODD_NAMES)
@pytest.mark.parametrize("end", [">", "#", "# "])
def test_an_odd_name_is_a_name(name: str, end: str) -> None:
    """Whatever a host is called, and whatever mode stands behind its name, is its prompt at once."""
    for odd in (False, True):
        assert login_prompt(f"Welcome\n{name}{end}", odd=odd) == (Prompt(name), end.startswith("#"))
    assert ready(f"text\n{name}{end}", Prompt(name))


@pytest.mark.parametrize("name", ODDER_NAMES)
def test_what_may_be_a_banner_is_a_prompt_when_nothing_more_comes(name: str) -> None:
    """Blanks, stars and brackets are believed by who has waited, and by nobody else."""
    assert login_prompt(f"Welcome\n{name}#") is None
    assert login_prompt(f"Welcome\n{name}#", odd=True) == (Prompt(name), True)
    assert ready(f"text\n{name}#", Prompt(name))


@pytest.mark.parametrize("line", ["", "Password:", "##########", "-- > --#x", "----->", "x" * 200 + "#", "R1#\n"])
def test_what_can_be_no_prompt_is_none(line: str) -> None:
    """However long somebody waits: a prompt has a letter or a digit, an end, and is no line of text."""
    assert login_prompt(line) is None
    assert login_prompt(line, odd=True) is None


@pytest.mark.parametrize(
    ("heard", "typed", "name"),
    [
        (
            "Keep out!edge.lab#terminal length 0\nedge.lab#terminal width 511\nedge.lab#",
            "terminal width 511",
            "edge.lab",
        ),
        ("R1#\nrouter> use R1#\nR1>enable\nPassword: ", "enable", "R1"),
        ("R1# enable \n", "enable", "R1"),
        ("[R1]#show clock\n", "show clock", "[R1]"),
        ("R1#x#show clock\n", "show clock", "R1#x"),
        ("enable\n", "enable", None),
        ("R1#show clock and more\n", "show clock", None),
        ("R1#show  clock\n", "show clock", None),
        ("x" * 101 + "#show clock\n", "show clock", None),
        ("R1#show run | section ^a.b\n", "show run | section ^a.b", "R1"),
        ("R1#show run | section ^axb\n", "show run | section ^a.b", None),
        ("", "show clock", None),
    ],
)
def test_an_echo_proves_the_prompt_before_it(heard: str, typed: str, name: str | None) -> None:
    """What stands before the whole echo of a line of ours is the prompt, whatever a banner looked like."""
    assert echoed_prompt(heard, typed) == (None if name is None else Prompt(name))


@pytest.mark.parametrize(
    ("heard", "prompt", "is_ready"),
    [
        ("R1#", R1, True),
        ("text\nR1(config)#", R1, True),
        ("text\nR1(ca-trustpoint)# ", R1, True),
        ("text\nR1(config-applet)#", R1, True),
        ("text R1#", R1, False),
        ("R1#show clock", R1, False),
        ("certificate ca 01 nvram:R1#1CA.cer", R1, False),
        ("\nR2#", R1, False),
        ("\na-router-with-a-very(config)#", LONG, True),
        ("\na-router-with-a-very-long-name.example.net#", LONG, True),
        ("\na-router-with#", LONG, False),
        ("\nLoc-1(config)#", Prompt("Loc-1-STP-2", "Loc-1"), True),
        ("\nLoc-1-STP-2#", Prompt("Loc-1-STP-2", "Loc-1"), True),
        ("\nLoc-1-STP-2(config-applet)#", Prompt("Loc-1-STP-2", "Loc-1"), True),
        ("\nLoc-2(config)#", Prompt("Loc-1-STP-2", "Loc-1"), False),
        ("\na-router-with-a-very-long-name(config)#", Prompt("[odd]", LONG.hostname), True),
        ("\naxb#", Prompt("a.b"), False),
        ("\nR1(a b)#", R1, False),
        ("\nR1((config)#", R1, False),
    ],
)
def test_ready(heard: str, prompt: Any, is_ready: Any) -> None:
    """Only this router's own prompt ends the text, cut to 20 characters where IOS cuts it."""
    assert ready(heard, prompt) is is_ready


@pytest.mark.parametrize(
    ("heard", "is_asking"),
    [
        ("Are you sure you want to do this? [yes/no]: ", True),
        ("Clear logging buffer [confirm]", True),
        ("Destination filename [startup-config]? ", False),
        ("Do you want to proceed? [no]: ", True),
        ("nothing of the kind", False),
        ("[yes/no]: yes", False),
    ],
)
def test_asking(heard: str, is_asking: Any) -> None:
    """A question that wants an answer stands at the very end."""
    assert asking(heard) is is_asking


@pytest.mark.parametrize(
    ("heard", "prompt", "named"),
    [
        ("text\nR1(config)#", R1, "config"),
        ("R1(ca-trustpoint)# ", R1, "ca-trustpoint"),
        ("R1(config-applet)#", R1, "config-applet"),
        ("Loc-1(config)#", Prompt("Loc-1-STP-2", "Loc-1"), "config"),
        ("R1#", R1, None),
        ("R1>", R1, None),
        ("R1(config)", R1, None),
        ("R1(config)#show clock", R1, None),
        ("R1(config)#\n", R1, None),
        ("Floor.12(2.7)#", Prompt("Floor.12(2.7)"), None),
        ("Floor.12(2.7)# ", Prompt("Floor.12(2.7)"), None),
        ("Floor.12(2.7)(config)#", Prompt("Floor.12(2.7)"), "config"),
    ],
)
def test_the_mode_is_what_the_prompt_says(heard: str, prompt: Any, named: str | None) -> None:
    """Nothing but the last prompt names a mode; brackets in a router's own name are none."""
    assert mode(heard, prompt) == named


STAMP = "*Jun  1 12:00:01.123: "
ASKED = "show clock\n12:00\n"


@pytest.mark.parametrize(
    ("heard", "talked"),
    [
        (f"{ASKED}R1#\n{STAMP}%SYS-5-CONFIG_I: Configured from console\n", True),
        (f"{ASKED}R1#{STAMP}%SYS-5-CONFIG_I: Configured from console\n", True),
        (f"{ASKED}R1#SECURITY WARNING - Module: x, Command: y\n", True),
        (f"{ASKED}R1# ***\n*** --- SHUTDOWN in 0:05:00 ---\n***\n", True),
        (f"{ASKED}R1#\nanybody's words\n", True),
        (f"{ASKED}R1#anybody's words\n", False),
        (f"{ASKED}R1#", False),
        (f"{ASKED}R1#\nwords\nR1#", False),
        (f"{ASKED}R1#\nDo you want it? [yes/no]: ", False),
        ("show clock\n12:00\n", False),
        ("R1#\nwords\nshow clock\n12:00\n", False),
        ("R1#show cl", False),
        ("", False),
    ],
)
def test_a_message_behind_the_prompt_is_known(heard: str, talked: bool) -> None:
    """The prompt has come after our line, alone, and what hides it came unasked: then a return brings it again."""
    assert talked_over(heard, R1, "show clock") is talked


def test_the_last_line_has_no_end() -> None:
    """It stands behind the last end of a line, and may be empty."""
    assert [last_line(text) for text in ("", "a", "a\n", "a\nb")] == ["", "a", "", "b"]


def test_replies_are_cut_at_their_echoes() -> None:
    """Each line gets what the router said between its echo and the next prompt."""
    heard = "show clock\n12:00\nR1#show version\nIOS XE\nmore\nR1#configure terminal\nR1(config)#end\nR1#"
    typed = ["show clock", "show version", "configure terminal", "end"]
    assert replies(heard, R1, typed) == ("12:00\n", "IOS XE\nmore\n", "", "")


def test_replies_wait_for_the_last_prompt() -> None:
    """An answer that is not complete is no answer."""
    heard = "show clock\n12:00\nR1#show version\nIOS XE\nR1#"
    whole = len(heard)
    for length in range(whole):
        assert replies(heard[:length], R1, ["show clock", "show version"]) is None
    assert replies(heard, R1, ["show clock", "show version"]) is not None


@pytest.mark.parametrize(
    ("heard", "told"),
    [
        ("show clock\n12:00\nR1#\nR1#\nR1#", "12:00\n\n\n"),
        (f"show clock\n12:00\nR1#\n{STAMP}%SYS-5-CONFIG_I: x\nR1#", f"12:00\n\n{STAMP}%SYS-5-CONFIG_I: x\n"),
        (f"show clock\n12:00\nR1#{STAMP}%SYS-5-CONFIG_I: x\nR1#", f"12:00\n{STAMP}%SYS-5-CONFIG_I: x\n"),
        (f"{STAMP}%SYS-5-CONFIG_I: x\nR1#show clock  \n12:00\nR1#", "12:00\n"),
        ("R1#show clock\ncertificate R1#1CA.cer\nR1#", "certificate R1#1CA.cer\n"),
        ("R1#show clocks\n12:00\nR1#", None),
        ("note: show clock\n12:00\nR1#", None),
        ("show clock\n12:00\nR2#", None),
    ],
)
def test_prompts_that_nobody_typed_at_are_no_answer(heard: str, told: str | None) -> None:
    """Idle prompts are taken out of an answer, messages stay in it; an echo is a whole line of its own."""
    assert replies(heard, R1, ["show clock"]) == (None if told is None else (told,))


def test_replies_in_other_modes() -> None:
    """The prompt of a mode, made of what the router is really called, ends an answer as well."""
    odd = Prompt("Loc-1-STP-2", "Loc-1")
    heard = "configure terminal\nEnter\nLoc-1(config)#  event none\nLoc-1(config-applet)#end\nLoc-1-STP-2#"
    assert replies(heard, odd, ["configure terminal", "event none", "end"]) is None, "two blanks are another echo"
    heard = heard.replace("#  event", "# event")
    assert replies(heard, odd, ["configure terminal", "event none", "end"]) == ("Enter\n", "", "")


def test_a_line_typed_twice_has_two_replies() -> None:
    """The same line twice is not one answer counted twice."""
    assert replies("end\nR1#end\nR1#", R1, ["end", "end"]) == ("", "")
    assert replies("end\nR1#", R1, ["end", "end"]) is None


@given(st.text(), st.lists(st.text(max_size=6), min_size=1, max_size=3))
def test_any_text_is_understood_or_not(heard: str, typed: Any) -> None:
    """Whatever comes there is one reply for each line, or none at all; never an exception."""
    found = replies(heard, R1, typed)
    assert found is None or len(found) == len(typed)
    ready(heard, R1), asking(heard), login_prompt(heard), login_prompt(heard, odd=True), refusal(heard), locked(heard)
    echoed_prompt(heard, typed[0]), mode(heard, R1), talked_over(heard, R1, typed[0])


@given(st.sampled_from([*ODD_NAMES, *ODDER_NAMES]) | st.text(min_size=1, max_size=30))
def test_any_name_is_taken_literally(name: str) -> None:
    """No sign in a router's name means something to a pattern."""
    ready(f"\n{name}#", Prompt(name)), mode(f"{name}#", Prompt(name)), talked_over(f"x\n{name}#\ny", Prompt(name), "x")
    if "\n" not in name:
        assert replies(f"{name}#show clock\n12:00\n{name}#", Prompt(name), ["show clock"]) == ("12:00\n",)
