"""Two hundred and more routers, every fault at every point, whatever stands on them.

Nobody is lost, nothing foreign is touched, each fault ends in its state and its code, and who could send still can.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import pytest

from lab import cli
from lab.authority import Authority
from lab.configuration import running, startup
from lab.fleet import Spec, applet_lines, configure, trustpoint_lines, variable_lines
from lab.personality import Answer, Faults, Message
from lab.session import Session
from tests.support.world import APPLET, LOGIN, PASSWORD, SENDER, SERVER, Ran, Wish, World, blocks, emulated, router

pytestmark = pytest.mark.slow

SEED = 20240501
OLD_PASSWORD = "0ld-F0reign+/=pw"
OURS = ("crypto pki trustpoint CA-Lab-", "crypto pki certificate chain CA-Lab-", "event manager environment _email_")
NEW = (*OURS, f"event manager applet {APPLET}\n")

SILENCE = 2.0
"""Seconds of silence after which a router is given up; what is slow here takes longer in all."""
HOST = 20.0
LOST = {"drop": "MT405", "hang": "MT404"}
POINTS = ("configure", "before-paste", "mid-paste", "after-paste", "run", "write-memory")
PATIENT = {("hang", "configure"), ("hang", "run"), ("hang", "write-memory")}
"""Where a router may keep silent as long as it likes: the time of the host is over then."""
BANNER = "\nAuthorized use only. Fake-Router#\nanother>\nbanner(config)#\n\n"
SAME_LINE = "\n**DO NOT ATTEMPT LOGIN**"
WARNING = "SECURITY WARNING - Module: X, Command: y, Reason: z"
SHUTDOWN = "\n***\n*** --- SHUTDOWN in 0:05:00 ---\n***\n"
BUSY = "Unable to get configuration. Try again later.\n"
SHOW_RUN = "show running-config.*"
POLICY = ("policy-map WAN", "class mail", "police 20", "class web", "priority 64", "exit", "exit")
MOVED = ("policy-map WAN", "no class mail", "class mail", "police 20", "exit", "exit")
STATIC = ("ip route 10.0.0.0 255.0.0.0 Null0",)
ODD_NAMES = (
    "a-very-long-name-of-a-router-in-the-cellar",
    "edge.example.net",
    "abcdefghij0123456789",
    "R",
    "under_score-1",
)
WIDE = frozenset(
    {
        "healthy",
        "deny-applet",
        "deny-action",
        "drop-after-paste-twice",
        "hang-run",
        "save-failed",
        "noise",
        "busy-after-the-change",
    }
)
"""Faults that meet every background; the others meet two each."""
MEETS = 2
BARE = ("empty", "foreign")
"""Backgrounds on which nothing mails."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a router, and what has to become of it."""

    make: dict[str, Any]
    state: str
    codes: frozenset[str]
    """Every finding of severity error."""
    kept: bool = False
    """What was done stays although the router has failed: a test mail has proven it, or nobody could go back."""
    told: frozenset[str] = frozenset()
    """Findings that are no errors."""
    saved: bool = True
    """Whether what was changed is saved as well."""
    over: tuple[str, ...] = ()
    """The only backgrounds that go with it."""
    passes: bool = False
    """It is over by the next run."""
    lines: tuple[str, ...] = ()
    """Lines of the saved configuration."""
    unsaved: tuple[str, ...] = ()
    """What somebody has typed since, and not saved."""


def fault(state: str, *codes: str, told: Iterable[str] = (), **rest: Any) -> Fault:
    own = {name: rest.pop(name) for name in ("kept", "saved", "passes", "lines", "unsaved", "over") if name in rest}
    return Fault(rest, state, frozenset(codes), told=frozenset(told), **own)


def answers(*given: Answer) -> Faults:
    return Faults(answers=given)


def says(command: str, text: str, **rest: Any) -> Faults:
    return answers(Answer(command, text, **rest))


def denied(*lines: str, words: str | None = None) -> dict[str, Any]:
    """AAA that does not let lines pass that begin so."""
    return {"deny": lines, **({} if words is None else {"deny_words": words})}


def lost(act: str, at: Any, times: int) -> dict[str, Any]:
    return {"faults": Faults(at=at, act=act, times=times)}  # type: ignore[arg-type]


