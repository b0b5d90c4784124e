"""Planted secrets: no byte of what a run leaves, prints or logs holds one, in whatever spelling, whatever fails."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.authority import Authority
from lab.fleet import HostedFleet, applet_lines, configure, variable_lines
from lab.inventory import MailService, write_inventory
from lab.mailhost import Account, MailHost
from lab.personality import Answer, Faults
from tests.support.world import LOGIN, SENDER, SERVER, Ran, World, edited, router, usual_mail

SMTP, WRONG, ROUTER, ENABLE, OTHER = (
    "Sm+p/=&%pa:ss'w0rd",
    "Wr0ng+/=&%smtp",
    "R0ut+er/=&%login",
    "En4b+le/=&%secret",
    "0ld+/=&%foreign",
)
SECRETS = {"SMTP": SMTP, "another SMTP": WRONG, "router": ROUTER, "enable": ENABLE, "of somebody": OTHER}


SERVER_LINE = f"version 17.9\nevent manager environment _email_server old:{OTHER}@old"
CUT = {
    "cut": Faults(answers=(Answer("show running-config.*", f"{SERVER_LINE}\n"),)),
    "cut-short": Faults(answers=(Answer("show running-config.*", SERVER_LINE),)),
}
"""An answer that ends in the midst of somebody's password."""
TYPED = (f"snmp-server community {OTHER} RO", f"event manager environment _ftp_password {OTHER}")


@dataclass(frozen=True)
class Leak:
    """All that two runs left, printed and logged."""

    rolled: Ran
    verified: Ran
    texts: dict[str, bytes]


@pytest.fixture(scope="module")
def leak(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Leak]:
    folder = tmp_path_factory.mktemp("secrets")
    make = {"host_login": ("admin", ROUTER)}
    rest = 'to "a@b.c" from "a@b.c" subject "s" body "b"'
    servers = ("$_email_server", f"x:{OTHER}@old.example")
    actions = (f'action {label}.0 mail server "{server}" {rest}' for label, server in enumerate(servers))
    somebodys = applet_lines("Old", "event none", *actions)
    specs = [
        router("good", **make),
        router("enable", **make, enable_secret=ENABLE),
        router("wrong-enable", **make, enable_secret="An0ther+/=secret"),
        router("wrong-smtp", **make),
        router("drop", **make, faults=Faults(at="run", times=2)),
        router("hang", **make, faults=Faults(at="mid-paste", act="hang", times=2)),
        router("once", **make, faults=Faults(at="after-paste")),
        *(router(name, **make, faults=faults) for name, faults in CUT.items()),
        router("unsaved", **make),
        router("no-mail-tls", **make, mail_tls=False),
        router("changed", *variable_lines({"_email_server": f"old:{OTHER}@old.example"}), **make),
        router("foreign", *variable_lines({"_email_server": f"old:{OTHER}@old.example"}), *somebodys, **make),
        router("at-in-login", **make),
        router("refused", **make, faults=Faults(refuse_login=True)),
        router("narrow", **make, faults=Faults(noise=True, width=24)),
    ]
    with (
        MailHost.in_thread(authority.chain(), [Account(LOGIN, SMTP, (SENDER,))]) as mail,
        HostedFleet(specs) as fleet,
    ):
        service = MailService(SERVER, mail.port, authority.trust_set(), LOGIN, SMTP, SENDER)
        data = {
            "wrong-smtp": usual_mail(password="env:WRONG_SMTP"),
            "at-in-login": usual_mail(password="cmd:cat smtp-password", login=f"{LOGIN}@lab.example"),
            "good": usual_mail(password="cmd:cat smtp-password"),
        }
        config = write_inventory(folder, fleet, service, host_data=data)
        with edited(config) as settings:
            settings["logging"] = {
                "enabled": True,
                "level": "DEBUG",
                "log_file": "nornir.log",
                "loggers": ["nornir", "scrapli"],
            }
            settings["user_defined"]["mailtrust"] |= {"burst_seconds": 2, "host_seconds": 20}
        with edited(folder / "inventory/groups.yaml") as groups:
            groups["lab"]["password"] = "env:ROUTER_PASSWORD"
        with edited(folder / "inventory/hosts.yaml") as hosts:
            for host in hosts.values():
                host.pop("password", None)
                host.pop("username", None)
            hosts["enable"]["connection_options"]["scrapli"]["extras"]["auth_secondary"] = "file:enable-secret"
            hosts["wrong-enable"]["connection_options"]["scrapli"]["extras"]["auth_secondary"] = "file:enable-secret"
        (folder / "inventory/enable-secret").write_text(f"{ENABLE}\n")
        world = World(folder, config, authority, mail, fleet)
        fleet.call(configure(world.core("unsaved"), TYPED))
        env = {"WRONG_SMTP": WRONG, "ROUTER_PASSWORD": ROUTER}
        rolled = world.run("rollout", "-v", env=env)
        verified = world.run("verify", "-v", "--output", "json", env=env)
        assert any(message.subject for message in mail.messages())
        yield Leak(rolled, verified, dict(texts(folder, rolled, verified)))


