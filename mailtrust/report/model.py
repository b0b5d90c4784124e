"""One run, told as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mailtrust.model import HostOutcome, State

STATES: tuple[State, ...] = ("unchanged", "changed", "planned", "failed", "unreachable", "skipped", "interrupted")

INTERRUPTED = "interrupted"
"""What ``stopped`` says when a person or the system ended the run."""

_NOT_WELL: tuple[State, ...] = ("failed", "unreachable", "skipped", "interrupted")

# Verbs that only look: what they would change, or miss, is their answer.
_LOOKING = frozenset({"plan", "verify"})


@dataclass(frozen=True, slots=True)
class Report:
    """What a verb did with every selected host, each exactly once; dates are aware."""

    id: str
    verb: str
    version: str
    started: datetime
    finished: datetime
    hosts: tuple[HostOutcome, ...]
    stopped: str | None = None
    """Why hosts were left out before the end; None for a run that went through."""

    @property
    def totals(self) -> Mapping[State, int]:
        return {state: sum(host.state == state for host in self.hosts) for state in STATES}

    @property
    def exit_code(self) -> int:
        """0 done or in sync, 1 some host did not end well, 3 stopped early, 4 changes pending, 130 interrupted.

        Stopped early is stopped by the failure budget or by a wave that did not pass.
        """
        totals = self.totals
        if self.stopped is not None:
            return 130 if self.stopped == INTERRUPTED else 3
        if any(totals[state] for state in _NOT_WELL):
            return 1
        return 4 if self.verb in _LOOKING and totals["planned"] else 0
