"""What runs owe: hosts that were changed, or on which something was switched on, and of which nobody knows the end.

An entry is on the disk before the first line that changes something is typed, and goes when the host has been proven,
or was seen to be as it had been before. So the next run knows after kill -9, a lost line or ``--keep`` what the last
proven state was, whichever verb and options it has. It lies where config.yaml says: ``--runs`` is no way around it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from mailtrust.errors import UsageError
from mailtrust.findings import finding
from mailtrust.kept import Kept, KeptError, from_mapping
from runbooks.run_directory import before_file, file_name, write_whole
from tasks.order import Order

SCHEMA = "mailtrust.unproven/1"


@dataclass(frozen=True, slots=True)
class Debt:
    """``run`` is the directory of the run that began to change the host; None for one that only debugs."""

    run: Path | None
    debugs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ledger:
    """One file for each host."""

    folder: Path

    def changing(self, host: str, run: Path) -> None:
        """A run begins to change the host; raises OSError when that cannot be written down."""
        self._write(host, replace(self.read(host) or Debt(None), run=run))

    def debugging(self, host: str, debugs: Sequence[str]) -> None:
        """These debugs will be on from now, or none."""
        debt = replace(self.read(host) or Debt(None), debugs=tuple(debugs))
        if debt == Debt(None):
            self._file(host).unlink(missing_ok=True)
        else:
            self._write(host, debt)

    def settled(self, host: str) -> None:
        """The host has been proven, or is as it was before: debugs alone may still be owed to it."""
        debt = self.read(host)
        if debt is None or not debt.debugs:
            self._file(host).unlink(missing_ok=True)
        else:
            self._write(host, replace(debt, run=None))

    def read(self, host: str) -> Debt | None:
        """What is owed; raises UsageError for a file that cannot be understood."""
        try:
            data = json.loads(self._file(host).read_text(encoding="utf-8"))
            run = None if data["run"] is None else self.folder.parent / data["run"]
            return Debt(run, tuple(map(str, data["debugs"])))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            why = type(error).__name__
            raise UsageError(f"{self._file(host)}: cannot be read ({why}); look at it by hand") from error

    def _write(self, host: str, debt: Debt) -> None:
        run = None if debt.run is None else self._told(debt.run.resolve())
        data = {"schema": SCHEMA, "host": host, "run": run, "debugs": list(debt.debugs)}
        write_whole(self._file(host), json.dumps(data) + "\n")

    def _told(self, run: Path) -> str:
        """A run beside the ledger by its name alone: a project that is moved takes both along."""
        return run.name if run.parent == self.folder.parent.resolve() else str(run)

    def _file(self, host: str) -> Path:
        return self.folder / f"{file_name(host)}.json"


def ledger(runs: Path) -> Ledger:
    """The ledger of a fleet, in its own folder of runs."""
    return Ledger(runs / "unproven")


def with_debts(orders: Mapping[str, Order], owed: Ledger, unseal: Callable[[str], str] | None) -> Mapping[str, Order]:
    """The orders with what earlier runs left behind on each host; one bad file is one host's finding."""
    return {name: _with_debt(name, order, owed, unseal) for name, order in orders.items()}


def _with_debt(name: str, order: Order, owed: Ledger, unseal: Callable[[str], str] | None) -> Order:
    try:
        debt = owed.read(name)
        if debt is None:
            return order
        order = replace(order, debugs=debt.debugs)  # whatever becomes of the rest
        return order if debt.run is None else replace(order, origin=_kept(debt.run, name, unseal))
    except UsageError as error:
        return replace(order, findings=(*order.findings, finding("MT440", str(error))))


def _kept(run: Path, name: str, unseal: Callable[[str], str] | None) -> Kept:
    path = before_file(run, name)
    try:
        return from_mapping(json.loads(path.read_text(encoding="utf-8")), unseal)
    except (OSError, ValueError, KeptError) as error:
        raise UsageError(f"{path}: {error}") from error


def settle_quietly(owed: Ledger, host: str) -> None:
    """At the end of a host: an entry that stays costs the next run a look, and nothing else."""
    with suppress(OSError, UsageError):
        owed.settled(host)