def texts(folder: Path, *runs: Ran) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file() and "inventory" not in path.parts:
            yield str(path.relative_to(folder)), path.read_bytes()
    for ran in runs:
        yield f"stdout of {ran.directory.name}", ran.out.encode()
        yield f"stderr of {ran.directory.name}", ran.err.encode()


def spellings(secret: str) -> set[bytes]:
    """As it is, and as the usual encoders write it; base64 alone and behind a user name."""
    plain = {
        secret,
        repr(secret)[1:-1],
        json.dumps(secret)[1:-1],
        html.escape(secret),
        urllib.parse.quote(secret),
        urllib.parse.quote(secret, safe=""),
        urllib.parse.quote_plus(secret),
    }
    raw = {base64.b64encode(f"{before}{secret}".encode()) for before in ("", f"\0{LOGIN}\0", f"{LOGIN}:", "admin:")}
    return {each.encode() for each in plain} | {each.rstrip(b"=")[4:-2] for each in raw}


def test_the_story_is_as_bad_as_it_should_be(leak: Leak) -> None:
    """The runs went through everything that could talk: helped, refused, lost, hung and failing hosts, and logs."""
    states = leak.rolled.states()
    changed = {"good", "enable", "changed", "narrow", "once", "unsaved"}
    assert {name for name, state in states.items() if state == "changed"} == changed
    expected = {
        "wrong-enable": "MT406", "wrong-smtp": "MT303", "no-mail-tls": "MT224", "foreign": "MT222", "at-in-login": "MT101",
        "refused": "MT402", "drop": "MT435", "hang": "MT435", "once": "MT435", "cut": "MT427", "unsaved": "MT425",
        "cut-short": "MT435",
    }  # fmt: skip
    assert {name: leak.rolled.codes(name)[0] for name in expected} == expected
    assert "nornir.log" in leak.texts
    assert b"DEBUG" in leak.texts["nornir.log"]


@pytest.mark.parametrize("whose", SECRETS)
def test_no_byte_holds_a_secret(leak: Leak, whose: str) -> None:
    """Run directories, log files, standard output and error: none of them, in no spelling."""
    found = [
        (name, spelling)
        for name, text in leak.texts.items()
        for spelling in spellings(SECRETS[whose])
        if spelling in text
    ]
    assert found == []


def test_no_text_holds_a_secret_that_the_terminal_wrapped(leak: Leak) -> None:
    """Neither where a router or a log broke the line in its midst."""
    for name, text in leak.texts.items():
        flat = text.replace(b"\r", b"").replace(b"\n", b"")
        assert [whose for whose, secret in SECRETS.items() if secret.encode() in flat] == [], name


def test_what_is_hidden_can_be_told_from_what_is_not_there(leak: Leak) -> None:
    """Three stars stand where a password stood, and all else of the line stays."""
    assert f"event manager environment _email_server {LOGIN}:***@{SERVER}" in leak.rolled.said("good")
    assert f"{LOGIN}:***@{SERVER}" in leak.rolled.said("wrong-smtp")


def test_json_on_standard_output_is_whole(leak: Leak) -> None:
    """Redaction does not spoil the document: it is the run.json of the run, and nothing else."""
    assert json.loads(leak.verified.out) == leak.verified.report
