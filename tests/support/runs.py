"""Whole runs within this process, over routers that become as new between them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from os import environ
from pathlib import Path
from typing import Any

from lab.fleet import configure
from mailtrust.model import HostOutcome
from runbooks.options import Options
from runbooks.run import Prepared, Run, run
from tests.support.world import LONGEST_RUN, ROOT, World

NAP = 0.01


@dataclass(frozen=True)
class Told:
    """A run, and what was announced before it."""

    done: Run
    announcement: str

    @property
    def name(self) -> str:
        return self.done.directory.path.name

    @property
    def path(self) -> Path:
        return self.done.directory.path

    @property
    def code(self) -> int:
        return self.done.report.exit_code

    @property
    def stopped(self) -> str | None:
        return self.done.report.stopped

    @property
    def hosts(self) -> Mapping[str, HostOutcome]:
        return {host.name: host for host in self.done.report.hosts}

    def states(self) -> dict[str, str]:
        return {name: host.state for name, host in self.hosts.items()}

    def codes(self, name: str) -> list[str]:
        return [found.code for found in self.hosts[name].findings]

    def journal(self) -> list[dict[str, Any]]:
        return journal(self.path)

    def hosts_of(self, event: str) -> list[str]:
        return [line["host"] for line in self.journal() if line["event"] == event]


@dataclass(frozen=True)
class Fresh:
    """A world whose routers know how they were in the beginning."""

    world: World
    beginning: Mapping[str, Any] = field(default_factory=dict)

    def go(self, verb: str, *limit: str, **options: Any) -> Told:
        heard: list[Prepared] = []
        done = run(verb, Options(config=self.world.config, limit=limit, **options), heard.append)
        return Told(done, heard[0].announcement)

    def reset(self) -> None:
        async def back() -> None:
            for name, startup in self.beginning.items():
                core = self.world.core(name)
                core.startup = startup.snapshot()
                core.strikes = 0
                core.saved = core.save_tried = False
                core.reload()

        self.world.fleet.call(back())

    def type(self, name: str, *lines: str) -> None:
        """Somebody configures a router, and does not save."""
        self.world.fleet.call(configure(self.world.core(name), lines))


def fresh(world: World) -> Fresh:
    return Fresh(world, {name: world.core(name).startup.snapshot() for name in world.fleet.routers})


def journal(directory: Path) -> list[dict[str, Any]]:
    """What a journal holds, perhaps while it is written."""
    file = directory / "journal.jsonl"
    lines = file.read_text(encoding="utf-8").split("\n") if file.exists() else []
    return [json.loads(line) for line in lines[:-1]]


@dataclass
class Started:
    """The command in a process of its own, still running; its run directory comes with its first event."""

    world: World
    process: subprocess.Popen[str]
    known: set[Path]

    @cached_property
    def directory(self) -> Path:
        (new,) = self.world.runs() - self.known
        return new

    def events(self) -> list[dict[str, Any]]:
        begun = "directory" in self.__dict__ or self.world.runs() - self.known
        return journal(self.directory) if begun else []

    def until(self, event: str, count: int = 1) -> None:
        """Wait until the journal holds so many of these events."""
        while sum(line["event"] == event for line in self.events()) < count:
            assert self.process.poll() is None, self.process.communicate()
            try:
                self.process.wait(timeout=NAP)
            except subprocess.TimeoutExpired:
                continue

    def ended(self) -> tuple[int, str]:
        """Exit code and standard error."""
        _, errors = self.process.communicate(timeout=LONGEST_RUN)
        return self.process.returncode, errors


@contextmanager
def started(world: World, *words: object) -> Iterator[Started]:
    """``mailtrust WORDS --config ...`` in the background; killed when the block is left."""
    process = subprocess.Popen(
        [sys.executable, "-m", "runbooks", *map(str, words), "--config", str(world.config)],
        cwd=world.directory,
        env={**environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Started(world, process, world.runs())
        finally:
            process.kill()
