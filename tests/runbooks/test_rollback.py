"""``mailtrust rollback RUN``: back to the state before a run, touching only what the run touched."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from lab.authority import Authority
from lab.fleet import applet_lines, trustpoint_lines, variable_lines
from mailtrust.certificates import from_der, trustpoint_name
from mailtrust.errors import UsageError
from tests.support.runs import Fresh, Told, fresh
from tests.support.world import APPLET, PASSWORD, Wish, emulated, router, usual_mail

OLD_PASSWORD = "0ld+/=&%server-pw"
KEY = "MAILTRUST_STATE_KEY"
SECRETS = (PASSWORD, OLD_PASSWORD)
MAILS = 'mail server "$_email_server" to "$_email_to" from "$_email_from" subject "s" body "b"'
LITERAL = f'mail server "bob:{OLD_PASSWORD}@old.example" to "a@b.c" from "a@b.c" subject "s" body "b"'


def name_of(certificate) -> str:
    return trustpoint_name(from_der(emulated(certificate).der))


@pytest.fixture(scope="module")
def fleet(authority: Authority, worlds) -> Fresh:
    root = authority.root.certificate
    old = variable_lines({"_email_server": f"bob:{OLD_PASSWORD}@old.example", "_email_to": "admin@old.example"})
    specs = [
        router("empty"),
        router("variables", *old),
        router(
            "edited",
            *applet_lines(APPLET, "description mailtrust 0badc0de", "event none", 'action 0010 syslog msg "x"'),
        ),
        router("adopted", *applet_lines(APPLET, "event none", f"action 1.0 {LITERAL}", 'action 2.0 syslog msg "mine"')),
        router("half", *trustpoint_lines(name_of(root))),
        router(
            "settings", *trustpoint_lines(name_of(root), emulated(root), "enrollment terminal", "revocation-check crl")
        ),
        router(
            "foreign",
            *trustpoint_lines("Corporate", emulated(authority.legacy.certificate)),
            *variable_lines({"x": "1"}),
        ),
        router("in-sync"),
        router("old-action", mail_tls=False),
    ]
    return fresh(worlds(specs, Wish(host_data={"adopted": usual_mail()})))


CHANGED = ("empty", "variables", "edited", "adopted", "half", "settings", "foreign")


@pytest.fixture(autouse=True)
def as_new(fleet, monkeypatch):
    fleet.reset()
    monkeypatch.setenv("LAB_SMTP", PASSWORD)
    monkeypatch.delenv(KEY, raising=False)


def rolled_out(fleet: Fresh, *limit: str, **options) -> Told:
    fleet.go("rollout", "in-sync")
    return fleet.go("rollout", *limit, adopt=True, **options)


def test_with_a_key_everything_comes_back(fleet, monkeypatch):
    """Running-config and startup-config byte for byte, old passwords too, whatever stood there before the run."""
    before = fleet.world.configured()
    monkeypatch.setenv(KEY, Fernet.generate_key().decode())
    rolled = rolled_out(fleet)
    in_sync = fleet.world.configured()["in-sync"]
    back = fleet.go("rollback", undo=rolled.name)
    assert back.states() == dict.fromkeys(CHANGED, "changed")
    after = fleet.world.configured()
    assert {name: after[name] for name in CHANGED} == {name: before[name] for name in CHANGED}
    assert after["in-sync"] == in_sync, "the run had not touched it"
    assert after["old-action"] == before["old-action"], "it was undone at once"
    assert (back.code, {host.saved for host in back.hosts.values()}) == (0, {True})
    no_secret(rolled, back)


def test_a_second_rollback_finds_nothing_to_do(fleet, monkeypatch):
    """What is back already is unchanged, and not even configured."""
    monkeypatch.setenv(KEY, Fernet.generate_key().decode())
    rolled = rolled_out(fleet)
    fleet.go("rollback", undo=rolled.name)
    again = fleet.go("rollback", undo=rolled.name)
    assert (again.code, again.states()) == (0, dict.fromkeys(CHANGED, "unchanged"))


LOST = ("variables", "adopted")
"""Whose old texts held a password, or a word that may be one."""


def test_without_a_key_it_says_what_it_cannot_restore(fleet):
    """MT424 names each variable and applet whose text was not kept; where nothing was hidden everything is restored."""
    before = fleet.world.configured()
    rolled = rolled_out(fleet)
    held = fleet.world.configured()
    back = fleet.go("rollback", undo=rolled.name)
    assert back.states() == {name: "failed" if name in LOST else "changed" for name in CHANGED}
    lost = {name: [each.text for each in back.hosts[name].findings if each.code == "MT424"] for name in CHANGED}
    assert lost == {
        **{name: [] for name in CHANGED},
        "variables": ["the old value of _email_server", "the old value of _email_to"],
        "adopted": [f"the old value of {APPLET}"],
    }, "'admin' is the routers' password, so admin@old.example may hold one"
    after = fleet.world.configured()
    for name in CHANGED:
        if name not in LOST:
            assert after[name] == before[name], name
    assert after["adopted"] == held["adopted"], "an applet of ours that stays needs all that it has"
    no_secret(rolled, back)


def test_what_cannot_be_brought_back_keeps_its_trust(fleet):
    """The server stays the new one, so does what it needs; everything else goes, and mail still goes out."""
    rolled = rolled_out(fleet, "variables")
    fleet.go("rollback", undo=rolled.name)
    held = fleet.world.core("variables").config
    assert held.environment["_email_server"].endswith("@smtp.lab.test")
    assert sum(each.ca is not None for each in held.trustpoints.values()) >= 3
    assert f"event manager applet {APPLET}" not in fleet.world.shows("variables")


def test_without_a_key_a_changed_wish_is_not_guessed_at(fleet):
    """What the run had written is what is wished, as long as that is what stands there; another value is left alone."""
    rolled = rolled_out(fleet, "empty")
    fleet.type("empty", "event manager environment _email_server alerts:else@smtp.lab.test")
    back = fleet.go("rollback", undo=rolled.name)
    assert (back.states()["empty"], set(back.codes("empty"))) == ("failed", {"MT424"})
    assert fleet.world.core("empty").config.environment == {"_email_server": "alerts:else@smtp.lab.test"}
    assert fleet.world.shows("empty").count("certificate ca ") == 3, "the trust that it needs stays"


def test_what_was_changed_since_leaves_all_as_it_is(fleet, monkeypatch):
    """MT422 names it, and that router is not touched at all: half a way back would break what somebody has built on."""
    monkeypatch.setenv(KEY, Fernet.generate_key().decode())
    rolled = rolled_out(fleet, "empty", "variables", "foreign")
    fleet.type("variables", "event manager environment _email_to new@lab.example")
    fleet.type(
        "empty", f"no event manager applet {APPLET}", *applet_lines(APPLET, "event none", 'action 1 syslog msg "n"')
    )
    before = fleet.world.configured()
    back = fleet.go("rollback", undo=rolled.name)
    assert back.states() == {"empty": "failed", "variables": "failed", "foreign": "changed"}
    told = {name: [found.text for found in back.hosts[name].findings if found.code == "MT422"] for name in back.hosts}
    assert told == {
        "empty": [f"applet {APPLET} has been changed since"],
        "variables": ["variable _email_to has been changed since"],
        "foreign": [],
    }
    after = fleet.world.configured()
    assert {name for name in after if after[name] != before[name]} == {"foreign"}


@pytest.mark.parametrize(
    ("lines", "user", "held"),
    [
        (applet_lines("LinkDown", "event none", f"action 1 {MAILS}"), "applet LinkDown", "trust and variables"),
        (applet_lines("LinkDown", "event none", 'action 1 syslog msg "$_email_to"'), "applet LinkDown", "a variable"),
        (("event manager policy mail.tcl type user",), "policy mail.tcl", "trust and variables"),
    ],
)
def test_nothing_is_pulled_from_under_who_came_since(fleet, monkeypatch, lines, user, held):
    """Another applet mails with what the run has brought, a script may: MT422 names who relies on what, nothing goes."""
    monkeypatch.setenv(KEY, Fernet.generate_key().decode())
    rolled = rolled_out(fleet, "empty")
    fleet.type("empty", *lines)
    before = fleet.world.configured()
    back = fleet.go("rollback", undo=rolled.name)
    assert (back.code, back.states()["empty"], set(back.codes("empty"))) == (1, "failed", {"MT422"})
    told = [found.text for found in back.hosts["empty"].findings]
    assert f"{user} relies on variable _email_to" in told
    assert any(text.startswith(f"{user} relies on trustpoint CA-") for text in told) is (held != "a variable")
    assert fleet.world.configured() == before


def test_who_was_there_before_relies_on_nothing_new(fleet, monkeypatch):
    """An applet that mailed before the run holds nothing up; when it has been changed since, it does."""
    monkeypatch.setenv(KEY, Fernet.generate_key().decode())
    fleet.type("empty", *applet_lines("LinkDown", "event none", f"action 1 {MAILS}"))
    running = fleet.world.shows("empty")
    rolled = rolled_out(fleet, "empty")
    back = fleet.go("rollback", "empty", undo=rolled.name)
    assert (back.states()["empty"], fleet.world.shows("empty")) == ("changed", running)
    rolled = rolled_out(fleet, "empty")
    fleet.type("empty", *applet_lines("LinkDown", "action 2 syslog msg else"))
    assert set(fleet.go("rollback", "empty", undo=rolled.name).codes("empty")) == {"MT422"}


def test_a_router_that_was_undone_at_once_is_not_rolled_back(fleet, monkeypatch):
    """What stands there now is the work of a later run."""
    monkeypatch.setenv(KEY, Fernet.generate_key().decode())
    failed = fleet.go("rollout", "empty", "old-action", workers=1)
    assert (failed.states()["old-action"], failed.codes("old-action")) == ("failed", ["MT224", "MT421"])
    assert list(fleet.go("rollback", undo=failed.name).hosts) == ["empty"]


def test_somebodys_unsaved_changes_are_not_saved(fleet, monkeypatch):
    """Going back saves no more than going forth: MT425."""
    monkeypatch.setenv(KEY, Fernet.generate_key().decode())
    rolled = rolled_out(fleet, "empty")
    fleet.type("empty", "snmp-server contact somebody")
    back = fleet.go("rollback", undo=rolled.name)
    assert (back.states()["empty"], back.codes("empty")) == ("changed", ["MT425"])
    assert not back.hosts["empty"].saved
    assert "snmp-server contact" not in fleet.world.shows("empty", "show startup-config")
    assert APPLET not in fleet.world.shows("empty")


def test_another_key_is_told(fleet, monkeypatch):
    """Nothing is touched when the values cannot be unsealed."""
    monkeypatch.setenv(KEY, Fernet.generate_key().decode())
    rolled = rolled_out(fleet, "variables")
    held = fleet.world.configured()
    monkeypatch.setenv(KEY, Fernet.generate_key().decode())
    with pytest.raises(UsageError, match="sealed with another key"):
        fleet.go("rollback", undo=rolled.name)
    monkeypatch.setenv(KEY, "short")
    with pytest.raises(UsageError, match="make one with: openssl rand"):
        fleet.go("rollback", undo=rolled.name)
    assert fleet.world.configured() == held


def test_a_run_that_changed_nothing_cannot_be_undone(fleet):
    """It says so rather than to report nobody."""
    looked = fleet.go("plan")
    with pytest.raises(UsageError, match="has changed none of the selected hosts"):
        fleet.go("rollback", undo=looked.name)
    with pytest.raises(UsageError, match="no run of that name"):
        fleet.go("rollback", undo="nothing")


def no_secret(*runs: Told) -> None:
    for told in runs:
        for path in told.path.rglob("*"):
            if path.is_file():
                assert [secret for secret in SECRETS if secret.encode() in path.read_bytes()] == [], path
