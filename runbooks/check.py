"""``mailtrust check``: every file and every host's wish before any router is touched; if told to, a look at each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from importlib.metadata import version
from pathlib import Path

from nornir.core.inventory import Host

from mailtrust.budget import budget
from mailtrust.errors import InventoryError
from mailtrust.findings import Finding, finding
from mailtrust.model import HostOutcome
from mailtrust.redact import Redactor
from mailtrust.report.model import Report
from mailtrust.secret import Secret
from mailtrust.waves import cut
from runbooks.arrival import inboxes
from runbooks.claims import doors, remarks
from runbooks.fleet import Fleet, Trust, open_fleet, order, trust_reader
from runbooks.inventory_lint import lint_inventory
from runbooks.references import Resolver
from tasks.addresses import addresses, written
from tasks.connection import Deadlines
from tasks.order import Order
from tasks.preconditions import preconditions


@dataclass(frozen=True)
class Check:
    """The report, one outcome for each host, and what is not about a single one."""

    report: Report
    unresolved: Sequence[str]
    """References that cannot be resolved here and now: verbs that connect will stop at them."""
    unused: Sequence[str]
    """Providers and applets that no selected host uses."""
    waves: Sequence[int]
    """How many hosts each wave of a rollout would have, as config.yaml says."""
    remarks: Sequence[Finding]
    """About the files: each text begins with file and line."""
    redactor: Redactor


def check(config: Path, limit: Sequence[str] = (), *, connect: bool = False, workers: int | None = None) -> Check:
    """Read everything and lint every host's wish; raises InventoryError for what cannot be read at all.

    With ``connect`` the hosts without errors are logged in to and looked at; then references must be resolvable.
    """
    started = datetime.now(timezone.utc)
    fleet = open_fleet(config, limit=limit, workers=workers)
    unresolved: dict[str, None] = {}
    references = fleet.vault if connect else _Lenient(fleet.vault, unresolved)
    trust = trust_reader(fleet, started)
    trusts = {provider.name: trust(provider) for provider in fleet.providers.values()}
    wishes: dict[str, Order] = {}
    # Without connect nobody is asked, a name server neither.
    findings = remarks(doors(fleet.hosts, addresses if connect else written))
    for name, host in fleet.hosts.items():
        fleet.known_files.trusted(host.get_connection_parameters("scrapli"))  # a file, not a host, may be at fault
        findings[name] += _login_gaps(host)
        try:
            wishes[name] = order(fleet, host, trust, references)
            findings[name] += wishes[name].findings
        except InventoryError as error:
            findings[name].append(finding("MT108", str(error)))
    inboxes(fleet, wishes, references.resolve)  # what a rollout will need
    outcomes = {name: _outcome(name, findings[name]) for name in fleet.hosts}
    if connect:
        outcomes |= _looked_at(fleet, wishes, outcomes)
    used = {wish.provider.name for wish in wishes.values()}
    return Check(
        report=Report(
            "check", "check", version("mailtrust"), started, datetime.now(timezone.utc), tuple(outcomes.values())
        ),
        unresolved=tuple(unresolved),
        unused=tuple(_unused(fleet, wishes.values(), used)),
        waves=_waves(fleet),
        remarks=(*lint_inventory(fleet.inventory_files, fleet.providers_file), *_of_unused(trusts, used)),
        redactor=fleet.redactor(),
    )


def _outcome(name: str, findings: Sequence[Finding]) -> HostOutcome:
    failed = any(each.severity == "error" for each in findings)
    return HostOutcome(
        name=name,
        state="failed" if failed else "unchanged",
        seconds=0.0,
        round_trips=0,
        saved=False,
        steps=(),
        mail=None,
        findings=tuple(findings),
    )


# --- single hosts --------------------------------------------------------------------------------------------------


def _login_gaps(host: Host) -> Iterator[Finding]:
    wanted = host.get_connection_parameters("scrapli")
    extras = wanted.extras or {}
    needed = {"hostname": wanted.hostname, "username": wanted.username}
    if not extras.get("auth_private_key") and extras.get("transport") != "system":  # OpenSSH may have an agent
        needed["password"] = wanted.password
    if missing := [key for key, value in needed.items() if not value]:
        yield finding("MT110", f"{' and '.join(missing)} not set at {host.name}, in its groups or in the defaults")
    if (key := extras.get("auth_private_key")) and not Path(str(key)).expanduser().is_file():
        yield finding("MT110", f"auth_private_key: there is no file {key}")


def _looked_at(
    fleet: Fleet, wishes: Mapping[str, Order], outcomes: Mapping[str, HostOutcome]
) -> dict[str, HostOutcome]:
    """The outcomes of the hosts that could be asked, with what was found before."""
    sound = fleet.nornir.filter(filter_func=lambda host: outcomes[host.name].state != "failed")
    deadlines = Deadlines(fleet.product.burst_seconds, fleet.product.host_seconds)
    result = sound.run(task=preconditions(wishes, deadlines), name="check", on_failed=True)
    looks: dict[str, HostOutcome] = {name: each[0].result for name, each in result.items()}
    return {name: replace(look, findings=(*outcomes[name].findings, *look.findings)) for name, look in looks.items()}


# --- the files -----------------------------------------------------------------------------------------------------


def _waves(fleet: Fleet) -> Sequence[int]:
    """Raises UsageError for waves or budgets that cannot be meant, or could never stop anything."""
    product, hosts = fleet.product, fleet.hosts
    budget(len(hosts), product.max_failed, product.max_unreachable, lenient=True)
    by = None if product.wave_by is None else partial(_value, hosts, product.wave_by)
    return [len(wave) for wave in cut(list(hosts), product.waves, by)]


def _value(hosts: Mapping[str, Host], key: str, name: str) -> object:
    return hosts[name].get(key)


def _unused(fleet: Fleet, wishes: Collection[Order], used: Collection[str]) -> Iterator[str]:
    called = {name for wish in wishes for name in wish.account.applets}
    yield from (f"provider {name}" for name in fleet.providers if name not in used)
    yield from (f"applet {name}" for name in fleet.applets if name not in called)


def _of_unused(trusts: Mapping[str, Trust], used: Collection[str]) -> Iterator[Finding]:
    """What there is to say about trust files of providers that no host uses; the others are told with their hosts."""
    for name, (_, findings) in trusts.items():
        if name not in used:
            yield from findings


@dataclass(frozen=True)
class _Lenient:
    """What is not there yet (an environment variable of another machine) is noted, and nothing is made of it."""

    references: Resolver
    unresolved: dict[str, None]

    def resolve(self, reference: str) -> Secret:
        try:
            return self.references.resolve(reference)
        except InventoryError as error:
            self.unresolved[str(error)] = None
            return Secret("")

    def name(self, reference: str) -> str:
        try:
            return self.references.name(reference)
        except InventoryError as error:
            self.unresolved[str(error)] = None
            return ""
