"""No word of a stranger acts on the terminal, the page or the file that it reaches."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrust.plain import FORBIDDEN, INSTEAD, UNSEEN, one_line, plain

SEQUENCES = [
    "\x1b[2J",
    "\x1b\x1b[2J[2J",
    "\x1bc",
    "\x1b]0;x\x07",
    "\x1bP$q\x1b\\",
    "\x1b_x\x1b\\",
    "\x9b2J",
    "\r\n",
    "\r\r\n",
]
CHARACTERS = "\x1b\x00\x7f\x85\b\r\n\t\u202e\u2066\u200b\u200d\ufeff\u2028\u2029\U000e0041\ud800\u00ad\u3164"
ACTING = st.one_of(st.sampled_from(SEQUENCES), st.sampled_from(CHARACTERS))
TEXTS = st.lists(st.one_of(ACTING, st.text(max_size=5), st.characters()), max_size=20).map("".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("R1#show clock\r\n10:11:12\r\n", "R1#show clock\n10:11:12\n"),
        ("10 %\r20 %\rdone", "10 %\n20 %\ndone"),
        ("a\r\r\nb", "a\n\nb"),
        ("\x1b\x1b[2J[2J", f"{INSTEAD}{INSTEAD}[2J[2J"),
        ("\x1b]0;title\x07\x1bPq\x1b\\\x1b^x\x1b\\", f"{INSTEAD}]0;title{INSTEAD}{INSTEAD}Pq{INSTEAD}\\{INSTEAD}^x{INSTEAD}\\"),
        ("a\x9b31mb\x85", f"a{INSTEAD}31mb{INSTEAD}"),
        ("user\u202etxt.exe", f"user{INSTEAD}txt.exe"),
        ("pass\u200bword \ufeff", f"pass{INSTEAD}word {INSTEAD}"),
        ("\ud83d", INSTEAD),
        ("bell\x07 del\x7f nul\x00", f"bell{INSTEAD} del{INSTEAD} nul{INSTEAD}"),
        ("tab\there\nß é 日本 😀 e\u0301", "tab\there\nß é 日本 😀 e\u0301"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_acts_is_replaced(text: str, expected: str) -> None:
    """One U+FFFD for each character that acts or hides; what follows an ESC is letters then; ends of lines are one."""
    assert plain(text) == expected


def test_a_value_is_one_line() -> None:
    """Inside a sentence there is neither newline nor tab."""
    assert one_line("a\r\nb\tc\rd\x1b[0m") == f"a b c d{INSTEAD}[0m"


@given(TEXTS)
def test_nothing_that_acts_is_left(text: str) -> None:
    """By Unicode's own categories, whatever the text; and a second time changes nothing."""
    for clean, allowed in ((plain(text), "\n\t"), (one_line(text), "")):
        left = [sign for sign in clean if unicodedata.category(sign) in FORBIDDEN and sign not in allowed]
        assert left == []
        assert UNSEEN.isdisjoint(clean)
    assert plain(plain(text)) == plain(text)
    assert one_line(one_line(text)) == one_line(text)
    assert one_line(plain(text)) == one_line(text)


@given(st.text(st.characters(exclude_categories=[*FORBIDDEN], exclude_characters="".join(UNSEEN))))
def test_what_can_be_seen_stays(text: str) -> None:
    """Letters of every script, signs and blanks are not touched."""
    assert plain(text) == text
    assert one_line(text) == text


@given(TEXTS)
def test_it_can_be_written_to_any_file(text: str) -> None:
    """Also as UTF-8, which takes no lone surrogate."""
    assert plain(text).encode().decode() == plain(text)
