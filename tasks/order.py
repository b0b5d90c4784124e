"""What one router's journey needs to know, and what it brings back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mailtrust.findings import Finding
from mailtrust.model import Account, Desired, HostOutcome, Observed, Provider, Step
from tasks.connection import Deadlines, Login

Until = Literal["plan", "save"]
Test = Literal["changed", "all", "none"]


@dataclass(frozen=True, slots=True)
class Order:
    """One host's wish, and what is known against it before anybody has connected."""

    login: Login
    account: Account
    provider: Provider
    desired: Desired
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a run treats every host: where the circle is cut, which mails are sent, how long to wait."""

    run_id: str
    until: Until
    test: Test
    deadlines: Deadlines
    orders: Mapping[str, Order]


@dataclass(frozen=True, slots=True)
class Record:
    """All that is known of one host after its journey; ``transcript`` holds secrets until it is redacted."""

    outcome: HostOutcome
    steps: tuple[Step, ...]
    before: Observed | None
    transcript: str
