"""What one router's journey needs to know, and what it brings back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mailtrust.findings import Finding
from mailtrust.kept import Kept
from mailtrust.model import Account, Desired, HostOutcome, Observed, Provider, Step
from tasks.connection import Deadlines, Login

Until = Literal["plan", "save"]
Test = Literal["changed", "all", "none"]
Save = Literal["proven", "changed", "never"]


@dataclass(frozen=True, slots=True)
class Order:
    """One host's wish, and what is known against it before anybody has connected."""

    login: Login
    account: Account
    provider: Provider
    desired: Desired
    findings: tuple[Finding, ...]
    approved: str | None = None
    """The digest of the plan that may be carried out; None is any."""
    kept: Kept | None = None
    """Where to go back to, instead of round the circle."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a run treats every host: where the circle is cut, what is sent, saved and undone, how long to wait."""

    run_id: str
    until: Until
    test: Test
    save: Save
    save_others: bool
    """Save also what somebody else had left unsaved."""
    keep: bool
    """Leave a host that failed midway as it is."""
    deadlines: Deadlines
    connect_attempts: int
    stopping: Callable[[], bool]
    """Whether the run is to end: a host that has not been changed yet is left alone."""
    remember: Callable[[str, Observed, Sequence[Step]], None]
    """Writes down how a host was, before it is touched."""
    orders: Mapping[str, Order]


@dataclass(frozen=True, slots=True)
class Record:
    """All that is known of one host after its journey.

    ``transcript`` holds secrets until it is redacted; ``digest`` is what a plan of this host would be approved by.
    """

    outcome: HostOutcome
    transcript: str
    digest: str
