"""A small world for whole runs: emulated routers, a mail server, an inventory, and the command as a user starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives.serialization import Encoding

from lab import cli
from lab.authority import Authority
from lab.certificate import Certificate
from lab.fleet import HostedFleet, Spec, host_lines
from lab.inventory import APPLETS, MailService, write_inventory
from lab.mailhost import MailHost
from lab.personality import Personality
from lab.session import Session
from lab.smtpserver import Account

ROOT = Path(__file__).resolve().parents[2]
LOGIN, PASSWORD, SENDER, SERVER = "alerts", "s3cr3t-pw", "alerts@lab.example", "smtp.lab.test"
APPLET = "SendSecureEmailEEM"
DNS = host_lines({SERVER: "127.0.0.1"})
LONGEST_RUN = 120
_COUNTED = ("! Last configuration change", "Current configuration : ", "Using ")


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str


def run_cli(*words: object, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> Done:
    """The real command in a process of its own, with nothing on standard input."""
    done = subprocess.run(
        [sys.executable, "-m", "runbooks", *map(str, words)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST_RUN,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Ran(Done):
    """A verb that reached routers, and the run directory that it left."""

    directory: Path

    @cached_property
    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads((self.directory / "run.json").read_text(encoding="utf-8"))
        return report

    @cached_property
    def hosts(self) -> dict[str, dict[str, Any]]:
        return {host["name"]: host for host in self.report["hosts"]}

    def states(self) -> dict[str, str]:
        return {name: host["state"] for name, host in self.hosts.items()}

    def codes(self, name: str) -> list[str]:
        return [found["code"] for found in self.hosts[name]["findings"]]

    def errors(self, name: str) -> list[str]:
        """The codes of what made this host fail."""
        return [found["code"] for found in self.hosts[name]["findings"] if found["severity"] == "error"]

    def said(self, name: str) -> str:
        """What was heard from this router."""
        return (self.directory / "transcripts" / f"{name}.log").read_text(encoding="utf-8")

    def journal(self) -> list[dict[str, Any]]:
        text = (self.directory / "journal.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]


@dataclass(frozen=True)
class World:
    """Everything that one test module needs."""

    directory: Path
    config: Path
    authority: Authority
    mail: MailHost
    fleet: HostedFleet

    def run(self, verb: str, *words: object, env: Mapping[str, str] | None = None, config: Path | None = None) -> Ran:
        """A verb with ``--config``; it must have made exactly one run directory."""
        before = self.runs()
        done = run_cli(verb, "--config", config or self.config, *words, cwd=self.directory, env=env)
        new = self.runs() - before
        assert len(new) == 1, (done.code, done.out[-500:], done.err[-2000:])
        return Ran(done.code, done.out, done.err, new.pop())

    def runs(self) -> set[Path]:
        folder = self.directory / "runs"
        return {journal.parent for journal in folder.glob("*/journal.jsonl")}

    def core(self, name: str) -> Any:
        """The inside of a router."""
        return self.fleet.routers[name].core

    def shows(self, name: str, command: str = "show running-config") -> str:
        """What a router shows, asked from within: no line, no faults. Without size and time of the last change."""
        text: str = self.fleet.call(cli.enter(Session(self.core(name)), command))
        return "\n".join(line for line in text.splitlines() if not line.startswith(_COUNTED))

    def configured(self) -> dict[str, str]:
        """The running-config and the startup-config of every router."""
        return {name: self.shows(name) + self.shows(name, "show startup-config") for name in self.fleet.routers}

    def subjects(self) -> list[str]:
        return [message.subject for message in self.mail.messages()]


@dataclass(frozen=True)
class Wish:
    """How a world's inventory departs from the usual one."""

    host_data: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    unreachable: tuple[str, ...] = ()
    applets: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: dict(APPLETS))
    product: Mapping[str, Any] = field(default_factory=dict)
    """More of user_defined.mailtrust."""
    provider: Mapping[str, Any] = field(default_factory=dict)
    state: str = "cross-signed"
    """What the mail server presents; a key of ``Authority.chains``."""
    password: str = PASSWORD


USUAL = Wish()
Worlds = Callable[..., World]


@contextmanager
def world(directory: Path, authority: Authority, specs: Iterable[Spec], wish: Wish = USUAL) -> Iterator[World]:
    """These routers and a mail server, running; with an inventory of them in ``directory``."""
    account = Account(LOGIN, wish.password, (SENDER,))
    with MailHost.in_thread(authority.chain(wish.state), [account]) as mail, HostedFleet(specs) as fleet:
        service = MailService(
            SERVER, mail.port, authority.trust_set(), LOGIN, wish.password, SENDER, extras=dict(wish.provider)
        )
        config = write_inventory(
            directory,
            fleet,
            service,
            host_data=wish.host_data,
            unreachable=wish.unreachable,
            applets=wish.applets,
        )
        with edited(config) as settings:
            settings["user_defined"]["mailtrust"] |= dict(wish.product)
        yield World(directory, config, authority, mail, fleet)


@contextmanager
def edited(path: Path) -> Iterator[Any]:
    """The YAML of a file, to be changed in place."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    yield data
    path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")


def router(name: str, *lines: str, **make: Any) -> Spec:
    """A router that can find the mail server, of this make, with these lines configured and saved."""
    return Spec(name, Personality(**{"hostname": name, **make}), (*DNS, *lines))


def usual_mail(**changes: Any) -> dict[str, Any]:
    """``data`` of one host: the usual mail data with changes; needs ``LAB_SMTP`` in the environment."""
    mail = {
        "provider": "lab",
        "login": LOGIN,
        "password": "env:LAB_SMTP",
        "sender": SENDER,
        "to": ["noc@lab.example"],
        "applets": [APPLET],
    }
    return {"mail": {**mail, **changes}}


def emulated(certificate: Any) -> Certificate:
    """A certificate of the authority as the lab's routers hold it."""
    return Certificate(certificate.public_bytes(Encoding.DER))


def blocks(configuration: str) -> list[str]:
    """A configuration as blocks: a line of the first level with its sub-lines."""
    found: list[str] = []
    for line in configuration.splitlines():
        if line.startswith(" ") and found:
            found[-1] += f"\n{line}"
        else:
            found.append(line)
    return found
