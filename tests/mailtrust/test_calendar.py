"""What ends when, and Mozilla's day of a root."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from mailtrust.ageing import distrusted_on
from mailtrust.calendar import Row, calendar
from mailtrust.certificates import from_pem
from mailtrust.model import Certificate

Mint = Callable[..., Certificate]


def test_the_first_to_end_comes_first(mint: Mint, now: datetime) -> None:
    """One row a certificate, by its end; providers by name, their hosts added up."""
    late, soon, over = (
        mint("Late", days=(-9, 900)),
        mint("Inner", by="Late", days=(-9, 9)),
        mint("Over", days=(-9, -0.5)),
    )
    entries = [(late, "ses", 40), (soon, "gmail", 2), (late, "gmail", 2), (over, "own", 0)]
    expected = (
        Row(over, -1, ("own",), 0, date(2041, 5, 23)),
        Row(soon, 9, ("gmail",), 2, None),
        Row(late, 900, ("gmail", "ses"), 42, date(2041, 5, 23)),
    )
    assert calendar(entries, now) == calendar(reversed(entries), now) == expected
    assert calendar([], now) == ()


def test_days_left_are_whole_days(mint: Mint, now: datetime) -> None:
    """A day counts when it is whole; below zero it is over."""
    root = mint("Root", days=(-9, 10))
    for later, left in ((0, 10), (0.5, 9), (10, 0), (10.1, -1)):
        (row,) = calendar([(root, "gmail", 1)], now + timedelta(days=later))
        assert row.days_left == left


@pytest.mark.parametrize(
    ("made", "day"),
    [
        ((1998, 9, 1), date(2025, 4, 15)),
        ((2005, 12, 31), date(2025, 4, 15)),
        ((2006, 1, 1), date(2026, 4, 15)),
        ((2007, 12, 31), date(2026, 4, 15)),
        ((2008, 1, 1), date(2027, 4, 15)),
        ((2009, 12, 31), date(2027, 4, 15)),
        ((2010, 1, 1), date(2028, 4, 15)),
        ((2012, 1, 1), date(2029, 4, 15)),
        ((2014, 4, 14), date(2029, 4, 15)),
        ((2014, 4, 15), date(2029, 4, 15)),
        ((2016, 2, 29), date(2031, 2, 28)),
        ((2016, 6, 22), date(2031, 6, 22)),
    ],
)
def test_mozillas_schedule(made: tuple[int, int, int], day: date, mint: Mint, now: datetime) -> None:
    """By the year in which the key was made up to April 2014, fifteen years after that."""
    begins = (datetime(*made, tzinfo=timezone.utc) - now) / timedelta(days=1)
    assert distrusted_on(mint("Root", days=(begins, 9000))) == day


def test_real_roots(shared: Path) -> None:
    """GlobalSign Root CA is over since 2025, GTS Root R1 has until 2031."""
    days = [
        distrusted_on(from_pem((shared / f"certs/{name}.pem").read_text())[0])
        for name in ("GlobalSign-Root-CA", "GTS-Root-R1")
    ]
    assert days == [date(2025, 4, 15), date(2031, 6, 22)]
