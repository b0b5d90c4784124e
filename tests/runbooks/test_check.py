"""`mailtrust check`: all that is wrong with an inventory is told at once, with file and line, and without any secret."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

from lab.fleet import HostedFleet, Spec
from lab.personality import Faults, Personality
from mailtrust.errors import InventoryError
from runbooks.check import check
from runbooks.commands_check import add_to
from runbooks.init import init
from tests.support.doors import key
from tests.support.inventory import MAIL, write_fleet
from tests.support.world import run_cli

SECRET = "s3cr3t-pw"


@pytest.fixture(autouse=True)
def _surroundings(tmp_path, monkeypatch):
    """Nothing of this machine's user is seen; the routers' password is where the inventory says."""
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    monkeypatch.setenv("ROUTERS", "admin")


def run(config, *words):
    app = typer.Typer()
    app.command("other")(lambda: None)
    add_to(app)
    return CliRunner().invoke(app, ["check", "--config", str(config), *words])


def codes(report, name):
    return sorted(each.code for host in report.hosts if host.name == name for each in host.findings)


def line_of(path: Path, text: str) -> int:
    return next(number for number, line in enumerate(path.read_text().splitlines(), 1) if text in line)


def test_a_sound_inventory(tmp_path):
    """Nothing to say, exit code 0."""
    done = run(write_fleet(tmp_path, {"r1": {"hostname": "192.0.2.1"}}))
    assert (done.exit_code, done.stdout) == (0, "1 host checked: all fine\n")


def test_keys_that_nobody_reads(tmp_path):
    """Unknown keys of hosts, groups, defaults, connections and scrapli's extras are warnings with file, line and guess."""
    hosts = {"r1": {"hostnmae": "192.0.2.1", "hostname": "192.0.2.1", "groups": ["g"]}}
    extras = {"scrapli": {"extras": {"auth_strickt_key": True, "transport": "ssh2"}, "prot": 22}}
    config = write_fleet(tmp_path, hosts, groups={"g": {"connection_options": extras, "data": {"whatever": 1}}})
    defaults = tmp_path / "inventory/defaults.yaml"
    defaults.write_text(defaults.read_text() + "pasword: x\n")
    checked = check(config)
    told = [
        (each.code, each.severity, Path(each.text.split(":")[0]).name, int(each.text.split(":")[1]))
        for each in checked.remarks
    ]
    files = {name: tmp_path / f"inventory/{name}.yaml" for name in ("hosts", "groups", "defaults")}
    assert told == [
        ("MT107", "warning", f"{name}.yaml", line_of(files[name], word))
        for name, word in [
            ("hosts", "hostnmae"),
            ("groups", "prot"),
            ("groups", "auth_strickt_key"),
            ("defaults", "pasword"),
        ]
    ]
    guesses = [each.text.rpartition("did you mean ")[2] for each in checked.remarks]
    assert guesses == ["'hostname'?", "'port'?", "'auth_strict_key'?", "'password'?"]
    assert checked.report.exit_code == 0


def test_keys_that_stand_twice(tmp_path):
    """A second host of the same name would replace the first without a word: no verb works with such a file."""
    twice = "r1: {hostname: 192.0.2.1}\nr2: {hostname: 192.0.2.2}\nr1: {hostname: 192.0.2.3}\n"
    with pytest.raises(InventoryError, match=r"hosts\.yaml:3: r1 stands here again, first in line 1"):
        check(write_fleet(tmp_path, twice))
    provider = "relay:\n  server: relay.example.com\n  security: none\n  server: other.example.com\n"
    with pytest.raises(InventoryError, match=r"providers\.yaml:4: server stands here again, first in line 2"):
        check(write_fleet(tmp_path, {"r1": {"hostname": "192.0.2.1"}}, providers=provider))


def test_merged_and_shared_yaml_is_no_repetition(tmp_path):
    """Anchors, aliases and merge keys that are overridden are what YAML has them for."""
    hosts = "r1: &usual\n  hostname: 192.0.2.1\n  port: 22\nr2:\n  <<: *usual\n  hostname: 192.0.2.2\n"
    assert check(write_fleet(tmp_path, hosts)).report.exit_code == 0


