"""Bad lines: at every point of the dialogue the router hangs up or falls silent, drips, chatters or scrolls."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import pytest

from lab.authority import Authority
from lab.fleet import applet_lines, trustpoint_lines
from lab.personality import Faults, Message
from tests.support.world import APPLET, Ran, Wish, World, Worlds, blocks, emulated, router

POINTS = ("configure", "before-paste", "mid-paste", "after-paste", "run", "write-memory")
STRUCK = {f"{act}-{at}": (act, at) for act, at in product(("drop", "hang"), POINTS)}
PATIENT = ("hang-configure", "hang-run", "hang-write-memory")
"""Where a router may take long, and a silent one uses up all the time of the host: no second journey is left."""
ONCE = {f"once-{name}": Faults(at=at, act=act) for name, (act, at) in STRUCK.items() if name not in PATIENT}
AGAIN = {name: Faults(at=at, act=act, times=1 if name in PATIENT else 2) for name, (act, at) in STRUCK.items()}
SAVED = ("drop-write-memory", "hang-write-memory")
"""The mail had gone, and what was typed had been done."""
BEHIND = "*Jun  1 12:00:00.123: %SYS-5-CONFIG_I: Configured from console by somebody on vty1\n"
ODD = {
    "drips": {"faults": Faults(drip=0.002)},
    "noisy": {"faults": Faults(noise=True)},
    "noisy-and-narrow": {"faults": Faults(noise=True, width=60)},
    "narrow": {"faults": Faults(width=24)},
    "far-away": {"faults": Faults(rtt=0.1)},
    "dripping-noise": {"faults": Faults(noise=True, drip=0.002)},
    "slow-to-save": {"save_seconds": 2.5},
    "slow-to-answer": {"seconds_per_line": 0.05},
    "pages": {"deny": ("terminal length",)},
    "odd-prompt": {"lines": ("prompt [%h] %p",)},
    "no-mode-in-the-prompt": {"lines": ("no service prompt config",)},
    "banner-without-an-end": {"banner": "Keep out!"},
    "message-at-the-door": {"faults": Faults(messages=(Message("", BEHIND, same_line=True),))},
    "message-behind-a-save": {"faults": Faults(messages=(Message("write memory", BEHIND),))},
    "floor-2": {"hostname": "Floor.12(2.7)"},
}
BURST, HOST = 2, 12
FOREIGN = applet_lines("Somebodys", "event none", 'action 1.0 syslog msg "untouched"')


@dataclass(frozen=True)
class Story:
    """The same fleet, run after run: faults that strike once, and others that strike at the second journey as well."""

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
    lost = {name: {"faults": faults} for name, faults in {**ONCE, **AGAIN}.items()}
    lost["refuses-login"] = {"faults": Faults(refuse_login=True)}
    specs = []
    for name, habits in {**ODD, **lost}.items():
        lines = habits.get("lines", ())
        make = {word: habit for word, habit in habits.items() if word != "lines"}
        specs.append(router(name, *lines, *corporate, *FOREIGN, **make))
    here = worlds(specs, Wish(product={"burst_seconds": BURST, "host_seconds": HOST}))
    before = here.configured()
    first = here.run("rollout")
    after_first = here.configured()
    second, third = here.run("rollout"), here.run("rollout")
    return Story(here, before, first, after_first, second, third, here.configured())


def lost(name: str) -> str:
    """A connection that is cut is MT405, a router that falls silent MT404."""
    return "MT405" if "drop" in name else "MT404"


@pytest.mark.parametrize("name", ONCE)
def test_a_line_that_is_lost_once_is_opened_once_more(story: Story, name: str) -> None:
    """The work is begun again where it stands, proven and saved; MT435 says so, with what had been heard."""
    host = story.first.hosts[name]
    assert (host["state"], host["saved"], host["mail"]["sent"]) == ("changed", True, True)
    assert story.first.codes(name) == ["MT435"]
    assert {step["state"] for step in host["steps"]} == {"done"}
    assert ("the connection was lost" in host["findings"][0]["text"]) is (lost(name) == "MT405")
    assert [ran.states()[name] for ran in (story.second, story.third)] == ["unchanged", "unchanged"]


@pytest.mark.parametrize("name", AGAIN)
def test_a_router_that_is_lost_again_has_failed_with_the_cause(story: Story, name: str) -> None:
    """One note for the first time, one error for the last, and what became of the work; nothing is our own fault."""
    first = [] if name in PATIENT else ["MT435"]
    back = [] if name in SAVED or name.endswith("configure") else ["MT421"]
    assert story.first.states()[name] == "failed"
    assert story.first.codes(name) == [*first, lost(name), *back]


@pytest.mark.parametrize("name", AGAIN)
def test_a_router_that_is_lost_again_is_as_it_was(story: Story, name: str) -> None:
    """Byte for byte, running and saved; what a mail had proven before the save was lost is not taken back."""
    after = story.after_first[name]
    if name in SAVED:
        assert f"event manager applet {APPLET}" in after
        assert "mailtrust-test" not in after
        assert story.first.hosts[name]["mail"]["sent"]
    else:
        assert after == story.before[name]


@pytest.mark.parametrize("name", AGAIN)
def test_the_deadline_of_a_host_holds(story: Story, name: str) -> None:
    """However a router hangs, all journeys together, and the way back, end about when its time is over."""
    assert story.first.hosts[name]["seconds"] < 2 * HOST + HOST


@pytest.mark.parametrize("name", AGAIN)
def test_what_was_done_is_told_and_what_was_not(story: Story, name: str) -> None:
    """One step is the failed one, unless all had been done; after it nothing was begun or saved."""
    host = story.first.hosts[name]
    states = [step["state"] for step in host["steps"]]
    at = states.index("failed") if "failed" in states else len(states)
    assert set(states[:at]) <= ({"done"} if name in SAVED else {"undone"})
    assert set(states[at + 1 :]) <= {"planned"}
    assert host["saved"] is False


@pytest.mark.parametrize("name", AGAIN)
def test_running_again_heals(story: Story, name: str) -> None:
    """The next rollout finds what is there, whatever state it is in, and the one after it has nothing to do."""
    assert story.second.states()[name] == ("unchanged" if name in SAVED else "changed")
    assert story.third.states()[name] == "unchanged"
    shown = story.world.shows(name)
    assert shown.count("crypto pki trustpoint CA-Lab-") == shown.count("crypto pki certificate chain CA-Lab-") == 3
    assert shown.count("certificate ca ") == 4


@pytest.mark.parametrize("name", ODD)
def test_an_odd_line_is_no_obstacle(story: Story, name: str) -> None:
    """Slow, chatty, narrow, far away, oddly named or paging: changed, mailed, saved, and unchanged from then on."""
    assert [ran.states()[name] for ran in (story.first, story.second, story.third)] == [
        "changed",
        "unchanged",
        "unchanged",
    ]
    assert story.first.codes(name) == []


@pytest.mark.parametrize("name", [name for name in ODD if name not in {"pages", "message-behind-a-save"}])
def test_an_odd_line_costs_little(story: Story, name: str) -> None:
    """Three certificates and one applet: 19 waits, and one more for a banner or a message that hides the prompt.

    Two for each certificate, one for each mode that has to be seen, the rest for looking, asking what others have left
    unsaved, the mail, and saving.
    """
    assert story.first.hosts[name]["round_trips"] <= 20


def test_a_refused_login(story: Story) -> None:
    """Nothing is typed; the finding says what to check, and never repeats the password."""
    assert (story.first.states()["refuses-login"], story.first.errors("refuses-login")) == ("failed", ["MT402"])
    assert story.first.hosts["refuses-login"]["steps"] == []
    assert story.after_first["refuses-login"] == story.before["refuses-login"]


def test_nothing_foreign_is_touched(story: Story) -> None:
    """Somebody's trustpoint, certificate and applet stand there after every fault as before."""
    for name, before in story.before.items():
        foreign = [block for block in blocks(before) if block != "!"]
        for text in (story.after_first[name], story.after_third[name]):
            assert [block for block in foreign if block not in blocks(text)] == [], name


def test_a_fault_of_one_leaves_the_others_alone(story: Story) -> None:
    """Each host is in the report once; those that do not fail are not held up by those that hang."""
    assert [host["name"] for host in story.first.report["hosts"]] == list(story.world.fleet.routers)
    hanging = story.first.hosts["hang-run"]["seconds"]
    assert max(story.first.hosts[name]["seconds"] for name in ("drips", "narrow", "far-away")) < hanging


def test_the_user_may_want_one_journey(worlds: Worlds) -> None:
    """With ``--journeys 1`` a line that is lost once is the end of it: failed, and as it was."""
    here = worlds([router("r1", faults=Faults(at="after-paste"))])
    before = here.configured()
    ran = here.run("rollout", "--journeys", 1)
    assert (ran.states(), ran.codes("r1")) == ({"r1": "failed"}, ["MT405", "MT421"])
    assert here.configured() == before
