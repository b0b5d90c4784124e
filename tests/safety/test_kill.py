"""kill -9 in the middle of a rollout, fifty times: what is resumed ends well, and what was finished is left alone."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.world import ROOT, Wish, World, router

pytestmark = pytest.mark.slow

SEED = 20240502
ROUTERS = 60
KILLS = 50
MOST_EVENTS = 45
"""A kill comes at most so many journal lines after a run has begun its own work."""
NAP = 0.002


def events(journal: Path) -> list[dict[str, Any]]:
    """What the journal holds; its last line may have been cut."""
    lines = journal.read_text(encoding="utf-8").split("\n") if journal.exists() else []
    return [json.loads(line) for line in lines[:-1]]


def imprint(world: World, name: str) -> tuple[object, ...]:
    """What no session can change without a trace: when it was configured, saved, and how many applets ran."""
    core = world.core(name)
    return core.changed, core.startup, len(core.history), core.buffer.logged


@dataclass
class Chase:
    """One fleet, converged again and again by runs that are killed."""

    world: World
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    kills: int = 0
    rounds: int = 0
    finished: dict[str, tuple[object, ...]] = field(default_factory=dict)
    """The imprint of each router when a run had finished with it."""

    def round(self) -> None:
        """Fresh routers, a rollout, and resumes until one of them comes through."""
        self._reset()
        self.finished.clear()
        last = self._run()
        while last is None:
            last = self._run("--resume", "last")
        self.rounds += 1
        self._judge(last)

    def _reset(self) -> None:
        async def back() -> None:
            for name in self.world.fleet.routers:
                core = self.world.core(name)
                core.startup = self.pristine[name].snapshot()
                core.reload()

        self.world.fleet.call(back())

    def __post_init__(self) -> None:
        self.pristine = {name: self.world.core(name).startup.snapshot() for name in self.world.fleet.routers}

    def _run(self, *words: str) -> Path | None:
        """The run directory of a run that came to its end; None when it was killed."""
        known = self.world.runs()
        process = subprocess.Popen(
            [sys.executable, "-m", "runbooks", "rollout", "--config", self.world.config, "--workers", "8", *words],
            cwd=self.world.directory,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        killed = self._kill(process, known) if self.kills < KILLS else False
        code = process.wait()
        (directory,) = self.world.runs() - known
        self._untouched(directory)
        if killed and code == -signal.SIGKILL:
            self.kills += 1
            return None
        assert code == 0, code
        return directory

    def _kill(self, process: subprocess.Popen[bytes], known: set[Path]) -> bool:
        """At a random line of the journal, and a random moment after it."""
        wanted = len(self.finished) + 1 + self.chance.randrange(MOST_EVENTS)
        late = self.chance.randrange(8)
        while process.poll() is None:
            new = self.world.runs() - known
            if new and len(events(new.copy().pop() / "journal.jsonl")) >= wanted:
                late -= 1
            if late < 0:
                process.kill()
                return True
            with_patience(process)
        return False

    def _untouched(self, directory: Path) -> None:
        """A router that an earlier run had finished bears no trace of this one."""
        begun = [event["host"] for event in events(directory / "journal.jsonl") if event["event"] == "host-started"]
        assert not set(begun) & set(self.finished)
        assert len(begun) == len(set(begun))
        for name, before in self.finished.items():
            assert imprint(self.world, name) == before, name
        for event in events(directory / "journal.jsonl"):
            if event["event"] == "host-finished" and event["outcome"]["state"] in {"changed", "unchanged"}:
                self.finished[event["host"]] = imprint(self.world, event["host"])

    def _judge(self, directory: Path) -> None:
        report = json.loads((directory / "run.json").read_text(encoding="utf-8"))
        assert [host["name"] for host in report["hosts"]] == list(self.world.fleet.routers)
        assert {host["state"] for host in report["hosts"]} <= {"changed", "unchanged"}
        assert all(host["saved"] for host in report["hosts"] if host["state"] == "changed")
        assert self.world.run("verify").states() == dict.fromkeys(self.world.fleet.routers, "unchanged")


def with_patience(process: subprocess.Popen[bytes]) -> None:
    """A moment, or until the process ends."""
    try:
        process.wait(timeout=NAP)
    except subprocess.TimeoutExpired:
        return


@pytest.fixture(scope="module")
def chase(worlds) -> Chase:
    specs = [router(f"r{number:02}") for number in range(ROUTERS)]
    return Chase(worlds(specs, Wish(product={"burst_seconds": 10, "host_seconds": 60})))


def test_whatever_is_killed_can_be_resumed(chase):
    """Fifty kills: every fleet converges, each host is reported once, no finished router is touched again."""
    while chase.kills < KILLS:
        chase.round()
    assert chase.kills == KILLS
    assert chase.rounds >= 2