def test_a_host_with_nothing_below_its_name(tmp_path):
    """It is told with its line instead of Nornir's own words."""
    with pytest.raises(InventoryError, match=r"hosts\.yaml:2: r2: expected a mapping"):
        check(write_fleet(tmp_path, "r1: {hostname: 192.0.2.1}\nr2:\n"))


def test_every_bad_host_is_told(tmp_path):
    """Each host's mail data are judged by themselves: file and line where they stand, exit code 1."""
    hosts = {
        "good": {"hostname": "192.0.2.1"},
        "own": {"hostname": "192.0.2.2", "data": {"mail": {**MAIL, "sneder": "x"}}},
        "grouped": {"hostname": "192.0.2.3", "groups": ["g"]},
        "elsewhere": {"hostname": "192.0.2.4", "data": {"mail": {**MAIL, "provider": "nobody"}}},
    }
    bad = {key_: value for key_, value in MAIL.items() if key_ != "to"}
    config = write_fleet(tmp_path, hosts, groups={"g": {"data": {"mail": bad}}})
    report = check(config).report
    said = {host.name: [each.text for each in host.findings if each.code == "MT108"] for host in report.hosts}
    inventory = tmp_path / "inventory"
    assert said["good"] == []
    assert f"hosts.yaml:{line_of(inventory / 'hosts.yaml', 'sneder')}: mail.sneder: unknown key" in said["own"][0]
    assert "did you mean 'sender'?" in said["own"][0]
    assert f"groups.yaml:{line_of(inventory / 'groups.yaml', 'mail:')}: mail.to: is missing" in said["grouped"][0]
    assert "'nobody' is not in" in said["elsewhere"][0]
    assert (report.exit_code, report.totals["failed"]) == (1, 3)


def test_secrets_in_clear_are_told_and_not_shown(tmp_path):
    """Passwords of routers, SMTP and IMAP that are no references are warnings with file and line, never with the value."""
    hosts = {
        "r1": {
            "hostname": "192.0.2.1",
            "password": SECRET,
            "connection_options": {"scrapli": {"extras": {"auth_secondary": f"{SECRET}-enable"}}},
            "data": {
                "mail": {**MAIL, "login": "alerts", "password": f"{SECRET}-smtp"},
                "credentials": [{"username": "local", "password": f"{SECRET}-local"}],
            },
        }
    }
    mailbox = {"server": "imap.example.com", "user": "noc", "password": f"{SECRET}-imap"}
    relay = {"server": "relay.example.com", "security": "none", "sender": "any", "mailbox": mailbox}
    config = write_fleet(tmp_path, hosts, providers={"relay": relay})
    hosts_file, providers_file = tmp_path / "inventory/hosts.yaml", tmp_path / "inventory/providers.yaml"
    for words in ((), ("--output", "json")):
        done = run(config, *words)
        assert done.exit_code == 0
        assert SECRET not in done.stdout
    told = [each.text.removeprefix(f"{tmp_path}/inventory/") for each in check(config).remarks if each.code == "MT109"]
    found = {f"-{name}": line_of(hosts_file, f"{SECRET}-{name}") for name in ("enable", "smtp", "local")}
    assert sorted(told) == sorted(
        [
            f"hosts.yaml:{line_of(hosts_file, f'password: {SECRET}')}: r1.password",
            f"hosts.yaml:{found['-enable']}: r1.connection_options.scrapli.extras.auth_secondary",
            f"hosts.yaml:{found['-smtp']}: r1.data.mail.password",
            f"hosts.yaml:{found['-local']}: r1.data.credentials.0.password",
            f"providers.yaml:{line_of(providers_file, SECRET)}: relay.mailbox.password",
        ]
    )


