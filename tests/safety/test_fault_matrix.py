"""Two hundred routers, every fault at every point, whatever stands on them: nobody is lost, nothing foreign is touched."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle, product
from typing import Any

import pytest

from lab import cli
from lab.authority import Authority
from lab.fleet import Spec, applet_lines, trustpoint_lines, variable_lines
from lab.personality import Faults
from lab.session import Session
from tests.support.world import APPLET, LOGIN, PASSWORD, SENDER, SERVER, Ran, Wish, World, blocks, emulated, router

pytestmark = pytest.mark.slow

SEED = 20240501
FLEET = 200
OLD_PASSWORD = "0ld-F0reign+/=pw"
OURS = ("crypto pki trustpoint CA-Lab-", "crypto pki certificate chain CA-Lab-", "event manager environment _email_")
NEW = (*OURS, f"event manager applet {APPLET}\n")

LOST = {"drop": "MT405", "hang": "MT404"}
UNDONE_AT = ("configure", "before-paste", "mid-paste", "after-paste", "run")
BANNER = "\nAuthorized use only. Fake-Router#\nanother>\nbanner(config)#\n\n"
ODD_NAMES = (
    "a-very-long-name-of-a-router-in-the-cellar",
    "edge.example.net",
    "abcdefghij0123456789",
    "R",
    "under_score-1",
)


@dataclass(frozen=True)
class Fault:
    """What is wrong with a router, and what has to become of it."""

    make: dict[str, Any]
    state: str
    codes: frozenset[str]
    """Every finding of severity error."""
    kept: bool = False
    """A test mail has proven what was done, so that it stays although the router has failed."""


def fault(state: str, *codes: str, kept: bool = False, **make: Any) -> Fault:
    return Fault(make, state, frozenset(codes), kept)


FAULTS = {
    "healthy": fault("changed"),
    "refused-login": fault("failed", "MT402", faults=Faults(refuse_login=True)),
    **{
        f"{act}-{at}": fault("failed", code, faults=Faults(at=at, act=act))
        for act, code in LOST.items()
        for at in UNDONE_AT
    },
    **{
        f"{act}-write-memory": fault("failed", code, kept=True, faults=Faults(at="write-memory", act=act))
        for act, code in LOST.items()
    },
    "drop-whenever-configured": fault("failed", "MT405", faults=Faults(at="configure", times=99)),
    "drop-every-paste": fault("failed", "MT405", faults=Faults(at="mid-paste", times=99)),
    "slow-drip": fault("changed", faults=Faults(drip=0.001)),
    "too-slow-drip": fault("failed", "MT404", faults=Faults(drip=1.0)),
    "locked": fault("failed", "MT407", config_locked=True),
    "noise": fault("changed", faults=Faults(noise=True)),
    "noise-and-drop": fault("failed", "MT405", faults=Faults(noise=True, at="after-paste")),
    "narrow-and-noise": fault("changed", faults=Faults(noise=True, width=24)),
    "banner": fault("changed", banner=BANNER),
    "banner-and-hang": fault("failed", "MT404", banner=BANNER, faults=Faults(at="mid-paste", act="hang")),
    "asks-and-drop": fault("failed", "MT405", asks_even_with_fingerprint=True, faults=Faults(at="after-paste")),
    "demands-and-hang": fault("failed", "MT404", demands_fingerprint=True, faults=Faults(at="after-paste", act="hang")),
    "old-mail-action": fault("failed", "MT224", mail_tls=False),
    "save-busy": fault("failed", "MT414", kept=True, save="busy"),
    **{f"named-{name[:12]}": fault("changed", hostname=name) for name in ODD_NAMES},
}
UNREACHABLE = ("nobody-1", "nobody-2", "nobody-3", "nobody-4")


def backgrounds(authority: Authority) -> dict[str, tuple[str, ...]]:
    """What routers hold before: configuration of somebody, and of an older run."""
    legacy, root = emulated(authority.legacy.certificate), emulated(authority.root.certificate)
    corporate = trustpoint_lines("Corporate", legacy)
    server = f"{LOGIN}:{PASSWORD}@{SERVER}"
    mail = f'mail server "{{}}" to "noc@lab.example" from "{SENDER}" subject "old" body "b" port $smtp_port secure tls'
    backup = applet_lines("Backup", "event none", f"action 1.0 {mail.format(server)}")
    ours_of_old = applet_lines(
        APPLET, "description mailtrust 0badc0de", "event none", f"action 0010 {mail.format('$_email_server')}"
    )
    old = variable_lines({"_email_server": server, "_email_to": "old@lab.example"})
    stranger = variable_lines({"_x_server": f"bob:{OLD_PASSWORD}@old.example", "_site": "Zürich 7"})
    return {
        "empty": (),
        "foreign": (*trustpoint_lines("Somebodys", root, "enrollment terminal", "revocation-check crl"), *stranger),
        "sends": (*corporate, *backup, *stranger),
        "sends-by-ours": (*corporate, *old, *ours_of_old),
        "sends-by-both": (*corporate, *backup, *old, *ours_of_old, *stranger),
    }


SENDERS = {"sends": ["Backup"], "sends-by-ours": [APPLET], "sends-by-both": ["Backup", APPLET]}


@dataclass(frozen=True)
class One:
    """A router of the matrix."""

    spec: Spec
    fault: str
    background: str

    @property
    def name(self) -> str:
        return self.spec.name


def possible(lines: Iterable[str]) -> list[tuple[str, str]]:
    """Each fault over each background; a router whose mail action knows no TLS sends nothing."""
    return [pair for pair in product(FAULTS, lines) if not (pair[0] == "old-mail-action" and pair[1] in SENDERS)]


def matrix(authority: Authority) -> Iterator[One]:
    """Every fault over every background first, then at random, the same every time."""
    chance = random.Random(SEED)
    lines = backgrounds(authority)
    pairs = possible(lines)
    chance.shuffle(pairs)
    for number, (name, background) in zip(range(FLEET - len(UNREACHABLE)), cycle(pairs), strict=False):
        spec = router(f"r{number:03}", *lines[background], **FAULTS[name].make)
        yield One(spec, name, background)


@dataclass(frozen=True)
class Story:
    """The fleet before, after a rollout full of faults, and after another one."""

    world: World
    ones: dict[str, One]
    before: dict[str, str]
    sent_before: dict[str, list[str]]
    first: Ran
    after: dict[str, str]
    sent_after: dict[str, list[str]]
    second: Ran


def sending(world: World, wanted: dict[str, list[str]]) -> dict[str, list[str]]:
    """Which of these applets of each router send their mail, run on the router itself."""

    async def succeeds(name: str, applet: str) -> bool:
        core = world.core(name)
        await cli.enter(Session(core), f"event manager run {applet}")
        jobs = [job for job in core.history if job.applet == applet]
        return bool(jobs) and jobs[-1].status == "success"

    async def all_of_them() -> dict[str, list[str]]:
        pairs = [(name, applet) for name, applets in wanted.items() for applet in applets]
        results = await asyncio.gather(*(succeeds(*pair) for pair in pairs))
        found: dict[str, list[str]] = {name: [] for name in wanted}
        for (name, applet), went in zip(pairs, results, strict=True):
            found[name] += [applet] if went else []
        return found

    outcome: dict[str, list[str]] = world.fleet.call(all_of_them())
    return outcome


@pytest.fixture(scope="module")
def story(authority: Authority, worlds) -> Story:
    ones = {one.name: one for one in matrix(authority)}
    wish = Wish(unreachable=UNREACHABLE, product={"burst_seconds": 2, "host_seconds": 12})
    here = worlds([one.spec for one in ones.values()], wish)
    for name in ones:
        for config in (here.core(name).config, here.core(name).startup):
            config.environment["smtp_port"] = str(here.mail.port)
    wanted = {name: SENDERS.get(one.background, []) for name, one in ones.items()}
    before, sent_before = here.configured(), sending(here, wanted)
    first = here.run("rollout", "--workers", 60)
    after, sent_after = here.configured(), sending(here, wanted)
    second = here.run("rollout", "--workers", 60)
    return Story(here, ones, before, sent_before, first, after, sent_after, second)


def test_the_matrix_is_whole(story, authority):
    """Two hundred hosts; every fault meets every background at least once."""
    assert len(story.ones) + len(UNREACHABLE) == FLEET
    met = {(one.fault, one.background) for one in story.ones.values()}
    assert met == set(possible(backgrounds(authority)))


def test_every_host_is_in_the_report_once(story):
    """In the order of the inventory, in the journal as well, and the totals add up."""
    names = [*story.ones, *UNREACHABLE]
    assert [host["name"] for host in story.first.report["hosts"]] == names
    assert sum(story.first.report["totals"].values()) == FLEET == story.first.report["selected"]
    finished = [line["host"] for line in story.first.journal() if line["event"] == "host-finished"]
    assert sorted(finished) == sorted(names)


def test_state_and_code_are_right(story):
    """What the fault is decides what became of the router, whatever else stands on it; exit code 1."""
    told = {name: (story.first.states()[name], frozenset(story.first.errors(name))) for name in story.ones}
    right = {name: (FAULTS[one.fault].state, FAULTS[one.fault].codes) for name, one in story.ones.items()}
    wrong = {
        f"{name} {story.ones[name].fault} {story.ones[name].background}": told[name]
        for name in right
        if told[name] != right[name]
    }
    assert wrong == {}
    assert {(story.first.states()[name], *story.first.errors(name)) for name in UNREACHABLE} == {
        ("unreachable", "MT401")
    }
    assert story.first.code == 1


def test_nothing_foreign_is_touched(story):
    """Every block that is not ours is the same in running-config and startup-config, in its place."""
    for name, one in story.ones.items():
        before, after = blocks(story.before[name]), blocks(story.after[name])
        mine = NEW if "ours" in one.background or "both" in one.background else ()
        lost = [block for block in before if block not in after and not (mine and block.startswith(mine))]
        new = [block for block in after if block not in before and not block.startswith(NEW)]
        assert (lost, new) == ([], []), (name, one.fault, one.background)


def test_a_failed_router_is_as_it_was(story):
    """Undone at once: running-config and startup-config byte for byte, unless a test mail had proven the change."""
    for name, one in story.ones.items():
        if FAULTS[one.fault].state == "failed" and not FAULTS[one.fault].kept:
            assert story.after[name] == story.before[name], (name, one.fault, one.background)


def test_no_half_trustpoint_stays(story):
    """A trustpoint of ours holds its certificate, on every router."""
    for name, one in story.ones.items():
        held = story.world.core(name).config.trustpoints.values()
        assert [each.name for each in held if each.ca is None] == [], (name, one.fault)
    assert not [name for name, text in story.after.items() if "mailtrust-test" in text]


def test_who_could_send_still_can(story):
    """Each applet that sent a mail before sends one after, run on the router itself."""
    assert all(story.sent_before[name] == SENDERS.get(one.background, []) for name, one in story.ones.items())
    lost = {
        f"{name} {story.ones[name].fault}": applets
        for name, applets in story.sent_before.items()
        if set(applets) - set(story.sent_after[name])
    }
    assert lost == {}


def test_the_next_rollout_helps_whom_it_can(story):
    """What struck once is over: then changed, or unchanged where a mail had proven it; what stays wrong stays told."""
    for name, one in story.ones.items():
        make = FAULTS[one.fault].make
        struck_once = getattr(make.get("faults"), "at", "") and make["faults"].times == 1
        if FAULTS[one.fault].state == "changed" or struck_once:
            assert story.second.states()[name] in {"changed", "unchanged"}, (name, one.fault, story.second.codes(name))
        else:
            assert story.second.states()[name] == "failed", (name, one.fault)


def test_no_password_is_left(story):
    """Neither ours nor somebody's, in any file that the runs wrote."""
    for ran in (story.first, story.second):
        for path in ran.directory.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                assert PASSWORD.encode() not in content, path
                assert OLD_PASSWORD.encode() not in content, path
