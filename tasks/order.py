"""What one router's journey needs to know, and what it brings back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mailtrust.findings import Finding
from mailtrust.kept import Kept
from mailtrust.model import Account, Desired, HostOutcome, Observed, Provider, Step
from mailtrust.redact import Redactor
from tasks.connection import Deadlines, Login
from tasks.identities import Identities

Until = Literal["plan", "save"]
Test = Literal["changed", "all", "none"]
Save = Literal["proven", "changed", "never"]

_Structural = Redactor(())


def _nobody_writes(event: str, host: str, words: Sequence[str]) -> None:
    """For who keeps no journal."""


def _anybody_may(provider: str) -> bool:
    """For who looks at one router."""
    return bool(provider)


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
    origin: Kept | None = None
    """What an earlier run has begun and never proven: the way back of this one leads to before that."""
    debugs: tuple[str, ...] = ()
    """What an earlier run switched on and was not seen to switch off."""


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
    journeys: int = 2
    """How often a router may be worked on from the beginning, when its line is lost in the midst."""
    pause: float = 0.0
    """Seconds after a line was lost: what was typed ahead may still be carried out, and is seen then."""
    jot: Callable[[str, str, Sequence[str]], None] = _nobody_writes
    """Writes an event of a host into the journal, with words, before it happens."""
    redact: Callable[[str], str] = _Structural.redact
    """What leaves the task passes it."""
    identities: Identities = field(default_factory=Identities)
    may_diagnose: Callable[[str], bool] = _anybody_may
    """Whether a host of this provider may switch on debugging: one in a run is enough to know the cause."""


@dataclass(frozen=True, slots=True)
class Record:
    """All that is known of one host after its journey, without any secret.

    ``digest`` is what a plan of this host would be approved by; ``settled`` says that nothing is left, of this run or
    of one before it, that the next run has to know.
    """

    outcome: HostOutcome
    transcript: str
    digest: str
    settled: bool = False
