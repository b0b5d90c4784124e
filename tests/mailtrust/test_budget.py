"""How much may go wrong before a run stops."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrust.budget import Budget, budget
from mailtrust.errors import UsageError


@pytest.mark.parametrize(
    ("text", "total", "limit"),
    [(None, 10, None), ("0", 10, 0), ("3", 412, 3), ("5%", 412, 20), ("5%", 10, 0), ("99%", 10, 9), (" 2 ", 10, 2)],
)
def test_limits(text, total, limit):
    """A number, or a share rounded down; nothing said is no limit."""
    assert budget(total, text, None) == Budget(total, limit, None)
    assert budget(total, None, text) == Budget(total, None, limit)


@pytest.mark.parametrize(
    ("failed", "unreachable", "promise"),
    [
        ("2", None, "stops after 3 failed of 412"),
        (None, "10%", "stops after 42 unreachable of 412"),
        ("0", "0", "stops after 1 failed or 1 unreachable of 412"),
        (None, None, "stops for no number of failures"),
    ],
)
def test_it_says_when_it_would_stop(failed, unreachable, promise):
    """Before the run begins, in numbers of hosts."""
    assert budget(412, failed, unreachable).promise() == promise


@given(st.integers(1, 500), st.data())
def test_a_limit_that_is_taken_can_be_reached(total, data):
    """It stops at one more than allowed and not before; whatever can never stop is refused, or no limit if lenient."""
    text = data.draw(st.one_of(st.integers(0, 600).map(str), st.integers(0, 150).map("{}%".format)))
    if budget(total, text, text, lenient=True) == Budget(total, None, None):
        with pytest.raises(UsageError, match="can never stop a run"):
            budget(total, text, text)
        return
    made = budget(total, text, text)
    assert made.failed is not None
    assert made.failed < total
    for state in ("failed", "unreachable"):
        assert made.spent(Counter({state: made.failed, "changed": total})) is None
        assert made.spent(Counter({state: made.failed + 1})) is not None


def test_states_are_counted_apart():
    """Out of reach spends no failure."""
    made = budget(10, "1", "5")
    assert made.spent(Counter(unreachable=5, failed=1)) is None
    assert made.spent(Counter(unreachable=6)) == "6 of 10 hosts unreachable, --max-unreachable allows 5"
    assert made.spent(Counter(failed=2)) == "2 of 10 hosts failed, --max-failed allows 1"


def test_the_command_line_comes_before_the_usual():
    """Each limit for itself."""
    assert budget(10, "1", None).over(budget(10, "3", "4")) == Budget(10, 1, 4)


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "5 %", "%"])
def test_what_is_no_limit_is_refused(text):
    """With the option and what was expected."""
    with pytest.raises(UsageError, match=r"--max-failed .*expected a number, or a share such as 5%"):
        budget(10, text, None)
