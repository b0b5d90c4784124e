"""Where a router's text ends: prompts, questions, echoes, refusals."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrust.prompts import Prompt, asking, locked, login_prompt, ready, refusal, replies

R1 = Prompt("R1")
LONG = Prompt("a-router-with-a-very-long-name.example.net")


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


def test_a_line_typed_twice_has_two_replies() -> None:
    """The same line twice is not one answer counted twice."""
    assert replies("end\nR1#end\nR1#", R1, ["end", "end"]) == ("", "")
    assert replies("end\nR1#", R1, ["end", "end"]) is None


@given(st.text(), st.lists(st.text(max_size=6), min_size=1, max_size=3))
def test_any_text_is_understood_or_not(heard: str, typed: Any) -> None:
    """Whatever comes there is one reply for each line, or none at all; never an exception."""
    found = replies(heard, R1, typed)
    assert found is None or len(found) == len(typed)
    ready(heard, R1), asking(heard), login_prompt(heard), refusal(heard), locked(heard)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("      ^\n% Invalid input detected at '^' marker.\n", "% Invalid input detected at '^' marker."),
        ("% Incomplete command.\n", "% Incomplete command."),
        ('% Ambiguous command:  "xx"\n', '% Ambiguous command:  "xx"'),
        ("% Certificate successfully imported\n", None),
        ("% Removing an enrolled trustpoint will destroy all certificates\n", None),
        ("% Be sure to ask the CA administrator to revoke your certificates.\n", None),
        ("% WARNING: The master key is not configured\n", None),
        ("100% done\n", None),
        ("", None),
    ],
)
def test_refusal(reply: str, words: Any) -> None:
    """The router's own words when it did not take a line; warnings and good news are no refusal."""
    assert refusal(reply) == words


@pytest.mark.parametrize(
    "reply",
    [
        "Configuration mode locked exclusively by user 'x' process '3' from terminal '0'. Please try later.",
        "Configuration mode is locked by process '3' user 'x' from terminal '0'. Please try later.",
        "Config mode cannot be entered during Standby initialization",
    ],
)
def test_locked(reply: str) -> None:
    """Somebody else holds the configuration, in each of the wordings."""
    assert locked(reply)
    assert not locked("Enter configuration commands, one per line.  End with CNTL/Z.")
