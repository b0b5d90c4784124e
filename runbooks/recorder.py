"""A Nornir processor: every host goes into the journal when it begins and when it ends, whatever happens."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timezone

from nornir.core.inventory import Host
from nornir.core.task import AggregatedResult, MultiResult, Task

from mailtrust.findings import Finding, finding
from mailtrust.model import HostOutcome, State
from mailtrust.report.run_json import host_mapping
from runbooks.progress import Watcher
from runbooks.run_directory import RunDirectory
from tasks.order import Record


class Recorder:
    """Nornir's loosely typed results become HostOutcomes here, and nowhere else."""

    def __init__(
        self, directory: RunDirectory, watcher: Watcher, settle: Callable[[str], None] = lambda _: None
    ) -> None:
        self._directory = directory
        self._watcher = watcher
        self._settle = settle
        self._outcomes: dict[str, HostOutcome] = {}
        self.digests: dict[str, str] = {}
        """By host: what a plan of it would be approved by."""
        self._lock = threading.Lock()

    @property
    def totals(self) -> Mapping[State, int]:
        """How many hosts have ended in each state so far."""
        with self._lock:
            return Counter(outcome.state for outcome in self._outcomes.values())

    def outcome(self, name: str) -> HostOutcome:
        """What became of this host; one that was never started is ``skipped``."""
        return self._outcomes.get(name) or _without_journey(name, "skipped")

    def task_started(self, task: Task) -> None: ...

    def task_completed(self, task: Task, result: AggregatedResult) -> None: ...

    def task_instance_started(self, task: Task, host: Host) -> None:
        self._directory.log("host-started", _now(), host=host.name)

    def task_instance_completed(self, task: Task, host: Host, result: MultiResult) -> None:
        record = getattr(result[0], "record", None) or _lost(host.name, result)
        self._directory.keep_host(record.outcome, record.transcript, _now())
        with self._lock:
            self._outcomes[host.name] = record.outcome
            self.digests[host.name] = record.digest
            self._watcher.finished(record.outcome)
        if record.settled:
            self._settle(host.name)

    def arrival(self, outcome: HostOutcome, seconds: float | None) -> None:
        """What is known of a host since its mail was looked for; ``seconds`` until it was seen, None if it was not."""
        mail = outcome.mail
        arrived = None if mail is None else mail.arrived
        details = {"host": outcome.name, "arrived": arrived, "seconds": seconds, "outcome": host_mapping(outcome)}
        self._directory.log("mail-arrived", _now(), **details)
        with self._lock:
            self._outcomes[outcome.name] = outcome

    def subtask_instance_started(self, task: Task, host: Host) -> None: ...

    def subtask_instance_completed(self, task: Task, host: Host, result: MultiResult) -> None: ...


def _lost(name: str, result: MultiResult) -> Record:
    """For a host whose task ended outside our own code."""
    found = finding("MT499", f"Nornir ended the task of this host with {type(result[0].exception).__name__}")
    return Record(_without_journey(name, "failed", found), "", "")


def _without_journey(name: str, state: State, *findings: Finding) -> HostOutcome:
    return HostOutcome(name, state, 0.0, 0, saved=False, steps=(), mail=None, findings=findings)


def _now() -> datetime:
    return datetime.now(timezone.utc)