LINES_LOST = {
    # A line that is lost once is opened again.
    **{
        f"{act}-{at}": fault("changed", told=["MT435"], **lost(act, at, 1))
        for act in LOST
        for at in POINTS
        if (act, at) not in PATIENT
    },
    "hang-configure": fault("failed", "MT404", passes=True, **lost("hang", "configure", 1)),
    "hang-run": fault("failed", "MT404", passes=True, **lost("hang", "run", 1)),
    "hang-write-memory": fault("failed", "MT404", kept=True, passes=True, **lost("hang", "write-memory", 1)),
    # Twice is too often: undone over a third line, unless it was proven.
    **{
        f"{act}-{at}-twice": fault(
            "failed", code, told=["MT435"], passes=True, kept=at == "write-memory", **lost(act, at, 2)
        )
        for act, code in LOST.items()
        for at in POINTS
        if (act, at) not in PATIENT
    },
    "drop-whenever-configured": fault("failed", "MT405", told=["MT435"], **lost("drop", "configure", 99)),
    "drop-every-paste": fault("failed", "MT405", told=["MT435"], **lost("drop", "mid-paste", 99)),
    "forgets-and-drop": fault("changed", told=["MT435"], executes_after_hangup=False, **lost("drop", "mid-paste", 1)),
    "noise-and-drop": fault("changed", told=["MT435"], faults=Faults(noise=True, at="after-paste")),
    "banner-and-hang": fault("changed", told=["MT435"], banner=BANNER, **lost("hang", "mid-paste", 1)),
    "asks-and-drop": fault(
        "changed", told=["MT435"], asks_even_with_fingerprint=True, **lost("drop", "after-paste", 1)
    ),
    "demands-and-hang": fault("changed", told=["MT435"], demands_fingerprint=True, **lost("hang", "after-paste", 1)),
}
READING = {
    "busy-show-run": fault("failed", "MT427", passes=True, faults=says(SHOW_RUN, BUSY, times=1)),
    "busy-show-run-empty": fault("failed", "MT427", passes=True, faults=says(SHOW_RUN, "", times=1)),
    "busy-show-run-filtered": fault("failed", "MT427", passes=True, faults=says(SHOW_RUN, "\n", times=1)),
    "cut-show-run": fault("failed", "MT427", passes=True, faults=answers(Answer(SHOW_RUN, cut=13, times=1))),
    # Where even the end of the line is missing it is asked once more.
    "cut-in-a-line": fault("changed", faults=answers(Answer(SHOW_RUN, cut=15, times=1))),
    "cut-in-every-line": fault("failed", "MT404", told=["MT435"], faults=answers(Answer(SHOW_RUN, cut=15))),
    "another-show-run": fault("failed", "MT427", passes=True, faults=says(SHOW_RUN, "Current mode is 7\n", times=1)),
    "busy-startup": fault("failed", "MT427", passes=True, startup="busy-once"),
    "no-startup": fault("changed", told=["MT434"], saved=False, startup="absent"),
    "busy-after-the-change": fault("failed", "MT427", passes=True, faults=says(SHOW_RUN, BUSY, after=2, times=1)),
    "busy-before-the-change": fault("failed", "MT427", passes=True, faults=says(SHOW_RUN, BUSY, after=1, times=1)),
    "busy-in-undo": fault(
        "failed",
        "MT427",
        "MT423",
        kept=True,
        passes=True,
        faults=says(SHOW_RUN, BUSY, after=2, times=3),
    ),
    "deny-show-run": fault("failed", "MT427", **denied("show running-config")),
    "deny-show-eem": fault("failed", "MT427", **denied("show event manager")),
    "deny-show-privilege": fault("failed", "MT427", **denied("show privilege")),
    "privilege-7": fault("failed", "MT426", privilege=7),
    "parser-view": fault("failed", "MT426", view="noc"),
}
CONFIGURING = {
    "locked": fault("failed", "MT407", config_locked=True),
    "deny-configure": fault("failed", "MT408", **denied("configure")),
    "deny-configure-in-other-words": fault("failed", "MT408", **denied("configure", words="Ask the NOC, dial 42\n")),
    "deny-environment": fault("failed", "MT408", **denied("event manager environment")),
    "deny-environment-in-other-words": fault(
        "failed", "MT214", **denied("event manager environment", words="Ask the NOC, dial 42\n")
    ),
    "deny-trustpoint": fault("failed", "MT408", **denied("crypto pki trustpoint")),
    "deny-trustpoint-in-other-words": fault(
        "failed", "MT408", **denied("crypto pki trustpoint", words="Ask the NOC, dial 42\n")
    ),
    "deny-settings": fault("failed", "MT408", **denied("enrollment", words="% Not authorized, says server 7\n")),
    "deny-authenticate": fault("failed", "MT212", **denied("crypto pki authenticate")),
    "deny-applet": fault("failed", "MT408", **denied("event manager applet")),
    "deny-action": fault("failed", "MT408", **denied("action")),
    "old-mail-action": fault("failed", "MT224", over=BARE, mail_tls=False),
}
PROVING = {
    "deny-run": fault("failed", "MT309", **denied("event manager run")),
    "deny-log": fault("failed", "MT427", **denied("show logging")),
    "run-says-nothing": fault("failed", "MT307", faults=says("event manager run .*", "")),
    "refuses-the-mail-line": fault("failed", "MT309", faults=says("action 0020 mail .*", "no, not now\n")),
}
SAVING = {
    "save-busy": fault("failed", "MT414", kept=True, save="busy"),
    "save-busy-once": fault("changed", save="busy-once"),
    "save-compressed": fault("changed", save="compressed"),
    "save-overwrites": fault("changed", save="overwrite"),
    "save-ok-but-failed": fault("failed", "MT414", kept=True, save="ok-but-failed"),
    "save-failed": fault("failed", "MT414", kept=True, save="failed"),
    "save-asks": fault("failed", "MT414", kept=True, save="asks"),
    "save-confirms": fault("failed", "MT414", kept=True, save="confirms"),
    "deny-write": fault("failed", "MT414", kept=True, **denied("write")),
    "deny-archive-diff": fault("changed", told=["MT434"], saved=False, **denied("show archive")),
    "differences-fail": fault("changed", told=["MT434"], saved=False, differences="fails"),
    "differences-of-old": fault("changed", differences="old"),
    "somebody-left-a-route": fault("changed", told=["MT425"], saved=False, unsaved=STATIC),
    "somebody-moved-a-class": fault("changed", told=["MT425"], saved=False, lines=POLICY, unsaved=MOVED),
}
TALKING = {
    "noise": fault("changed", faults=Faults(noise=True)),
    "narrow-and-noise": fault("changed", faults=Faults(noise=True, width=24)),
    "banner": fault("changed", banner=BANNER),
    "motd-same-line": fault("changed", banner=SAME_LINE),
    "deny-terminal-length": fault("changed", **denied("terminal length")),
    "deny-terminal-width": fault("failed", "MT408", **denied("terminal width")),
    **{
        f"no-reprompt-{name}": fault("changed", faults=Faults(messages=(Message(command, text, times=99),)))
        for name, command, text in (
            ("at-login", "", SHUTDOWN),
            ("while-observing", "show privilege", WARNING),
            ("behind-a-paste", "crypto pki authenticate .*", WARNING),
            ("behind-configure", "configure terminal", SHUTDOWN),
            ("behind-write", "write memory", WARNING),
        )
    },
    "no-reprompt-same-line": fault("changed", faults=Faults(messages=(Message("end", WARNING, same_line=True),))),
}
PROMPTS = {
    **{f"named-{name[:12]}": fault("changed", hostname=name) for name in ODD_NAMES},
    "prompt-of-netmiko-2956": fault("changed", hostname="Loc-S12398734", lines=("prompt %h-STP-1234%p",)),
    "prompt-site": fault("changed", lines=("prompt site-7#",)),
    "prompt-in-brackets": fault("changed", lines=("prompt [%h]%p",)),
    "prompt-with-a-blank": fault("changed", lines=("prompt %h%s%p",)),
    "prompt-with-a-mode": fault("failed", "MT430", lines=("prompt %h(prod)%p",)),
    "prompt-with-a-mark": fault("changed", lines=("prompt *%h*%p",)),
    "prompt-hidden": fault("changed", lines=("no service prompt config",)),
    "prompt-none": fault("failed", "MT408", hidden_prompt="none", lines=("no service prompt config",)),
    **{f"maintenance-{mode}": fault("failed", "MT430", maintenance=mode) for mode in ("maint-mode", "diag")},
}
SLOW = {
    "slow-drip": fault("changed", faults=Faults(drip=0.001)),
    "too-slow-drip": fault("failed", "MT404", told=["MT435"], faults=Faults(drip=1.5 * SILENCE)),
    "slow-to-show": fault("changed", faults=answers(Answer("show .*", delay=0.3 * SILENCE, times=8))),
    "slow-archive-diff": fault("changed", faults=answers(Answer("show archive.*", delay=1.5 * SILENCE, times=1))),
    "slow-authorization": fault("changed", seconds_per_line=0.08 * SILENCE),
    "slow-write": fault("changed", save_seconds=1.5 * SILENCE),
    "too-slow-show-run": fault(
        "failed", "MT404", told=["MT435"], passes=True, faults=answers(Answer(SHOW_RUN, delay=2 * SILENCE, times=2))
    ),
}
FAULTS = {
    "healthy": fault("changed"),
    "refused-login": fault("failed", "MT402", faults=Faults(refuse_login=True)),
    "default-trustpoints": fault("changed", default_trustpoints=True),
    "hides-defaults": fault("changed", hides_defaults=True),
    "no-description": fault("changed", applet_description=False),
    **LINES_LOST,
    **READING,
    **CONFIGURING,
    **PROVING,
    **SAVING,
    **TALKING,
    **PROMPTS,
    **SLOW,
}
WATCHED = {"MT425", "MT434", "MT435", "MT436", "MT438", "MT439"}
UNREACHABLE = ("nobody-1", "nobody-2", "nobody-3", "nobody-4")


