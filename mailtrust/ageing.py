"""When Mozilla's root programme stops trusting a root for TLS because its key is old.

Routers do not follow that schedule. Providers do: on that day at the latest their chains end in another root.
"""

from __future__ import annotations

from datetime import date

from mailtrust.model import Certificate

_UNTIL = (  # keys made before the first date are distrusted on the second
    (date(2006, 1, 1), date(2025, 4, 15)),
    (date(2008, 1, 1), date(2026, 4, 15)),
    (date(2010, 1, 1), date(2027, 4, 15)),
    (date(2012, 1, 1), date(2028, 4, 15)),
    (date(2014, 4, 15), date(2029, 4, 15)),
)
_YEARS = 15


def distrusted_on(root: Certificate) -> date:
    """The first day without trust; the root's ``not_before`` stands for the day on which its key was made."""
    made = root.not_before.date()
    scheduled = next((day for before, day in _UNTIL if made < before), None)
    if scheduled:
        return scheduled
    leap_day = (made.month, made.day) == (2, 29)
    return made.replace(year=made.year + _YEARS, day=28 if leap_day else made.day)