def test_logins_that_cannot_work(tmp_path):
    """No host name, no user, no password and no key, a key that is not there, a number: each is told at its host."""
    usual = {"hostname": "192.0.2.1", "username": "netops", "password": "env:ROUTERS"}
    hosts = {
        "gaps": {},
        "number": {**usual, "password": 7, "port": 23},
        "key": {"hostname": "192.0.2.1", "username": "netops", "port": 24},
        "port": {**usual, "port": "ssh"},
        "list": {**usual, "data": {"credentials": [{"user": "x"}]}, "port": 25},
    }
    hosts["key"]["connection_options"] = {"scrapli": {"extras": {"auth_private_key": "/not/there"}}}
    config = write_fleet(tmp_path, hosts, defaults={"data": {"mail": MAIL}})
    report = check(config).report
    said = {host.name: " ".join(f"{each.code} {each.text}" for each in host.findings) for host in report.hosts}
    assert "MT110 hostname and username and password not set" in said["gaps"]
    assert "MT108 host number: password: expected text, got a int; put it in quotes" in said["number"]
    assert "MT110 auth_private_key: there is no file /not/there" in said["key"]
    assert "MT108 host port: port: expected a whole number, got 'ssh'" in said["port"]
    assert "MT108 host list: credentials: expected a list" in said["list"]


def test_one_router_under_two_names(tmp_path, monkeypatch):
    """Two hosts of one address and port are warned of at both; another port is another router. Nobody is asked."""
    monkeypatch.setattr("tasks.addresses.resolve", lambda *_: pytest.fail("a name server was asked"))
    hosts = {
        "r1": {"hostname": "R1.example"},
        "r2": {"hostname": "r1.example.", "port": 22},
        "r3": {"hostname": "r1.example", "port": 2222},
        "r4": {"hostname": "2001:db8::1"},
        "r5": {"hostname": "2001:DB8:0::1"},
    }
    checked = check(write_fleet(tmp_path, hosts))
    assert [codes(checked.report, name) for name in hosts] == [["MT419"], ["MT419"], [], ["MT419"], ["MT419"]]
    assert checked.report.exit_code == 0


def test_trust_files_of_all_providers(tmp_path):
    """One that cannot be read is exit code 2; what is to be said about one that no host uses is said about the file."""
    hosts = {"r1": {"hostname": "192.0.2.1"}}
    relay = {"server": "relay.example.com", "security": "none", "sender": "any"}
    other = {"server": "other.example.com", "trust": "trust/other.pem"}
    config = write_fleet(tmp_path, hosts, providers={"relay": relay, "other": other})
    with pytest.raises(InventoryError, match=r"trust/other\.pem: there is no such file"):
        check(config)
    scaffold = Path(__file__).resolve().parents[2] / "inventory/trust/gmail.pem"
    (tmp_path / "inventory/trust").mkdir()
    (tmp_path / "inventory/trust/other.pem").write_text(scaffold.read_text() * 2)
    checked = check(config)
    assert "MT203" in {each.code for each in checked.remarks}
    assert list(checked.unused) == ["provider other"]


def test_a_known_hosts_file_that_cannot_be_understood(tmp_path):
    """It is exit code 2 before anything is connected, with its line."""
    config = write_fleet(tmp_path, {"r1": {"hostname": "192.0.2.1"}})
    (tmp_path / "inventory/known_hosts").write_text("# ours\nnonsense\n")
    with pytest.raises(InventoryError, match=r"known_hosts:2: "):
        check(config)


def test_a_reference_that_is_not_here(tmp_path, monkeypatch):
    """It is a warning, since it may be there where the run is made; with --connect it is the host's error."""
    monkeypatch.delenv("ROUTERS")
    config = write_fleet(tmp_path, {"r1": {"hostname": "127.0.0.1", "port": 9}})
    done = run(config)
    assert done.exit_code == 0
    assert "warning: env:ROUTERS: the environment variable ROUTERS is not set" in done.stdout
    assert codes(check(config, connect=True).report, "r1") == ["MT108"]


# --- with --connect --------------------------------------------------------------------------------------------------


def router(name, *lines, **make):
    return Spec(name, Personality(**{"hostname": name, **make}), lines)