def backgrounds(authority: Authority) -> dict[str, tuple[str, ...]]:
    """What routers hold before: configuration of somebody, and of an older run."""
    legacy, root = emulated(authority.legacy.certificate), emulated(authority.root.certificate)
    corporate = trustpoint_lines("Corporate", legacy)
    server = f"{LOGIN}:{PASSWORD}@{SERVER}"
    mail = f'mail server "{{}}" to "noc@lab.example" from "{SENDER}" subject "old" body "b" port $smtp_port secure tls'
    backup = applet_lines("Backup", "event none", f"action 1.0 {mail.format(server)}")
    ours_of_old = applet_lines(
        APPLET, "event none", "action 0000 comment mailtrust 0badc0de", f"action 0010 {mail.format('$_email_server')}"
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


def pairs(lines: Iterable[str]) -> list[tuple[str, str]]:
    """Some faults over each background, the others over two each, in turn."""
    all_of_them = tuple(lines)
    turn = cycle(all_of_them)
    return [
        (name, each)
        for name, this in FAULTS.items()
        for each in this.over or islice(turn, len(all_of_them) if name in WIDE else MEETS)
    ]


def matrix(authority: Authority) -> Iterator[One]:
    """Every fault over its backgrounds, shuffled, the same every time; no two routers have one hostname."""
    lines = backgrounds(authority)
    shuffled = pairs(lines)
    random.Random(SEED).shuffle(shuffled)
    taken: set[str] = set()
    for number, (name, background) in enumerate(shuffled):
        this = FAULTS[name]
        hostname = this.make.get("hostname", f"r{number:03}")
        hostname += f"{number}" if hostname in taken else ""
        taken.add(hostname)
        spec = router(f"r{number:03}", *this.lines, *lines[background], **{**this.make, "hostname": hostname})
        yield One(spec, name, background)


@dataclass(frozen=True)
class Story:
    """The fleet before, after a rollout full of faults, and after another one."""

    world: World
    ones: dict[str, One]
    before: dict[str, tuple[str, str]]
    """By name: running-config and startup-config."""
    sent_before: dict[str, list[str]]
    first: Ran
    after: dict[str, tuple[str, str]]
    sent_after: dict[str, list[str]]
    second: Ran


def configured(world: World) -> dict[str, tuple[str, str]]:
    """What the routers hold, seen from inside: no fault strikes and nothing is hidden."""

    def both(core: Any) -> tuple[str, str]:
        make = core.personality
        return (
            running(core.config, make.release, "", hide_defaults=make.hides_defaults),
            startup(core.startup, make.release, hide_defaults=make.hides_defaults),
        )

    return {name: both(world.core(name)) for name in world.fleet.routers}


def sending(world: World, wanted: dict[str, list[str]]) -> dict[str, list[str]]:
    """Which of these applets of each router send their mail, run on the router itself."""

    async def succeeds(name: str, applet: str) -> bool:
        core = world.core(name)
        known = len(core.history)
        await cli.enter(Session(core, exempt=True), f"event manager run {applet}")
        jobs = [job for job in core.history[known:] if job.applet == applet]
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
    wish = Wish(unreachable=UNREACHABLE, product={"burst_seconds": SILENCE, "host_seconds": HOST})
    here = worlds([one.spec for one in ones.values()], wish)
    for name, one in ones.items():
        core = here.core(name)
        for config in (core.config, core.startup):
            config.environment["smtp_port"] = str(here.mail.port)
        here.fleet.call(configure(core, FAULTS[one.fault].unsaved))
    wanted = {name: SENDERS.get(one.background, []) for name, one in ones.items()}
    before, sent_before = configured(here), sending(here, wanted)
    first = here.run("rollout", "--workers", 60)
    after, sent_after = configured(here), sending(here, wanted)
    second = here.run("rollout", "--workers", 60)
    return Story(here, ones, before, sent_before, first, after, sent_after, second)


def test_the_matrix_is_whole(story, authority):
    """More than two hundred hosts; every fault meets two backgrounds at least, and every background many faults."""
    assert len(story.ones) + len(UNREACHABLE) > 200
    lines = backgrounds(authority)
    met = {name: {one.background for one in story.ones.values() if one.fault == name} for name in FAULTS}
    assert {name: len(found) for name, found in met.items() if len(found) < MEETS} == {}
    assert all(met[name] == set(lines) for name in WIDE)


def test_every_host_is_in_the_report_once(story):
    """In the order of the inventory, in the journal as well, and the totals add up."""
    names = [*story.ones, *UNREACHABLE]
    assert [host["name"] for host in story.first.report["hosts"]] == names
    assert sum(story.first.report["totals"].values()) == len(names) == story.first.report["selected"]
    finished = [line["host"] for line in story.first.journal() if line["event"] == "host-finished"]
    assert sorted(finished) == sorted(names)


def test_state_and_code_are_right(story):
    """What the fault is decides what became of the router, whatever else stands on it; exit code 1."""
    told = {name: (story.first.states()[name], set(story.first.errors(name))) for name in story.ones}
    right = {name: (FAULTS[one.fault].state, set(FAULTS[one.fault].codes)) for name, one in story.ones.items()}
    assert wrong(story, told, right) == {}
    assert {(story.first.states()[name], *story.first.errors(name)) for name in UNREACHABLE} == {
        ("unreachable", "MT401")
    }
    assert story.first.code == 1


def test_what_is_no_error_is_told_as_well(story):
    """A line that was opened again, and what nobody could tell or what is somebody's: then nothing is saved."""
    told = {name: (set(story.first.codes(name)) & WATCHED, story.first.hosts[name]["saved"]) for name in story.ones}
    right = {}
    for name, one in story.ones.items():
        this = FAULTS[one.fault]
        right[name] = (set(this.told), this.state == "changed" and this.saved)
    assert wrong(story, told, right) == {}


def wrong(story: Story, told: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """What was told and is not right, by name, fault and background."""
    return {
        f"{name} {one.fault} {one.background}": (told[name], right[name])
        for name, one in story.ones.items()
        if told[name] != right[name]
    }


def test_nothing_foreign_is_touched(story):
    """Every block that is not ours is the same in running-config and startup-config, in its place."""
    for name, one in story.ones.items():
        mine = NEW if "ours" in one.background or "both" in one.background else ()
        for was, now in zip(story.before[name], story.after[name], strict=True):
            before, after = blocks(was), blocks(now)
            gone = [block for block in before if block not in after and not _counts(block) and not _mine(block, mine)]
            new = [block for block in after if block not in before and not _counts(block) and not _mine(block, NEW)]
            assert (gone, new) == ([], []), (name, one.fault, one.background)


def _counts(block: str) -> bool:
    """Its size and its times are no part of a configuration."""
    return block.startswith(("! Last configuration change", "Current configuration : ", "Using "))


def _mine(block: str, starts: tuple[str, ...]) -> bool:
    return bool(starts) and block.startswith(starts)


def test_a_failed_router_is_as_it_was(story):
    """Undone at once: running-config and startup-config byte for byte, unless a test mail had proven the change."""
    for name, one in story.ones.items():
        if FAULTS[one.fault].state == "failed" and not FAULTS[one.fault].kept:
            assert story.after[name] == story.before[name], (name, one.fault, one.background)


def test_no_half_trustpoint_stays(story):
    """A trustpoint of ours holds its certificate, on every router; and no test applet is left."""
    for name, one in story.ones.items():
        held = story.world.core(name).config.trustpoints.values()
        assert [each.name for each in held if each.ca is None and each.own is None] == [], (name, one.fault)
    assert not [name for name, texts in story.after.items() if "mailtrust-test" in "".join(texts)]


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
    told = {name: story.second.states()[name] in {"changed", "unchanged"} for name in story.ones}
    right = {name: FAULTS[one.fault].state == "changed" or FAULTS[one.fault].passes for name, one in story.ones.items()}
    assert wrong(story, told, right) == {}


def test_no_password_is_left(story):
    """Neither ours nor somebody's, in any file that the runs wrote."""
    for ran in (story.first, story.second):
        for path in ran.directory.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                assert PASSWORD.encode() not in content, path
                assert OLD_PASSWORD.encode() not in content, path
