"""A run cut into waves: everybody in exactly one, in order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrust.errors import UsageError
from mailtrust.findings import finding
from mailtrust.model import HostOutcome, MailOutcome
from mailtrust.waves import cut, unproven

TEN = tuple("abcdefghij")


@pytest.mark.parametrize(
    ("sizes", "lengths"),
    [
        (None, [10]),
        ("1,rest", [1, 9]),
        ("1,5%,25%,rest", [1, 1, 3, 5]),
        ("1,5%,25%", [1, 1, 3, 5]),
        ("50%,50%", [5, 5]),
        ("100%", [10]),
        ("99", [10]),
        (" 2 , rest ", [2, 8]),
        ("10,rest", [10]),
        ("4,4,4,4", [4, 4, 2]),
    ],
)
def test_sizes(sizes, lengths):
    """Counts and shares of all, a share rounded up; what is left over is one more wave; no wave is empty."""
    assert [len(wave) for wave in cut(TEN, sizes)] == lengths


@pytest.mark.parametrize(
    ("sizes", "waves"),
    [(None, ["aei", "bf", "cg", "dhj"]), ("1,rest", ["aei", "bfcgdhj"]), ("50%", ["aeibf", "cgdhj"])],
)
def test_with_a_key_sizes_count_groups(sizes, waves):
    """Whole groups, in the order in which they first appear; without sizes each is a wave."""
    key = dict(zip(TEN, "1234123414", strict=True)).get
    assert ["".join(wave) for wave in cut(TEN, sizes, key)] == waves


@pytest.mark.parametrize("sizes", ["", "0", "x", "1,,2", "101%", "rest,rest", "rest,1", "-1", "1.5", "%", "01"])
def test_sizes_that_cannot_be_meant(sizes):
    """The message repeats them."""
    with pytest.raises(UsageError, match=f"--waves {sizes}: "):
        cut(TEN, sizes)


@given(
    st.lists(st.text(min_size=1), unique=True),
    st.lists(st.one_of(st.integers(1, 40).map(str), st.integers(1, 100).map("{}%".format)), min_size=1),
    st.booleans(),
    st.integers(1, 5),
)
def test_everybody_is_in_one_wave(names, words, rest, groups):
    """Whatever the sizes, with and without a key."""
    sizes = ",".join([*words, "rest"] if rest else words)
    for key in (None, lambda name: len(name) % groups):
        waves = cut(names, sizes, key)
        assert sorted(name for wave in waves for name in wave) == sorted(names)
        assert all(waves)


def outcome(state, mail=None):
    return HostOutcome(state, state, 0.0, 0, saved=False, steps=(), mail=mail, findings=())


SENT, FAILED, SEEN, LOST = (MailOutcome(*each) for each in [(True, None), (False, None), (True, True), (True, False)])


@pytest.mark.parametrize(
    ("outcomes", "reason"),
    [
        ([outcome("changed", SENT)], None),
        ([outcome("changed", SEEN), outcome("failed", FAILED), outcome("unreachable")], None),
        ([outcome("unchanged")], None),
        ([outcome("changed")], "no test mail was sent from changed"),
        ([outcome("changed", FAILED), outcome("unchanged")], "no test mail was sent from changed"),
        ([outcome("changed", LOST)], "the test mail of changed did not arrive"),
        ([outcome("failed", LOST), outcome("changed", SEEN)], "the test mail of failed did not arrive"),
        (
            [replace(outcome("failed", SENT), findings=(finding("MT312", "x"),)), outcome("changed", SEEN)],
            "nobody could look for the test mail of failed",
        ),
        (
            [outcome("failed"), outcome("unreachable"), outcome("skipped")],
            "none of its hosts ended well, so nothing is proven",
        ),
        ([], "none of its hosts ended well, so nothing is proven"),
    ],
)
def test_what_a_wave_has_to_prove(outcomes, reason):
    """Somebody ended well, and nobody was changed without a mail that went, and arrived where that is known."""
    assert unproven(outcomes) == reason
