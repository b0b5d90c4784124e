"""The gate for every line that is typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrust.typed import LINE_LENGTH, at_exec, untypable


@pytest.mark.parametrize(
    "line",
    [
        "",
        " ",
        "show clock",
        'action 0010 mail server "$_email_server" subject "a  b" body "!~@{}|^`"',
        "x" * LINE_LENGTH,
        "show running-config | section crypto pki|event manager|^version |^end",
    ],
)
def test_what_is_taken_as_it_stands_passes(line: str) -> None:
    """Printable ASCII, one line, not too long."""
    assert untypable(line) is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("vrf Mgmt\nwrite memory", "it holds a line break"),
        ("vrf Mgmt\rwrite memory", "it holds a carriage return"),
        ("vrf\tMgmt", "it holds a tab"),
        ("vrf Mgmt\x1awrite", "it holds a control character (U+001A)"),
        ("\x03", "it holds a control character (U+0003)"),
        ("\x7f", "it holds a control character (U+007F)"),
        ("\x1b[A", "it holds a control character (U+001B)"),
        ("(Gig)?abit", "it holds '?', which asks for help"),
        ('action 1 mail subject "why?"', "it holds '?', which asks for help"),
        ("Zürich", "it holds 'ü' (U+00FC)"),
        ("a \u2013 b", "it holds '\u2013' (U+2013)"),
        ("a\u2028b", "it holds a control character (U+2028)"),
        ("a\u202eb", "it holds a control character (U+202E)"),
        ("\ufffd", "it holds '\ufffd' (U+FFFD)"),
        ("x" * (LINE_LENGTH + 1), "it has 255 characters; IOS takes 254"),
        ("x" * LINE_LENGTH + "\n", "it holds a line break"),
    ],
)
def test_what_would_become_something_else_is_held_back(line: str, why: str) -> None:
    """Every end of a line, every key that edits or asks for help, everything that is no ASCII: with its name."""
    assert untypable(line) == why


@given(st.text())
def test_nothing_gets_through_that_acts(line: str) -> None:
    """What passes is exactly printable ASCII without a question mark; the reason can be printed itself."""
    why = untypable(line)
    harmless = line.isascii() and line.isprintable() and "?" not in line and len(line) <= LINE_LENGTH
    assert (why is None) is harmless
    assert why is None or why.isprintable()


@pytest.mark.parametrize(
    "line",
    [
        "",
        "  ",
        "terminal length 0",
        "show running-config | section crypto pki|event manager|^version |^end",
        "configure terminal",
        "write memory",
        "event manager run mailtrust-test",
        "debug crypto pki messages",
        "no debug crypto pki messages",
        "end",
    ],
)
def test_what_belongs_at_exec(line: str) -> None:
    """Looking, entering configuration mode, saving, the test, its debugs, and what is harmless everywhere."""
    assert at_exec(line)


@pytest.mark.parametrize(
    "line",
    [
        "event manager environment _email_server alerts:pw@smtp.example.com",
        "event manager applet Alarm",
        "no event manager applet Alarm",
        "crypto pki trustpoint A",
        "crypto pki authenticate A",
        "no crypto pki trustpoint A",
        "enrollment terminal",
        "-----BEGIN CERTIFICATE-----",
        "action 0010 syslog msg x",
        "description mailtrust 01234567",
        "yes",
        "showy",
        "ending",
        "reload",
        "write erase",
        "configure replace flash:x",
    ],
)
def test_what_does_not_belong_at_exec(line: str) -> None:
    """Nothing that holds a secret, nothing of a configuration, and no word that only begins like one that does."""
    assert not at_exec(line)
