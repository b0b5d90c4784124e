"""One fleet of many makes and states, taken round the circle by the real command over real SSH."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from lab.authority import Authority
from lab.fleet import Spec, applet_lines, trustpoint_lines, variable_lines
from lab.inventory import APPLETS
from mailtrust.certificates import from_der, trustpoint_name
from tests.support.world import APPLET, PASSWORD, Ran, Wish, World, Worlds, blocks, emulated, router, usual_mail


def our_name(certificate: Any) -> str:
    return trustpoint_name(from_der(emulated(certificate).der))


HAND_MADE = applet_lines(APPLET, "event none", 'action 1.0 syslog msg "made by hand"')
ADOPTING = applet_lines("Adopting", "event none", 'action 1.0 syslog msg "made by hand"')
EDITED = applet_lines(
    APPLET, "description mailtrust 0badc0de", "event none maxrun 60", 'action 0010 syslog msg "edited"'
)
USES_TO = applet_lines(
    "Backup", "event none", 'action 1.0 mail server "$_email_server" to "$_email_to" from "x@y.z" subject "s" body "b"'
)
LEFTOVER = applet_lines("mailtrust-test", "description mailtrust 0badc0de", "event none", 'action 1 syslog msg "x"')
SOMEBODYS_TEST = applet_lines("mailtrust-test", "event none", 'action 1 syslog msg "x"')
COPIED = applet_lines(
    "Mine", "description mailtrust 0badc0de", "event none", 'action 0010 syslog msg "$_email_to is mine"'
)
UNTYPABLE = applet_lines(
    APPLET, "description mailtrust 0badc0de", "event none maxrun 60", 'action 0010 regexp "(Gig)?abit" "$x"'
)
OLD_TO = variable_lines({"_email_to": "old@lab.example"})

HELPED = {
    "empty": {},
    "asks-anyway": {"asks_even_with_fingerprint": True},
    "demands": {"demands_fingerprint": True, "release": "26.2.01"},
    "demands-and-asks": {"demands_fingerprint": True, "asks_even_with_fingerprint": True},
    "hides-defaults": {"hides_defaults": True},
    "no-description": {"applet_description": False},
    "no-description-demands": {"applet_description": False, "demands_fingerprint": True, "hides_defaults": True},
    "returns-at-once": {"blocking_run": False},
    "clock-lost": {"clock": "lost"},
    "save-compressed": {"save": "compressed"},
    "save-overwrite": {"save": "overwrite"},
    "save-busy-once": {"save": "busy-once"},
    "enable-secret": {"enable_secret": "en4ble"},
    "banner": {"banner": "\nAuthorized use only. Fake-Router#\nanother>\nbanner#\n\n"},
    "long-name": {"hostname": "a-very-long-name-of-a-router-in-the-cellar"},
    "dotted-name": {"hostname": "edge-router.example.net"},
    "exactly-twenty-chars": {"hostname": "abcdefghij0123456789"},
    "twenty-one-characters": {"hostname": "abcdefghij0123456789x"},
    "default-trustpoints": {"default_trustpoints": True},
    "differences-of-old": {"differences": "old"},
}
BLOCKED = {
    "controller": ({"mode": "controller"}, "MT410"),
    "no-eem": ({"eem": False}, "MT413"),
    "clock-wrong": ({"clock_offset": timedelta(days=-30)}, "MT411"),
    "clock-never-set": ({"clock": "never-set", "clock_offset": timedelta(days=-8000)}, "MT411"),
    "locked": ({"config_locked": True}, "MT407"),
    "no-mail-tls": ({"mail_tls": False}, "MT224"),
    "save-busy": ({"save": "busy"}, "MT414"),
    "privilege-7": ({"privilege": 7}, "MT426"),
    "parser-view": ({"view": "NOC"}, "MT426"),
    "maintenance": ({"maintenance": "maint-mode"}, "MT430"),
    "startup-busy": ({"startup": "busy"}, "MT427"),
    "denied-running-config": ({"deny": ("show running-config",)}, "MT427"),
    "denied-privilege": ({"deny": ("show privilege",)}, "MT427"),
    "denied-eem-version": ({"deny": ("show event manager",)}, "MT427"),
    "denied-version": ({"deny": ("show version",)}, "MT427"),
    "denied-configure": ({"deny": ("configure terminal",)}, "MT408"),
    "denied-width": ({"deny": ("terminal width",)}, "MT408"),
    "denied-trustpoint": ({"deny": ("crypto pki trustpoint",)}, "MT408"),
    "denied-certificate": ({"deny": ("crypto pki authenticate",)}, "MT212"),
    "denied-variable": ({"deny": ("event manager environment",)}, "MT408"),
    "denied-applet": ({"deny": ("event manager applet",)}, "MT408"),
    "denied-run": ({"deny": ("event manager run",)}, "MT309"),
    "denied-log": ({"deny": ("show logging",)}, "MT427"),
}


def states(authority: Authority) -> dict[str, tuple[tuple[str, ...], list[str]]]:
    """Routers that somebody has worked on: name, lines, and what the first rollout finds."""
    usual = authority.chain()
    legacy, root, leaf = map(emulated, (authority.legacy.certificate, authority.root.certificate, usual.leaf))
    stranger = emulated(authority.chain("unknown issuer").anchor)
    no_check = ("enrollment terminal", "revocation-check crl")
    return {
        "foreign-ca": (trustpoint_lines("Corporate", legacy), []),
        "foreign-ca-checks": (trustpoint_lines("Corporate", legacy, *no_check), ["MT215"]),
        "leaf": (trustpoint_lines("CA-lab-SMTP", leaf), ["MT216"]),
        "stale": (trustpoint_lines(our_name(authority.chain("unknown issuer").anchor), stranger), ["MT217"]),
        "half": (trustpoint_lines(our_name(authority.root.certificate)), []),
        "ours-changed": (trustpoint_lines(our_name(authority.root.certificate), root, *no_check), []),
        "misnamed": (trustpoint_lines(our_name(authority.root.certificate), stranger), ["MT213"]),
        "hand-made": (HAND_MADE, ["MT221"]),
        "adopted": (ADOPTING, []),
        "edited": (EDITED, ["MT223"]),
        "leftover-test": (LEFTOVER, []),
        "somebodys-test": (SOMEBODYS_TEST, ["MT221"]),
        "variable-in-use": ((*OLD_TO, *USES_TO), ["MT222"]),
        "other-prefix": ((*OLD_TO, *USES_TO), []),
        "variable-unused": (OLD_TO, []),
        "policy-may-use": ((*OLD_TO, "event manager policy mail.tcl type user"), ["MT222"]),
        "policy-beside": (("event manager policy mail.tcl type user",), []),
        "copied": ((*OLD_TO, *COPIED), ["MT222"]),
        "untypable": (UNTYPABLE, ["MT223", "MT225"]),
    }


STATES = {
    "foreign-ca": "changed",
    "foreign-ca-checks": "changed",
    "leaf": "changed",
    "stale": "changed",
    "half": "changed",
    "ours-changed": "changed",
    "misnamed": "failed",
    "hand-made": "failed",
    "adopted": "changed",
    "edited": "changed",
    "leftover-test": "changed",
    "somebodys-test": "failed",
    "variable-in-use": "failed",
    "other-prefix": "changed",
    "variable-unused": "changed",
    "policy-may-use": "failed",
    "policy-beside": "changed",
    "copied": "failed",
    "untypable": "failed",
}
"""What becomes of routers that somebody has worked on."""

GONE = {
    "half": ["crypto pki trustpoint CA-Lab-Root-R1", "crypto pki certificate chain CA-Lab-Root-R1"],
    "ours-changed": ["crypto pki trustpoint CA-Lab-Root-R1"],
    "adopted": ["event manager applet Adopting"],
    "edited": [f"event manager applet {APPLET}"],
    "leftover-test": ["event manager applet mailtrust-test"],
    "variable-unused": ["event manager environment _email_to old"],
}
"""How the blocks begin that may change or go, router by router: nothing else may."""

NEW = (
    "crypto pki trustpoint CA-Lab-",
    "crypto pki certificate chain CA-Lab-",
    "event manager environment _email_",
    "event manager environment mt_",
    f"event manager applet {APPLET}\n",
    "event manager applet Adopting\n",
)
"""How the blocks begin that may come."""

CHANGED = [*HELPED, *(name for name, state in STATES.items() if state == "changed")]
UNSAVED = "save-busy"
FAILED = [*BLOCKED, *(name for name, state in STATES.items() if state == "failed")]
WISH = Wish(
    host_data={
        "adopted": usual_mail(applets=["Adopting"]),
        "other-prefix": usual_mail(variables="mt"),
        "policy-may-use": usual_mail(),
    },
    unreachable=("nobody",),
    applets={**APPLETS, "Adopting": {"event": "none", "subject": "s", "body": "b", "adopt": True}},
)
ENV = {"LAB_SMTP": PASSWORD}


@dataclass(frozen=True)
class Story:
    """The same fleet, run after run."""

    world: World
    before: dict[str, str]
    planned: Ran
    after_plan: dict[str, str]
    first: Ran
    after_first: dict[str, str]
    mails: list[str]
    second: Ran
    verified: Ran
    after_verify: dict[str, str]
    mails_in_the_end: list[str]


def fleet(authority: Authority) -> Iterator[Spec]:
    for name, make in HELPED.items():
        yield router(name, **make)
    for name, (make, _) in BLOCKED.items():
        yield router(name, **make)
    for name, (lines, _) in states(authority).items():
        yield router(name, *lines)


@pytest.fixture(scope="module")
def story(authority: Authority, worlds: Worlds) -> Story:
    here = worlds(fleet(authority), WISH)
    before = here.configured()
    planned = here.run("plan", env=ENV)
    after_plan = here.configured()
    first = here.run("rollout", "-v", env=ENV)
    after_first, mails = here.configured(), here.subjects()
    second = here.run("rollout", env=ENV)
    verified = here.run("verify", env=ENV)
    return Story(
        here,
        before,
        planned,
        after_plan,
        first,
        after_first,
        mails,
        second,
        verified,
        here.configured(),
        here.subjects(),
    )


def test_every_host_is_in_the_report_exactly_once(story: Story) -> None:
    """Whatever becomes of a router, the report tells it, in the order of the inventory, and the totals add up."""
    names = [*story.world.fleet.routers, "nobody"]
    for ran in (story.planned, story.first, story.second, story.verified):
        assert [host["name"] for host in ran.report["hosts"]] == names
        assert ran.report["selected"] == len(names) == sum(ran.report["totals"].values())
        events = ((line["event"], line["host"]) for line in ran.journal() if "host" in line)
        told = [event for event in events if event[0] in {"host-started", "host-finished"}]
        assert sorted(told) == sorted(product(("host-started", "host-finished"), names))


def test_a_dry_run_changes_nothing(story: Story) -> None:
    """After ``plan`` every router shows the configuration that it showed before, byte for byte."""
    assert story.after_plan == story.before


@pytest.mark.parametrize("name", CHANGED)
def test_a_router_that_can_be_helped_is_helped(story: Story, name: str) -> None:
    """Planned first, then changed, mailed and saved; afterwards unchanged, with an empty plan and nothing to say again."""
    assert [ran.states()[name] for ran in (story.planned, story.first, story.second, story.verified)] == [
        "planned",
        "changed",
        "unchanged",
        "unchanged",
    ]
    host = story.first.hosts[name]
    assert (host["saved"], host["mail"]) == (True, {"sent": True, "arrived": None})
    assert {step["state"] for step in host["steps"]} == {"done"}
    assert story.verified.hosts[name]["steps"] == []


@pytest.mark.parametrize("name", CHANGED)
def test_what_is_proven_is_saved(story: Story, name: str) -> None:
    """The startup-config knows all that was installed."""
    shown = story.world.shows(name, "show startup-config")
    applet = "Adopting" if name == "adopted" else APPLET
    assert f"event manager applet {applet}" in shown
    assert shown.count("certificate ca ") == story.world.shows(name).count("certificate ca ") >= 3


@pytest.mark.parametrize("name", CHANGED)
def test_each_helped_router_sends_one_mail(story: Story, name: str) -> None:
    """The mail server has exactly one test mail of it, though two rollouts and a verification have run."""
    hostname = story.world.core(name).config.hostname
    assert [subject.split()[2] for subject in story.mails_in_the_end].count(hostname) == 1


def test_nobody_else_sends_a_mail(story: Story) -> None:
    """Only routers that could be configured send a mail."""
    assert len(story.mails) == len(CHANGED) + 2, "two more: who cannot save, and whose log cannot be read"


@pytest.mark.parametrize(("name", "code"), [(name, code) for name, (_, code) in BLOCKED.items()])
def test_a_router_that_cannot_be_helped_says_why(story: Story, name: str, code: str) -> None:
    """It has failed, each time anew, with one error that names the cause and a way out."""
    for ran in (story.first, story.second):
        assert (ran.states()[name], ran.errors(name)) == ("failed", [code])
    assert all(found["remedy"] for found in story.first.hosts[name]["findings"])


@pytest.mark.parametrize("name", STATES)
def test_what_somebody_left_is_found(story: Story, authority: Authority, name: str) -> None:
    """What stands in the way, and what is merely odd, is told with its code."""
    assert (story.first.states()[name], story.first.codes(name)) == (STATES[name], states(authority)[name][1])


@pytest.mark.parametrize("name", [name for name in FAILED if name != UNSAVED])
def test_a_router_that_cannot_be_helped_is_as_it_was(story: Story, name: str) -> None:
    """Not touched, or put back: its running-config and startup-config are the same bytes after three runs."""
    assert story.after_verify[name] == story.before[name]


@pytest.mark.parametrize("name", [*CHANGED, UNSAVED])
def test_nothing_foreign_is_touched(story: Story, name: str) -> None:
    """Every block of the configuration that is not ours stands there as before; what is new is of our kind."""
    before, after = (blocks(text) for text in (story.before[name], story.after_first[name]))
    lost = {block for block in before if block not in after}
    new = {block for block in after if block not in before}
    allowed = tuple(GONE.get(name, ()))
    assert [block for block in lost if not (allowed and block.startswith(allowed))] == []
    assert [block for block in new if not block.startswith(NEW)] == []
    assert [block for block in after if block in before and block != "!"] == [
        block for block in before if block in after and block != "!"
    ]


def test_a_second_rollout_types_no_configuration(story: Story) -> None:
    """Where nothing is to be done no configuration mode is entered, no test is run, nothing saved."""
    for name in CHANGED:
        said = story.second.said(name)
        assert "show running-config" in said
        assert [word for word in ("configure terminal", "event manager run", "write memory") if word in said] == []
    unchanged = {name: text for name, text in story.after_verify.items() if name in CHANGED}
    assert unchanged == {name: story.after_first[name] for name in CHANGED}


def test_no_test_applet_stays(story: Story) -> None:
    """The test applet lives as long as the test, on every router that is not somebody's own."""
    left = [name for name, text in story.after_first.items() if "mailtrust-test" in text]
    assert left == ["somebodys-test"]


