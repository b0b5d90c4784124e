"""One run over a fleet: the same for every verb that takes routers round the circle."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from importlib.metadata import version
from pathlib import Path

from nornir.core import Nornir
from nornir.core.task import AggregatedResult

from mailtrust.budget import Budget, budget
from mailtrust.describe import counted
from mailtrust.errors import UsageError
from mailtrust.findings import finding
from mailtrust.model import HostOutcome, Observed, Step
from mailtrust.report.model import INTERRUPTED, Report
from mailtrust.report.run_json import host_mapping
from mailtrust.waves import cut, unproven
from runbooks.approval import read_plan
from runbooks.arrival import await_mails, inboxes
from runbooks.claims import Doors, claimed, doors, judged
from runbooks.earlier import read_run, runs_folder, spelled_out
from runbooks.fleet import Fleet, open_fleet, orders, redact_logs
from runbooks.ledger import Ledger, ledger, settle_quietly, with_debts
from runbooks.lock import only_one
from runbooks.options import Options, Verb
from runbooks.progress import Silent, Watcher
from runbooks.recorder import Recorder
from runbooks.run_directory import RunDirectory, new_run_directory
from runbooks.signals import graceful
from runbooks.state_key import StateKey, state_key
from tasks.circle import circle
from tasks.connection import Deadlines
from tasks.gate import Gate
from tasks.identities import Identities
from tasks.mailbox import Inbox
from tasks.order import Manner, Order, Until
from tasks.runner import FleetRunner

_PAUSE_SECONDS = 1.0
_UNTIL: Mapping[Verb, Until] = {"plan": "plan", "verify": "plan", "rollout": "save", "rollback": "save"}


@dataclass(frozen=True)
class Prepared:
    """A run that could begin: everything read and judged, nothing touched."""

    verb: Verb
    options: Options
    fleet: Fleet
    orders: Mapping[str, Order]
    waves: Sequence[Sequence[str]]
    budget: Budget
    carried: Mapping[str, HostOutcome]
    """Hosts that a resumed run has finished before: reported, not touched."""
    hosts: Sequence[str]
    """Everybody who will be in the report, in a steady order."""
    runs: Path
    inboxes: Mapping[str, Inbox]
    """By host: where the arrival of its test mail is looked for."""
    seal: Callable[[str], str] | None
    doors: Doors
    """Where each router is reached: what no other run may change meanwhile."""
    owed: Ledger

    @property
    def announcement(self) -> str:
        """What is selected, in which waves, and when the run would stop."""
        sizes = ", ".join(str(len(wave)) for wave in self.waves)
        waves = f" in {len(self.waves)} waves ({sizes})" if len(self.waves) > 1 else ""
        before = f", {len(self.carried)} finished before" if self.carried else ""
        promise = f"; {self.budget.promise()}" if _UNTIL[self.verb] == "save" else ""
        return f"{self.verb} of {counted(len(self.orders))}{before}{waves}{promise}"


@dataclass(frozen=True)
class Run:
    """A run that has ended: the report, where it lies, and what Nornir said."""

    report: Report
    directory: RunDirectory
    report_text: str
    """run.json as written."""
    results: Sequence[AggregatedResult]
    digests: Mapping[str, str]
    """By host: what its plan would be approved by."""


def run(
    verb: Verb,
    options: Options,
    announce: Callable[[Prepared], None] = lambda _: None,
    watch: Callable[[Prepared], Watcher] = lambda _: Silent(),
) -> Run:
    """Take every selected host round the circle, as far as the verb says; each is in the report exactly once.

    ``announce`` hears of the run before it begins and may raise to prevent it. Raises UsageError (InventoryError among
    them) before anything is touched.
    """
    prepared = prepare(verb, options)
    announce(prepared)
    with ExitStack() as held:
        if _UNTIL[verb] == "save":
            # The lock lies where config.yaml says, so that --runs is no way around it.
            held.enter_context(only_one(runs_folder(options.config)))
            held.enter_context(claimed(prepared.doors, f"{verb} with {options.config.resolve()}"))
        directory = new_run_directory(prepared.runs, verb, _now(), prepared.fleet.redactor(), prepared.seal)
        return _carry_out(prepared, directory, watch)


def prepare(verb: Verb, options: Options) -> Prepared:
    """Read, select, lint, cut into waves; raises UsageError for what cannot be meant."""
    runs = options.runs or runs_folder(options.config)
    fleet = open_fleet(options.config, limit=spelled_out(options.limit, runs), workers=options.workers)
    carried: Mapping[str, HostOutcome] = {}
    names = list(fleet.hosts)
    if options.resume is not None:
        earlier = read_run(runs, options.resume, "rollout")
        carried = earlier.finished(failed_too=options.failed_too)
        names = list(earlier.hosts)
        fleet = _only(fleet, [name for name in names if name not in carried])
    if options.plan is not None:
        fleet = _only(fleet, list(read_plan(options.plan)))
    if options.undo is not None:
        fleet = _only(fleet, read_run(runs, options.undo, "rollout").changing)
        if not fleet.hosts:
            raise UsageError(f"{options.undo}: that run has changed none of the selected hosts")
    places = doors(fleet.hosts)
    wishes = judged(orders(fleet, now=_now(), adopt=options.adopt), places, changing=_UNTIL[verb] == "save")
    sending = _gradual(verb) and (options.test or fleet.product.test) != "none"
    key = state_key(fleet.vault, fleet.product.state_key)
    owed = ledger(runs_folder(options.config))
    if _UNTIL[verb] == "save":
        wishes = with_debts(wishes, owed, None if key is None else key.unseal)
    redact_logs(fleet)
    return Prepared(
        verb=verb,
        options=options,
        fleet=fleet,
        orders=_with_past(wishes, options, runs, key),
        waves=_waves(verb, options, fleet),
        budget=_budget(verb, options, fleet),
        carried=carried,
        hosts=[name for name in names if name in carried or name in wishes],
        runs=runs,
        inboxes=inboxes(fleet, wishes, fleet.vault.resolve) if sending else {},
        seal=None if key is None else key.seal,
        doors=places,
        owed=owed,
    )


def _only(fleet: Fleet, names: Collection[str]) -> Fleet:
    """The fleet without everybody else; who is not selected (any more) stays out."""
    return replace(fleet, nornir=fleet.nornir.filter(filter_func=lambda host: host.name in names))


def _with_past(wishes: Mapping[str, Order], options: Options, runs: Path, key: StateKey | None) -> Mapping[str, Order]:
    """The orders with what this run, an approved plan or an earlier run says of each host."""
    if not options.install_leaf:
        wishes = {name: _without_leaf(order) for name, order in wishes.items()}
    if options.plan is not None:
        approved = read_plan(options.plan)
        wishes = {name: replace(order, approved=approved[name]) for name, order in wishes.items()}
    if options.undo is not None:
        earlier = read_run(runs, options.undo, "rollout")
        unseal = None if key is None else key.unseal
        # A wish that has become impossible since must not stand in the way back.
        wishes = {name: replace(order, kept=earlier.kept(name, unseal), findings=()) for name, order in wishes.items()}
    return wishes


def _without_leaf(order: Order) -> Order:
    leaves = [each.common_name for each in order.desired.trust if not each.is_ca]
    found = tuple(finding("MT207", f"{order.provider.name} installs the leaf of {name}") for name in leaves)
    return replace(order, findings=(*order.findings, *found))


def _gradual(verb: Verb) -> bool:
    """Whether waves and budget hold for it: who looks breaks nothing, and who goes back is in a hurry."""
    return _UNTIL[verb] == "save" and verb != "rollback"


def _waves(verb: Verb, options: Options, fleet: Fleet) -> Sequence[Sequence[str]]:
    names = list(fleet.hosts)
    sizes = options.waves or fleet.product.waves
    key = options.wave_by or fleet.product.wave_by
    if not _gradual(verb) or (sizes is None and key is None):
        return [names]
    if (options.test or fleet.product.test) == "none":
        raise UsageError("--waves with --test none: a wave passes by its test mails, so nothing could ever be proven")
    return cut(names, sizes, None if key is None else lambda name: fleet.hosts[name].get(key))


def _budget(verb: Verb, options: Options, fleet: Fleet) -> Budget:
    """What the user allows; with waves and nothing said, no failure at all.

    What config.yaml says is meant for the whole fleet: for a few hosts it may be more than they are.
    """
    total, product = len(fleet.hosts), fleet.product
    if not _gradual(verb) or not total:
        return budget(total, None, None)
    waves = options.waves or options.wave_by or product.waves or product.wave_by
    usual = "0" if product.max_failed is None and waves and total > 1 else product.max_failed
    return budget(total, options.max_failed, options.max_unreachable).over(
        budget(total, usual, product.max_unreachable, lenient=True)
    )


def _carry_out(prepared: Prepared, directory: RunDirectory, watch: Callable[[Prepared], Watcher]) -> Run:
    started = _now()
    directory.log("run-started", started, verb=prepared.verb, selected=list(prepared.hosts))
    for name, outcome in prepared.carried.items():
        directory.log("host-carried", started, host=name, outcome=host_mapping(outcome))
    with (
        watch(prepared) as watcher,
        graceful(
            lambda: directory.log("run-stopping", _now()), lambda: directory.log("run-aborted", _now())
        ) as stopping,
    ):
        changing = _UNTIL[prepared.verb] == "save"
        settle = partial(settle_quietly, prepared.owed) if changing else _leave
        recorder = Recorder(directory, watcher, settle)
        results, stopped = _through_the_waves(prepared, directory, recorder, stopping)
    report = Report(
        id=directory.path.name,
        verb=prepared.verb,
        version=version("mailtrust"),
        started=started,
        finished=_now(),
        hosts=tuple(prepared.carried.get(name) or recorder.outcome(name) for name in prepared.hosts),
        stopped=stopped,
    )
    text = directory.keep_report(report)
    directory.log("run-finished", report.finished, exit_code=report.exit_code, stopped=stopped)
    return Run(report, directory, text, results, recorder.digests)


def _through_the_waves(
    prepared: Prepared, directory: RunDirectory, recorder: Recorder, stopping: threading.Event
) -> tuple[Sequence[AggregatedResult], str | None]:
    """What Nornir said of each wave that was begun, and why the others were not; None when there are no others."""

    def stop() -> bool:
        return stopping.is_set() or prepared.budget.spent(recorder.totals) is not None

    task = circle(_manner(prepared, directory, stopping.is_set), _gates(prepared.orders.values()))
    runner = _runner(prepared.fleet, prepared.options.workers).stopped_by(stop)
    nornir = prepared.fleet.nornir.with_processors([recorder]).with_runner(runner)
    results: list[AggregatedResult] = []
    for wave in filter(None, prepared.waves):
        results.append(_one_wave(nornir, prepared.verb, task, wave))
        await_mails(
            {name: box for name, box in prepared.inboxes.items() if name in wave},
            recorder,
            run_id=directory.run_id,
            seconds=prepared.fleet.product.arrival_seconds,
            stopping=stopping,
        )
        outcomes = [recorder.outcome(name) for name in wave]
        stopped = INTERRUPTED if stopping.is_set() else _stop_reason(prepared, recorder, outcomes, len(results))
        if stopped is not None:
            return results, stopped
        if len(results) < len(prepared.waves):
            stopping.wait(_soak(prepared))
    return results, None


def _one_wave(nornir: Nornir, verb: Verb, task: Callable[..., object], wave: Sequence[str]) -> AggregatedResult:
    names = set(wave)
    chosen = nornir.filter(filter_func=lambda host: host.name in names)
    return chosen.run(task=task, name=verb, on_failed=True, raise_on_error=False)


def _stop_reason(prepared: Prepared, recorder: Recorder, outcomes: Sequence[HostOutcome], number: int) -> str | None:
    """Why the run does not go on after this wave; the budget may have stopped it in the middle of one."""
    last = number == len(prepared.waves)
    spent = prepared.budget.spent(recorder.totals)
    if spent is not None and any(outcome.state == "skipped" for outcome in map(recorder.outcome, prepared.orders)):
        return spent
    reason = None if last else unproven(outcomes)
    return None if reason is None else f"wave {number} of {len(prepared.waves)} did not pass: {reason}"


def _soak(prepared: Prepared) -> float:
    soak = prepared.options.soak
    return prepared.fleet.product.soak_seconds if soak is None else soak


def _manner(prepared: Prepared, directory: RunDirectory, stopping: Callable[[], bool]) -> Manner:
    product, options = prepared.fleet.product, prepared.options
    return Manner(
        run_id=directory.run_id,
        until=_UNTIL[prepared.verb],
        test=options.test or product.test,
        save=options.save or product.save,
        save_others=options.save_others,
        keep=options.keep,
        deadlines=Deadlines(product.burst_seconds, product.host_seconds),
        connect_attempts=product.connect_attempts,
        stopping=stopping,
        remember=partial(_remember, directory, prepared.owed),
        orders=prepared.orders,
        journeys=options.journeys,
        pause=_PAUSE_SECONDS,
        jot=partial(_jot, directory, prepared.owed),
        redact=prepared.fleet.redactor().redact,
        identities=Identities(),
        may_diagnose=Once().first,
    )


def _remember(directory: RunDirectory, owed: Ledger, host: str, before: Observed, steps: Sequence[Step]) -> None:
    directory.keep_before(host, before, steps, _now())
    owed.changing(host, directory.path)


def _jot(directory: RunDirectory, owed: Ledger, event: str, host: str, words: Sequence[str]) -> None:
    directory.log(event, _now(), host=host, **({"debugs": list(words)} if event == "host-debugging" else {}))
    if event == "host-debugging":
        owed.debugging(host, words)


def _leave(_: str) -> None:
    """Who only looks settles nothing."""


class Once:
    """Says yes to the first who asks in a name; any thread may ask."""

    def __init__(self) -> None:
        self._named: set[str] = set()
        self._lock = threading.Lock()

    def first(self, name: str) -> bool:
        """Whether nobody has asked in this name before."""
        with self._lock:
            new = name not in self._named
            self._named.add(name)
        return new


def _runner(fleet: Fleet, workers: int | None) -> FleetRunner:
    """Ours, even where config.yaml names Nornir's threaded one: the stop rules depend on it."""
    theirs = fleet.nornir.runner
    if isinstance(theirs, FleetRunner):
        return theirs.with_workers(workers or theirs.num_workers)
    return FleetRunner(workers or int(getattr(theirs, "num_workers", fleet.product.workers)))


def _gates(wishes: Iterable[Order]) -> dict[str, Gate]:
    """One gate for each provider, shared by all its routers."""
    providers = {order.provider.name: order.provider for order in wishes}
    return {name: Gate(provider.limits) for name, provider in providers.items()}


def _now() -> datetime:
    return datetime.now(timezone.utc)
