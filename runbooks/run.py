"""One run over a fleet: the same for every verb that reaches routers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

from nornir.core.inventory import Host
from nornir.core.task import AggregatedResult, MultiResult, Task

from mailtrust.findings import finding
from mailtrust.model import HostOutcome
from mailtrust.report.model import Report
from runbooks.fleet import Fleet, open_fleet, orders, redact_logs
from runbooks.progress import Silent, Watcher
from runbooks.run_directory import RunDirectory, new_run_directory
from tasks.circle import circle
from tasks.connection import Deadlines
from tasks.gate import Gate
from tasks.order import Manner, Order, Record, Test, Until


@dataclass(frozen=True)
class Options:
    """What every verb that reaches routers can be told: the words of the command line."""

    config: Path = Path("config.yaml")
    limit: Sequence[str] = ()
    workers: int | None = None
    runs: Path | None = None
    adopt: bool = False
    test: Test | None = None


@dataclass(frozen=True)
class Run:
    """A run that has ended: the report, where it lies, and what Nornir said."""

    report: Report
    directory: RunDirectory
    report_text: str
    """run.json as written."""
    records: Sequence[Record]
    result: AggregatedResult


@dataclass
class _Recorder:
    """A Nornir processor: every host goes into the journal when it begins and when it ends, whatever happens."""

    directory: RunDirectory
    watcher: Watcher
    records: dict[str, Record] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def task_started(self, task: Task) -> None: ...

    def task_completed(self, task: Task, result: AggregatedResult) -> None: ...

    def task_instance_started(self, task: Task, host: Host) -> None:
        self.directory.log("host-started", _now(), host=host.name)

    def task_instance_completed(self, task: Task, host: Host, result: MultiResult) -> None:
        record = getattr(result[0], "record", None) or lost(host.name, result)
        self.directory.keep_host(record.outcome, record.before, record.transcript, _now())
        with self._lock:
            self.records[host.name] = record
            self.watcher.finished(record.outcome)

    def subtask_instance_started(self, task: Task, host: Host) -> None: ...

    def subtask_instance_completed(self, task: Task, host: Host, result: MultiResult) -> None: ...


def run(verb: str, until: Until, options: Options, watch: Callable[[Fleet], Watcher] = lambda _: Silent()) -> Run:
    """Take every selected host round the circle, as far as ``until`` says; each is in the report exactly once.

    Raises UsageError (InventoryError among them) before anything is touched.
    """
    started = _now()
    fleet = open_fleet(options.config, limit=options.limit, workers=options.workers)
    wishes = orders(fleet, now=started, adopt=options.adopt)
    redact_logs(fleet)
    directory = new_run_directory(options.runs or fleet.base / fleet.product.runs, verb, started, fleet.redactor())
    manner = Manner(
        run_id=directory.run_id,
        until=until,
        test=options.test or fleet.product.test,
        deadlines=Deadlines(fleet.product.burst_seconds, fleet.product.host_seconds),
        orders=wishes,
    )
    directory.log("run-started", started, verb=verb, hosts=list(fleet.hosts))
    with watch(fleet) as watcher:
        recorder = _Recorder(directory, watcher)
        nornir = fleet.nornir.with_processors([recorder])
        result = nornir.run(task=circle(manner, _gates(wishes.values())), name=verb, on_failed=True)
    records = [recorder.records[name] for name in fleet.hosts]
    report = Report(
        id=directory.path.name,
        verb=verb,
        version=version("mailtrust"),
        started=started,
        finished=_now(),
        hosts=tuple(record.outcome for record in records),
    )
    text = directory.keep_report(report)
    directory.log("run-finished", report.finished, exit_code=report.exit_code)
    return Run(report, directory, text, records, result)


def _gates(wishes: Iterable[Order]) -> dict[str, Gate]:
    """One gate for each provider, shared by all its routers."""
    providers = {order.provider.name: order.provider for order in wishes}
    return {name: Gate(provider.limits) for name, provider in providers.items()}


def lost(host: str, result: MultiResult) -> Record:
    """For a host whose task ended outside our own code."""
    kind = type(result[0].exception).__name__
    found = finding("MT499", f"Nornir ended the task of this host with {kind}")
    return Record(
        HostOutcome(host, "failed", 0.0, 0, saved=False, steps=(), mail=None, findings=(found,)), (), None, ""
    )


def _now() -> datetime:
    return datetime.now(timezone.utc)
