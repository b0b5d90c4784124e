"""From inventory data to what opens a door: Nornir's inheritance, references, one alternative, the known keys."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from lab.fleet import variable_lines
from mailtrust.errors import InventoryError
from mailtrust.host_keys import NOBODY_KNOWN
from runbooks.check import check
from runbooks.fleet import open_fleet, orders
from runbooks.logins import login_of
from tests.support.doors import Door, key
from tests.support.inventory import MAIL, write_fleet
from tests.support.world import Wish, router


@pytest.fixture
def logins(tmp_path, monkeypatch):
    """``logins(hosts, data)``: the login of each host of such a fleet; ``data`` is what all of them share."""
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    monkeypatch.setenv("ROUTERS", "tacacs-pw")
    monkeypatch.setenv("LOCAL", "local-pw")

    def made(hosts, **data):
        defaults = {"username": "netops", "password": "env:ROUTERS", "data": {"mail": MAIL, **data}}
        fleet = open_fleet(write_fleet(tmp_path, hosts, defaults=defaults))
        return {name: login_of(host, fleet.vault, fleet.known_files) for name, host in fleet.hosts.items()}

    return made


LOCAL = {"username": "local", "password": "env:LOCAL"}
OTHER = {"username": "other", "password": "x"}
OWN = {"username": "netops", "password": "env:ROUTERS"}


def test_the_first_other_credential_is_the_alternative(logins):
    """It is inherited like all data; the host's own login written again is none; there is never a third."""
    hosts = {
        "usual": {"hostname": "r1"},
        "own-first": {"hostname": "r2", "data": {"credentials": [OWN, OTHER, LOCAL]}},
        "only-own": {"hostname": "r3", "data": {"credentials": [OWN]}},
        "is-local": {"hostname": "r4", "username": "local", "password": "env:LOCAL"},
    }
    made = logins(hosts, credentials=[LOCAL, OTHER])
    alternatives = {name: each.alternative and each.alternative.username for name, each in made.items()}
    assert alternatives == {"usual": "local", "own-first": "other", "only-own": None, "is-local": "other"}
    usual = made["usual"]
    assert (usual.username, usual.password.reveal()) == ("netops", "tacacs-pw")
    assert usual.alternative.password.reveal() == "local-pw"
    assert usual.alternative.alternative is None


def test_a_user_name_is_no_secret(tmp_path, monkeypatch):
    """Neither the own one nor that of the alternative, plain or by reference; every password is, plain or not."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("WHO", "netops")
    enable = {"connection_options": {"scrapli": {"extras": {"auth_secondary": "en4ble-pw"}}}}
    others = {"data": {"mail": MAIL, "credentials": [{"username": "local", "password": "l0cal-pw"}]}}
    host = {"hostname": "r1", "username": "env:WHO", "password": "r0uter-pw", **enable, **others}
    fleet = open_fleet(write_fleet(tmp_path, {"r1": host}))
    (order,) = orders(fleet, now=datetime(2026, 11, 1, tzinfo=timezone.utc)).values()
    assert (order.login.username, order.login.alternative.username) == ("netops", "local")
    assert (
        fleet.redactor().redact("netops@r1 local! r0uter-pw, l0cal-pw, en4ble-pw") == "netops@r1 local! ***, ***, ***"
    )


def test_who_may_not_log_in_is_told(worlds):
    """On the screen and in what the run leaves: the user name in clear, the password nowhere."""
    world = worlds([router("r1", host_login=("netops", "r1ght-pw"))], Wish())
    hosts = world.directory / "inventory/hosts.yaml"
    hosts.write_text(hosts.read_text(encoding="utf-8").replace("r1ght-pw", "wr0ng-pw"), encoding="utf-8")
    ran = world.run("plan")
    told = [ran.out, ran.err, *(path.read_text(encoding="utf-8") for path in ran.directory.glob("*.json*"))]
    assert [text.count("'netops' may not log in") > 0 for text in told] == [True] * 4
    assert not any("wr0ng-pw" in text for text in told)


def test_what_only_looks_like_a_secret_is_kept(worlds):
    """The lab's password is admin, and an old recipient that begins with netadmins is written down for the way back."""
    world = worlds([router("r1", *variable_lines({"_email_to": "netadmins@corp.example"}))])
    ran = world.run("rollout")
    before = json.loads((ran.directory / "before/r1.json").read_text(encoding="utf-8"))
    assert ran.code == 0
    assert before["variables"] == [
        {"name": "_email_to", "value": {"plain": "event manager environment _email_to netadmins@corp.example"}}
    ]


def test_a_user_name_that_is_not_there_yet(tmp_path):
    """It is noted like a password that another machine has, and is no error."""
    host = {"hostname": "192.0.2.1", "username": "env:NOT_HERE", "password": "env:NEITHER"}
    checked = check(write_fleet(tmp_path, {"r1": host}))
    assert [text.partition(": ")[0] for text in checked.unresolved] == ["env:NOT_HERE", "env:NEITHER"]
    assert (checked.report.exit_code, checked.report.hosts[0].findings) == (0, ())


@pytest.mark.parametrize("wrong", ["local", {"username": "local"}, [{"username": "local"}], [{**LOCAL, "enable": "x"}]])
def test_credentials_have_one_form(logins, wrong):
    """Anything but a list of user names with passwords is told at its host."""
    with pytest.raises(InventoryError, match="host r1: credentials: expected a list"):
        logins({"r1": {"hostname": "r1"}}, credentials=wrong)


def test_known_keys_come_from_the_fleet_s_file(logins, tmp_path):
    """Pinned beside hosts.yaml, by address and port; a host that has the check switched off relies on nothing."""
    one = key()
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory/known_hosts").write_text(Door(keys=[one]).line("[r1]:2222"))
    off = {"connection_options": {"scrapli": {"extras": {"auth_strict_key": False}}}}
    hosts = {
        "r1": {"hostname": "r1", "port": 2222},
        "r2": {"hostname": "r1"},
        "r3": {"hostname": "r1", "port": 2222, **off},
    }
    made = logins(hosts)
    assert [each.blob for each in made["r1"].known.keys] == [one.convert_to_public().public_data]
    assert made["r2"].known.keys == ()
    assert str(tmp_path / "inventory/known_hosts") in made["r2"].known.files
    assert made["r3"].known == NOBODY_KNOWN


def test_the_user_s_file_serves_who_is_not_pinned(logins, tmp_path):
    """~/.ssh/known_hosts is looked into for hosts that the fleet's file does not know, unless a file is named."""
    mine = tmp_path / "nobody/.ssh/known_hosts"
    mine.parent.mkdir(parents=True)
    mine.write_text(Door(keys=[key()]).line("r1"))
    named = {"connection_options": {"scrapli": {"extras": {"ssh_known_hosts_file": "mine"}}}}
    made = logins({"r1": {"hostname": "r1"}, "r2": {"hostname": "r1", **named}})
    assert made["r1"].known.files == (str(mine),)
    assert (made["r2"].known.keys, made["r2"].known.files) == ((), (str(tmp_path / "inventory/mine"),))
