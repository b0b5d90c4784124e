"""``mailtrust check``: every file and every host's wish, before any router is touched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

from mailtrust.errors import InventoryError
from mailtrust.model import HostOutcome
from mailtrust.redact import Redactor
from mailtrust.report.model import Report
from mailtrust.secret import Secret
from runbooks.fleet import open_fleet, orders, read_trust


@dataclass(frozen=True)
class Check:
    """The report, one outcome for each host (``failed`` or ``unchanged``), and what can only be told later."""

    report: Report
    unresolved: Sequence[str]
    """References that cannot be resolved here and now: verbs that connect will stop at them."""
    unused: Sequence[str]
    """Providers and applets that no selected host uses."""
    redactor: Redactor


def check(config: Path, limit: Sequence[str] = ()) -> Check:
    """Read everything and lint every host's wish; raises InventoryError for what cannot be read at all."""
    started = datetime.now(timezone.utc)
    fleet = open_fleet(config, limit=limit)
    unresolved: dict[str, None] = {}
    wishes = orders(fleet, now=started, resolve=_leniently(fleet.vault.resolve, unresolved))
    for provider in fleet.providers.values():
        read_trust(fleet, provider, started)
    used = {order.provider.name for order in wishes.values()}
    called = {name for order in wishes.values() for name in order.account.applets}
    outcomes = tuple(
        HostOutcome(
            name=name,
            state="failed" if any(each.severity == "error" for each in order.findings) else "unchanged",
            seconds=0.0,
            round_trips=0,
            saved=False,
            steps=(),
            mail=None,
            findings=order.findings,
        )
        for name, order in wishes.items()
    )
    report = Report("check", "check", version("mailtrust"), started, datetime.now(timezone.utc), outcomes)
    unused = [f"provider {name}" for name in fleet.providers if name not in used]
    unused += [f"applet {name}" for name in fleet.applets if name not in called]
    return Check(report, tuple(unresolved), unused, fleet.redactor())


def _leniently(resolve: Callable[[str], Secret], unresolved: dict[str, None]) -> Callable[[str], Secret]:
    """What is not there yet (an environment variable of another machine) is noted, and nothing is made of it."""

    def attempt(reference: str) -> Secret:
        try:
            return resolve(reference)
        except InventoryError as error:
            unresolved[str(error)] = None
            return Secret("")

    return attempt
