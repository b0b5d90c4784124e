"""How much may go wrong before a run stops: said before it begins, and kept to."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from mailtrust.errors import UsageError
from mailtrust.model import State

_LIMIT = re.compile(r"(\d+)(%?)")
_WHOLE = 100
_OPTIONS: Mapping[State, str] = {"failed": "--max-failed", "unreachable": "--max-unreachable"}
_WORDS: Mapping[State, str] = {"failed": "failed", "unreachable": "unreachable"}


@dataclass(frozen=True, slots=True)
class Budget:
    """How many of ``total`` hosts may fail, or be out of reach, over the whole run; None is no limit."""

    total: int
    failed: int | None
    unreachable: int | None

    def spent(self, totals: Mapping[State, int]) -> str | None:
        """Why the run has to stop now; None while it may go on."""
        for state, limit in self._limits().items():
            if totals[state] > limit:
                return f"{totals[state]} of {self.total} hosts {_WORDS[state]}, {_OPTIONS[state]} allows {limit}"
        return None

    def over(self, usual: Budget) -> Budget:
        """The limits of this budget, and of the usual one where this one has none."""
        return Budget(
            self.total,
            usual.failed if self.failed is None else self.failed,
            usual.unreachable if self.unreachable is None else self.unreachable,
        )

    def promise(self) -> str:
        """When the run would stop, told before it begins."""
        parts = [f"{limit + 1} {_WORDS[state]}" for state, limit in self._limits().items()]
        return f"stops after {' or '.join(parts)} of {self.total}" if parts else "stops for no number of failures"

    def _limits(self) -> dict[State, int]:
        limits: dict[State, int | None] = {"failed": self.failed, "unreachable": self.unreachable}
        return {state: limit for state, limit in limits.items() if limit is not None}


def budget(total: int, failed: str | None, unreachable: str | None, *, lenient: bool = False) -> Budget:
    """The budget of ``--max-failed`` and ``--max-unreachable``, each ``N`` or ``P%`` (rounded down) of all hosts.

    Raises UsageError for a limit that is no number, and for one that can never be passed: it would protect nobody.
    ``lenient`` takes such a limit for none.
    """
    return Budget(
        total,
        _limit("failed", failed, total, lenient=lenient),
        _limit("unreachable", unreachable, total, lenient=lenient),
    )


def _limit(state: State, text: str | None, total: int, *, lenient: bool) -> int | None:
    if text is None:
        return None
    match = _LIMIT.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{_OPTIONS[state]} {text}: expected a number, or a share such as 5%")
    limit = math.floor(total * int(match[1]) / _WHOLE) if match[2] else int(match[1])
    if limit >= total and lenient:
        return None
    if limit >= total:
        raise UsageError(f"{_OPTIONS[state]} {text}: can never stop a run over {total} hosts; leave it out or lower it")
    return limit