def test_a_router_that_cannot_save_is_not_called_saved(story: Story) -> None:
    """Its mail went, and yet it has failed: after a reload there would be nothing."""
    host = story.first.hosts[UNSAVED]
    assert (host["state"], host["saved"], host["mail"]["sent"]) == ("failed", False, True)
    assert story.after_first[UNSAVED].endswith(story.world.shows(UNSAVED, "show startup-config"))
    assert "crypto pki" not in story.world.shows(UNSAVED, "show startup-config")


def test_round_trips(story: Story) -> None:
    """Three certificates and one applet: at most 20 waits; an unchanged router: at most 3; all of it measured.

    No line is typed ahead into a mode that has not been seen, no certificate ahead of its invitation: a wait for the
    first line of each trustpoint and applet, two for each certificate; the rest looks, tests, asks and saves.
    """
    for name in ("empty", "demands"):
        assert 3 < story.first.hosts[name]["round_trips"] <= 20
    for ran in (story.second, story.verified):
        assert max(ran.hosts[name]["round_trips"] for name in CHANGED) <= 3
    assert story.first.hosts["nobody"]["round_trips"] == 0


def test_the_trust_of_somebody_serves(story: Story) -> None:
    """A foreign trustpoint that holds a wanted CA is used: no second one is made of that certificate."""
    assert "Lab-Legacy" not in story.world.shows("foreign-ca")
    assert story.after_verify["foreign-ca"].count("crypto pki trustpoint Corporate") == 2


