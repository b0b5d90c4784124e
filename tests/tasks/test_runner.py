"""The runner: who is started, when, and who is not."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from nornir.core.inventory import Group, Host, ParentGroups
from nornir.core.plugins.runners import RunnersPluginRegister
from nornir.core.processor import Processors
from nornir.core.task import Result, Task

from tasks.runner import FleetRunner

LONG = 30


def hosts(count: int, *groups: str) -> list[Host]:
    return [Host(f"h{number}", groups=ParentGroups([Group(name) for name in groups])) for number in range(count)]


def task(work) -> Task:
    return Task(work, nornir=None, global_dry_run=False, processors=Processors([]), name="t")


def done(task: Task) -> Result:
    return Result(host=task.host)


def test_it_is_found_by_its_name():
    """``runner: {plugin: mailtrust}`` in config.yaml means this one."""
    RunnersPluginRegister.auto_register()
    assert RunnersPluginRegister.get_plugin("mailtrust") is FleetRunner


@pytest.mark.parametrize("workers", [1, 3, 100])
def test_every_host_once(workers):
    """Whatever the number of workers; the results are keyed by host."""
    seen: Counter[str] = Counter()
    names = hosts(40)
    result = FleetRunner(workers).run(task(lambda task: seen.update([task.host.name]) or done(task)), names)
    assert seen == Counter(host.name for host in names)
    assert set(result) == set(seen)


def test_nobody_is_started_once_it_stops():
    """It is asked before each host; who was not started is not in the result."""
    started: list[str] = []
    runner = FleetRunner(1).stopped_by(lambda: len(started) >= 3)
    result = runner.run(task(lambda task: started.append(task.host.name) or done(task)), hosts(10))
    assert list(result) == started == ["h0", "h1", "h2"]


def test_caps_hold_for_groups():
    """Never more of a capped group at a time; others pass them by; everybody comes."""
    busy: Counter[str] = Counter()
    most: Counter[str] = Counter()
    lock = threading.Lock()
    capped, free = hosts(12, "branch", "all"), [Host(f"f{number}") for number in range(6)]
    both = threading.Barrier(2)

    def work(task: Task) -> Result:
        kind = task.host.name[0]
        with lock:
            busy[kind] += 1
            most[kind] = max(most[kind], busy[kind])
        if kind == "h":
            both.wait(LONG)  # proves that two are at work together
        with lock:
            busy[kind] -= 1
        return done(task)

    result = FleetRunner(10, caps={"branch": 2}).run(task(work), [*capped, *free])
    assert len(result) == 18
    assert most["h"] == 2


def test_a_cap_of_nobody_is_refused():
    """It would wait for ever."""
    with pytest.raises(ValueError, match="caps"):
        FleetRunner(caps={"branch": 0})


def test_one_hosts_surprise_is_its_own():
    """A task that raises fails its host; the others are done."""

    def work(task: Task) -> Result:
        if task.host.name == "h1":
            raise RuntimeError("surprise")
        return done(task)

    result = FleetRunner(2).run(task(work), hosts(5))
    assert {name for name, each in result.items() if each.failed} == {"h1"}
    assert len(result) == 5
