"""An earlier run, read back from its journal: the truth also after kill -9."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailtrust.errors import UsageError
from mailtrust.kept import Kept, KeptError, from_mapping
from mailtrust.model import HostOutcome
from mailtrust.report.model import STATES
from mailtrust.report.run_json import host_from_mapping
from mailtrust.settings import Product
from runbooks.run_directory import JOURNAL, before_file
from runbooks.yaml_file import read_yaml

_WELL = frozenset({"unchanged", "changed"})
_ENDED = frozenset({*_WELL, "failed", "unreachable"})


@dataclass(frozen=True)
class Earlier:
    """Which hosts that run had selected, what became of each that ended, which it had begun, and begun to change."""

    path: Path
    hosts: Sequence[str]
    outcomes: Mapping[str, HostOutcome]
    changing: Sequence[str]
    """Without those that were undone at once: what they hold since is some other run's."""
    started: Collection[str]

    def finished(self, *, failed_too: bool) -> Mapping[str, HostOutcome]:
        """The hosts that a resumed run leaves alone; ``failed_too`` does the failed and unreachable ones again."""
        ends = _WELL if failed_too else _ENDED
        return {name: outcome for name, outcome in self.outcomes.items() if outcome.state in ends}

    def in_state(self, state: str) -> tuple[str, ...]:
        """The hosts that ended in this state; whoever was begun and never ended was interrupted."""
        return tuple(name for name in self.hosts if self._state(name) == state)

    def kept(self, host: str, unseal: Callable[[str], str] | None) -> Kept:
        """How the host was before that run touched it; raises UsageError when the file cannot be used."""
        path = before_file(self.path, host)
        try:
            return from_mapping(json.loads(path.read_text(encoding="utf-8")), unseal)
        except (OSError, ValueError, KeptError) as error:
            raise UsageError(f"{path}: {error}") from error

    def _state(self, name: str) -> str:
        outcome = self.outcomes.get(name)
        if outcome is None:
            return "interrupted" if name in self.started else "skipped"
        return outcome.state


def runs_folder(config: Path) -> Path:
    """Where the runs of this fleet are, so far as config.yaml can be understood; it is judged elsewhere."""
    data, _ = read_yaml(config)
    for key in ("user_defined", "mailtrust", "runs"):
        data = data.get(key) if isinstance(data, dict) else None
    return config.resolve().parent / (data if isinstance(data, str) else Product().runs)


def read_run(runs: Path, name: str, verb: str = "*") -> Earlier:
    """The run of that name: a path, the name of a directory in ``runs`` or the end of one, or ``last``.

    ``last`` is the latest one of this verb, or of any.

    Raises UsageError when there is none, or when it has no journal.
    """
    path = _find(runs, name, verb)
    events = _events(path / JOURNAL)
    hosts: Sequence[str] = ()
    outcomes: dict[str, HostOutcome] = {}
    changing: dict[str, None] = {}
    started: set[str] = set()
    for event in events:
        match event["event"]:
            case "run-started":
                hosts = event["selected"]
            case "host-finished" | "host-carried" | "mail-arrived":
                outcomes[event["host"]] = host_from_mapping(event["outcome"])
            case "host-started":
                started.add(event["host"])
            case "host-changing":
                changing[event["host"]] = None
    undone = {name for name, outcome in outcomes.items() if any(each.code == "MT421" for each in outcome.findings)}
    return Earlier(path, hosts, outcomes, tuple(name for name in changing if name not in undone), started)


def spelled_out(limit: Sequence[str], runs: Path) -> tuple[str, ...]:
    """``@RUN:STATE`` (also negated) stands for the hosts that ended an earlier run in that state."""
    spelled: list[str] = []
    for expression in limit:
        bare = expression.removeprefix("!")
        run, _, state = bare[1:].rpartition(":")
        if not (bare.startswith("@") and run and state in STATES):
            spelled.append(expression)
            continue
        names = read_run(runs, run).in_state(state)
        if not names:
            raise UsageError(f"--limit {expression}: no host of that run is {state}")
        spelled += [("!" if expression.startswith("!") else "") + name for name in names]
    return tuple(spelled)


def _find(runs: Path, name: str, verb: str) -> Path:
    if (Path(name) / JOURNAL).is_file():
        return Path(name)
    if name == "last":
        found = sorted((path.parent for path in runs.glob(f"*-{verb}-*/{JOURNAL}")), key=_begun)[-1:]
    else:
        found = [path.parent for path in runs.glob(f"*/{JOURNAL}") if path.parent.name.endswith(name)]
    if len(found) != 1:
        raise UsageError(f"{name}: {'no run' if not found else 'more than one run'} of that name in {runs}")
    return found[0]


def _begun(run: Path) -> str:
    """When the run began, to the millisecond: the names of two runs may hold the same second."""
    with (run / JOURNAL).open(encoding="utf-8") as journal:
        return journal.readline()[: len('{"time": "2024-05-01T12:00:00.000')] or run.name


def _events(journal: Path) -> list[dict[str, Any]]:
    """The events in order; a last line that was cut by a crash does not count."""
    events = []
    lines = journal.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines, 1):
        try:
            if line:
                events.append(json.loads(line))
        except ValueError as error:
            if number < len(lines):
                raise UsageError(f"{journal}:{number}: is not a line of a journal") from error
    return events
