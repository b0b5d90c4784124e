"""What a person sees while a run lasts: a bar on a terminal, one plain line for each host elsewhere."""

from __future__ import annotations

from collections import Counter
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from mailtrust.model import HostOutcome

_STYLES = {"changed": "green", "unchanged": "green", "planned": "cyan", "failed": "red", "unreachable": "yellow"}


class Watcher(Protocol):
    """Hears of each host as it finishes; used as a context manager around the run."""

    def __enter__(self) -> Watcher: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def finished(self, outcome: HostOutcome) -> None: ...


class Silent:
    """For scripts and for ``--output json``."""

    def __enter__(self) -> Silent:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def finished(self, outcome: HostOutcome) -> None:
        """Nothing is said."""


class PlainLines:
    """One line for each host, for logs and pipes."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._done = 0

    def __enter__(self) -> PlainLines:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def finished(self, outcome: HostOutcome) -> None:
        self._done += 1
        cause = next((f"  {each.code} {each.text}" for each in outcome.findings if each.severity == "error"), "")
        line = f"[{self._done}/{self._total}] {outcome.name}: {outcome.state} in {outcome.seconds:.1f} s{cause}"
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class Bar:
    """Hosts done, changed and failed, the rate and the time left."""

    def __init__(self, console: Console, total: int, verb: str) -> None:
        self._counts: Counter[str] = Counter()
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[counts]}"),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task(verb, total=total, counts="", rate="")

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def finished(self, outcome: HostOutcome) -> None:
        self._counts[outcome.state] += 1
        counts = " ".join(f"[{_STYLES.get(state, 'white')}]{state} {count}[/]" for state, count in self._counts.items())
        speed = self._progress.tasks[0].speed
        rate = "" if speed is None else f"{speed:.1f}/s"
        self._progress.update(self._task, advance=1, counts=counts, rate=rate)


def watcher(console: Console, verb: str, total: int) -> Watcher:
    """The bar where it can be drawn, plain lines where it cannot."""
    return Bar(console, total, verb) if console.is_terminal else PlainLines(console, total)
