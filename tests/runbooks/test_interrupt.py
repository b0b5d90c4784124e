"""Ctrl-C and SIGTERM: once ends the run well, twice ends it at once; the journal tells the truth in both cases."""

from __future__ import annotations

import json
import signal
import subprocess
from contextlib import suppress

import pytest

from lab.personality import Faults
from tests.support.runs import NAP, Fresh, Started, fresh, started
from tests.support.world import Wish, edited, router

NAMES = tuple(f"r{number}" for number in range(8))
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(scope="module")
def slow(worlds) -> Fresh:
    """Routers that are far away: a rollout of one takes seconds."""
    return fresh(worlds([router(name, faults=Faults(rtt=0.25)) for name in NAMES]))


@pytest.fixture(scope="module")
def mute(worlds) -> Fresh:
    """Two routers that fall silent in mid-paste; they are waited for patiently."""
    make = {"faults": Faults(at="mid-paste", act="hang")}
    specs = [router(name, **(make if name in ("r0", "r1") else {})) for name in NAMES]
    return fresh(worlds(specs, Wish(product={"burst_seconds": 100})))


@pytest.mark.parametrize("which", SIGNALS)
def test_once_ends_the_run_well(slow, which):
    """Exit code 130; who was in flight is finished and saved, the others are skipped; report and journal are whole."""
    slow.reset()
    before = slow.world.configured()
    with started(slow.world, "rollout", "--workers", 2) as run:
        run.until("host-finished", 2)
        run.until("host-started", 3)
        run.process.send_signal(which)
        code, errors = run.ended()
    report = json.loads((run.directory / "run.json").read_text(encoding="utf-8"))
    states = {host["name"]: host["state"] for host in report["hosts"]}
    begun = [line["host"] for line in run.events() if line["event"] == "host-started"]
    assert (code, report["exit_code"], report["stopped"]) == (130, 130, "interrupted")
    assert list(states) == list(NAMES)
    assert 2 < len(begun) < len(NAMES)
    assert {states[name] for name in NAMES if name not in begun} == {"skipped"}
    assert {states[name] for name in begun} <= {"changed", "interrupted"}
    after = slow.world.configured()
    for name in NAMES:
        assert (after[name] == before[name]) is (states[name] != "changed"), name
    events = [line["event"] for line in run.events()]
    assert (events.count("run-stopping"), events[-1]) == (1, "run-finished")
    assert sorted(line["host"] for line in run.events() if line["event"] == "host-finished") == sorted(begun)
    assert "no further host is begun" in errors


def hanging(run: Started, *names: str) -> None:
    """Wait until these routers have fallen silent."""
    while not all(run.world.core(name).strikes for name in names):
        run.until("host-started", len(names))
        with suppress(subprocess.TimeoutExpired):
            run.process.wait(timeout=NAP)


@pytest.mark.parametrize("which", SIGNALS)
def test_twice_ends_it_at_once(mute, which):
    """Exit code 130 though routers are still waited for; the journal says who was in flight, and a resume does the rest."""
    mute.reset()
    with started(mute.world, "rollout", "--workers", 2) as run:
        run.until("host-changing", 2)
        hanging(run, "r0", "r1")
        run.process.send_signal(which)
        run.until("run-stopping")
        run.process.send_signal(which)
        code, _ = run.ended()
    events = [line["event"] for line in run.events()]
    assert (code, events[-1], "host-finished" in events) == (130, "run-aborted", False)
    assert not (run.directory / "run.json").exists()
    assert sorted(mute.go("plan", "@last:interrupted").hosts) == ["r0", "r1"]
    told = mute.go("rollout", resume=run.directory.name)
    assert (told.code, told.states()) == (0, dict.fromkeys(NAMES, "changed"))
    assert {name: told.codes(name) for name in NAMES if told.codes(name)} == {"r0": ["MT438"], "r1": ["MT438"]}


def test_the_pause_between_waves_can_be_interrupted(mute):
    """A soak of an hour ends with the signal, and the next wave is not begun."""
    mute.reset()
    with started(mute.world, "rollout", "--waves", "1,rest", "--soak", 3600, "--limit", "r[23456]") as run:
        run.until("host-finished")
        run.process.send_signal(signal.SIGINT)
        code, _ = run.ended()
    report = json.loads((run.directory / "run.json").read_text(encoding="utf-8"))
    assert (code, [host["state"] for host in report["hosts"]]) == (130, ["changed", *["skipped"] * 4])


def test_a_slow_pace_does_not_hold_up_the_end(mute):
    """Hosts that wait for their turn to connect hear of it: ten minutes between two logins end at once."""
    mute.reset()
    with edited(mute.world.config) as config:
        config["runner"] = {"plugin": "mailtrust", "options": {"num_workers": 5, "connects_per_second": 1 / 600}}
    with started(mute.world, "rollout", "--limit", "r[23456]") as run:
        run.until("host-finished")
        run.process.send_signal(signal.SIGTERM)
        code, _ = run.ended()
    with edited(mute.world.config) as config:
        config["runner"] = {"plugin": "threaded"}
    begun = [line["host"] for line in run.events() if line["event"] == "host-started"]
    assert (code, begun) == (130, ["r2"])