@pytest.fixture(scope="module")
def fleet():
    named = "ip host relay.example.com 192.0.2.25"
    specs = [
        router("sound"),
        router("refuses", faults=Faults(refuse_login=True)),
        router("changed"),
        router("clockless", clock="never-set"),
        router("nameless", "no ip name-server 192.0.2.53"),
        router("told", "no ip name-server 192.0.2.53", named),
        router("shut"),
    ]
    with HostedFleet(specs) as running:
        yield running


def test_connecting_tells_what_stands_in_the_way(fleet, tmp_path):
    """Each router is asked once: key, login, clock, name server and interface come with the findings of the files."""
    strict = {"connection_options": {"scrapli": {"extras": {"auth_strict_key": True}}}}
    hosts = {name: {"hostname": "127.0.0.1", "port": each.port} for name, each in fleet.routers.items()}
    hosts["changed"] |= strict
    hosts["shut"]["data"] = {"mail": {**MAIL, "source_interface": "Gi2"}}
    hosts["nobody"] = {"hostname": "127.0.0.1", "port": 9}
    hosts["spared"] = {"hostname": "127.0.0.1", "port": 9, "data": {"mail": {**MAIL, "provider": "none"}}}
    defaults = {
        "username": "admin",
        "password": "env:ROUTERS",
        "platform": "cisco_iosxe",
        "connection_options": {"scrapli": {"extras": {"auth_strict_key": False}}},
        "data": {"mail": MAIL},
    }
    config = write_fleet(tmp_path, hosts, defaults=defaults)
    public = key().export_public_key().decode()
    (tmp_path / "inventory/known_hosts").write_text(f"[127.0.0.1]:{hosts['changed']['port']} {public}")
    report = check(config, connect=True).report
    states = {host.name: host.state for host in report.hosts}
    assert {name: codes(report, name) for name in hosts} == {
        "sound": [],
        "refuses": ["MT402"],
        "changed": ["MT403"],
        "clockless": ["MT412"],
        "nameless": ["MT431"],
        "told": [],
        "shut": ["MT432"],
        "nobody": ["MT401", "MT419"],
        "spared": ["MT108", "MT419"],
    }
    assert [name for name, state in states.items() if state == "failed"] == ["refuses", "changed", "spared"]
    assert states["nobody"] == "unreachable"
    assert {host.name: host.round_trips for host in report.hosts}["sound"] == 1
    assert report.exit_code == 1


def test_as_json(tmp_path):
    """--output json is one document: the hosts as in run.json, and what is about files beside them."""
    config = write_fleet(tmp_path, {"r1": {"hostname": "192.0.2.1", "pasword": "x"}})
    told = json.loads(run(config, "--output", "json").stdout)
    assert [host["name"] for host in told["hosts"]] == ["r1"]
    assert [remark["code"] for remark in told["remarks"]] == ["MT107"]
    assert told["unused"] == told["unresolved"] == []


def test_the_scaffold_is_clean(tmp_path, monkeypatch):
    """What `mailtrust init` writes gives no remark of its own."""
    scaffold = Path(__file__).resolve().parents[2]
    product = yaml.safe_load((scaffold / "config.yaml").read_text())
    assert product
    monkeypatch.setenv("ROUTER_PASSWORD", "x")
    monkeypatch.setenv("GMAIL_APP_PASSWORD", "abcdabcdabcdabcd")
    checked = check(scaffold / "config.yaml")
    assert [each for each in checked.remarks if each.code in {"MT107", "MT109"}] == []
    assert os.environ["HOME"].endswith("nobody")


@pytest.mark.parametrize(
    ("waves", "said", "code"), [("1,rest", "2 waves: 1, 1 hosts", 0), ("1,many", "'many' is neither", 2)]
)
def test_waves_are_checked_too(tmp_path, waves, said, code):
    """Waves of config.yaml are shown as they would be cut, and refused when they cannot be meant."""
    init(tmp_path)
    config = tmp_path / "config.yaml"
    config.write_text(config.read_text().replace("# waves: 1,5%,25%,rest", f"waves: {waves}"))
    done = run_cli("check", "--config", config)
    assert said in done.out + done.err
    assert done.code == code