def test_unreachable_is_not_failed(story: Story) -> None:
    """Nobody listens there: the host is counted apart, was never spoken to, and the run says 1."""
    assert story.first.hosts["nobody"]["state"] == "unreachable"
    assert story.first.codes("nobody") == ["MT401"]
    assert not (story.first.directory / "transcripts/nobody.log").exists()
    assert (story.planned.code, story.first.code, story.second.code, story.verified.code) == (1, 1, 1, 1)
    assert story.first.report["exit_code"] == 1


def test_adopt_takes_over(story: Story) -> None:
    """What was made by hand is replaced when the user says so, with the old text kept beside the report."""
    ran = story.world.run("rollout", "--adopt", "--limit", "hand-made", env=ENV)
    assert (ran.code, ran.states()) == (0, {"hand-made": "changed"})
    assert "made by hand" not in story.world.shows("hand-made")
    assert "made by hand" in (ran.directory / "before/hand-made.json").read_text()
    assert story.world.run("verify", "--limit", "hand-made", env=ENV).code == 0


def test_the_shown_details_name_every_host(story: Story) -> None:
    """With ``-v`` nornir-utils prints each host; without a terminal each host has a plain line."""
    for name in [*story.world.fleet.routers, "nobody"]:
        assert f"* {name} **" in story.first.out
        assert f"] {name}: " in story.first.err
