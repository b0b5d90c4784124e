"""Bad lines: at every point of the dialogue the router hangs up or falls silent, drips, chatters or scrolls."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import pytest

from lab.authority import Authority
from lab.fleet import applet_lines, trustpoint_lines
from lab.personality import Faults
from tests.support.world import Ran, Wish, World, Worlds, blocks, emulated, router

POINTS = ("configure", "before-paste", "mid-paste", "after-paste", "run", "write-memory")
STRUCK = {f"{act}-{at}": Faults(at=at, act=act) for act, at in product(("drop", "hang"), POINTS)}
ODD = {
    "drips": Faults(drip=0.002),
    "noisy": Faults(noise=True),
    "noisy-and-narrow": Faults(noise=True, width=60),
    "narrow": Faults(width=24),
    "far-away": Faults(rtt=0.1),
    "dripping-noise": Faults(noise=True, drip=0.002),
}
FOREIGN = applet_lines("Somebodys", "event none", 'action 1.0 syslog msg "untouched"')


@dataclass(frozen=True)
class Story:
    world: World
    before: dict[str, str]
    first: Ran
    after_first: dict[str, str]
    second: Ran
    third: Ran
    after_third: dict[str, str]


@pytest.fixture(scope="module")
def story(authority: Authority, worlds: Worlds) -> Story:
    corporate = trustpoint_lines("Corporate", emulated(authority.chain("unknown issuer").anchor))
    specs = [router(name, *corporate, *FOREIGN, faults=faults) for name, faults in {**STRUCK, **ODD}.items()]
    specs.append(router("refuses-login", *corporate, *FOREIGN, faults=Faults(refuse_login=True)))
    here = worlds(specs, Wish(product={"burst_seconds": 2, "host_seconds": 8}))
    before = here.configured()
    first = here.run("rollout")
    after_first = here.configured()
    second, third = here.run("rollout"), here.run("rollout")
    return Story(here, before, first, after_first, second, third, here.configured())


@pytest.mark.parametrize("name", STRUCK)
def test_a_lost_router_has_failed_with_the_cause(story: Story, name: str) -> None:
    """A connection that is cut is MT405, a router that falls silent MT404; nothing is called our own fault."""
    assert story.first.states()[name] == "failed"
    assert story.first.errors(name) == ["MT405" if name.startswith("drop") else "MT404"]


@pytest.mark.parametrize("name", STRUCK)
def test_the_deadline_of_a_host_holds(story: Story, name: str) -> None:
    """However a router hangs, the work on it ends about when its time is over."""
    assert story.first.hosts[name]["seconds"] < 8 + 8


@pytest.mark.parametrize("name", STRUCK)
def test_what_was_done_is_told_and_what_was_not(story: Story, name: str) -> None:
    """One step is the failed one, unless all had been done and were undone; after it nothing was begun or saved."""
    host = story.first.hosts[name]
    states = [step["state"] for step in host["steps"]]
    at = states.index("failed") if "failed" in states else len(states)
    assert set(states[:at]) <= ({"done", "undone"} if at < len(states) else {"undone"})
    assert set(states[at + 1 :]) <= {"planned"}
    assert host["saved"] is False


@pytest.mark.parametrize("name", STRUCK)
def test_running_again_heals(story: Story, name: str) -> None:
    """The next rollout finds what is there, whatever state it is in, and the one after it has nothing to do."""
    assert story.second.states()[name] in {"changed", "unchanged"}
    assert story.third.states()[name] == "unchanged"
    shown = story.world.shows(name)
    assert shown.count("crypto pki trustpoint CA-Lab-") == shown.count("crypto pki certificate chain CA-Lab-") == 3
    assert shown.count("certificate ca ") == 4


@pytest.mark.parametrize("name", ODD)
def test_an_odd_line_is_no_obstacle(story: Story, name: str) -> None:
    """Slow, chatty, narrow or far away: the router is changed, mailed, saved, and unchanged from then on."""
    assert [ran.states()[name] for ran in (story.first, story.second, story.third)] == [
        "changed",
        "unchanged",
        "unchanged",
    ]
    assert story.first.hosts[name]["round_trips"] <= 8


def test_a_refused_login(story: Story) -> None:
    """Nothing is typed; the finding says what to check, and never repeats the password."""
    assert (story.first.states()["refuses-login"], story.first.errors("refuses-login")) == ("failed", ["MT402"])
    assert story.first.hosts["refuses-login"]["steps"] == []
    assert story.after_first["refuses-login"] == story.before["refuses-login"]


@pytest.mark.parametrize("name", [*STRUCK, *ODD])
def test_nothing_foreign_is_touched(story: Story, name: str) -> None:
    """Somebody's trustpoint, certificate and applet stand there after every fault as before."""
    foreign = [block for block in blocks(story.before[name]) if block != "!"]
    for text in (story.after_first[name], story.after_third[name]):
        assert [block for block in foreign if block not in blocks(text)] == []


def test_a_fault_of_one_leaves_the_others_alone(story: Story) -> None:
    """Each host is in the report once; those that do not fail are not held up by those that hang."""
    assert [host["name"] for host in story.first.report["hosts"]] == list(story.world.fleet.routers)
    assert max(story.first.hosts[name]["seconds"] for name in ODD) < min(
        story.first.hosts[name]["seconds"] for name in STRUCK if name == "hang-run"
    )
