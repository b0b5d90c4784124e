"""``mailtrust demo``: twelve emulated routers in twelve states, taken through check, plan, rollout and verify."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from rich.console import Console

from lab.authority import Authority
from lab.certificate import Certificate
from lab.fleet import HostedFleet, Spec, applet_lines, trustpoint_lines, variable_lines
from lab.inventory import write_inventory
from lab.mailbox import Message
from lab.mailhost import MailHost
from lab.personality import Personality
from mailtrust.certificates import from_der, trustpoint_name
from mailtrust.model import HostOutcome
from mailtrust.report.model import Report
from runbooks.check import Check, check
from runbooks.lab import LOGIN, SENDER, SERVER, account, dns, service
from runbooks.options import Options
from runbooks.progress import Watcher
from runbooks.run import Prepared, Run, run

APPLET = "SendSecureEmailEEM"
ALREADY_RIGHT = "paris"
AT_IN_LOGIN = "vienna"
UNREACHABLE = "tokyo"


@dataclass(frozen=True)
class Stage:
    """How the demo speaks: a headline for each act, and the product's own screens between them."""

    headline: Callable[[str, str], None]
    checked: Callable[[Check], None]
    watch: Callable[[Prepared], Watcher]
    ran: Callable[[Run], None]


def demo(stage: Stage, console: Console) -> Report:
    """Play it all; returns the report of the rollout, in which some hosts failed on purpose."""
    authority = Authority.mint()
    with (
        tempfile.TemporaryDirectory(prefix="mailtrust-demo-") as directory,
        MailHost.in_thread(authority.chain(), [account()]) as mail,
        HostedFleet(routers(authority)) as fleet,
    ):
        config = write_inventory(
            Path(directory),
            fleet,
            service(authority, mail),
            host_data={AT_IN_LOGIN: {"mail": _mail_with_at(config_password(Path(directory)))}},
            unreachable=(UNREACHABLE,),
        )
        run("rollout", Options(config, (ALREADY_RIGHT,)))
        before = len(mail.messages())
        stage.headline("mailtrust check", "no router is touched")
        stage.checked(check(config))
        stage.headline("mailtrust plan", "what a rollout would change")
        stage.ran(run("plan", Options(config), watch=stage.watch))
        stage.headline("mailtrust rollout", "change, prove by a mail, save")
        done = run("rollout", Options(config), watch=stage.watch)
        stage.ran(done)
        _show_mail(console, mail.messages()[before:])
        stage.headline("mailtrust verify", "and it is still so")
        stage.ran(run("verify", Options(config), watch=stage.watch))
        _show_unhelped(console, done.report.hosts)
    return done.report


def routers(authority: Authority) -> tuple[Spec, ...]:
    """The fleet of the demo, but for the one that is out of reach: a name, a make, and what somebody left on it."""
    usual = authority.chain()
    legacy, leaf, retired = map(_emulated, (usual.anchor, usual.leaf, Authority.mint().root.certificate))
    return (
        _spec("berlin"),
        _spec(ALREADY_RIGHT),
        _spec("madrid", trustpoint_lines("CA-lab-SMTP", leaf)),
        _spec("lisbon", trustpoint_lines(_our_name(retired), retired)),
        _spec("oslo", release="26.2.01", demands_fingerprint=True),
        _spec("cairo", clock="never-set", clock_offset=-_since(2002)),
        _spec("rome", trustpoint_lines("Corporate-Legacy-Root", legacy)),
        _spec("dublin", applet_lines(APPLET, "event none", 'action 1.0 syslog msg "made by hand"')),
        _spec(AT_IN_LOGIN),
        _spec("athens", variable_lines({"_email_to": "old@lab.example"}), release="16.12.04", blocking_run=False),
        _spec("prague", mode="controller"),
    )


def _spec(name: str, lines: Iterable[str] = (), **make: object) -> Spec:
    return Spec(name, Personality(hostname=name, **make), (*dns(), *lines))  # type: ignore[arg-type]


def _emulated(certificate: x509.Certificate) -> Certificate:
    return Certificate(certificate.public_bytes(Encoding.DER))


def _our_name(certificate: Certificate) -> str:
    return trustpoint_name(from_der(certificate.der))


def _since(year: int) -> timedelta:
    return datetime.now(timezone.utc) - datetime(year, 3, 1, tzinfo=timezone.utc)


def config_password(directory: Path) -> str:
    """The reference by which the lab's inventory names the mail password."""
    return f"file:{directory.resolve() / 'inventory' / 'smtp-password'}"


def _mail_with_at(password: str) -> dict[str, object]:
    return {
        "provider": "lab",
        "login": f"{LOGIN}@lab.example",
        "password": password,
        "sender": SENDER,
        "to": ["noc@lab.example"],
        "applets": [APPLET],
    }


def _show_mail(console: Console, messages: tuple[Message, ...]) -> None:
    console.print(f"\nWhat arrived at {SERVER}: {len(messages)} mails")
    for message in messages:
        line = f"  from {message.sender} to {', '.join(message.recipients)}: {message.subject}  ({message.tls})"
        console.print(line, highlight=False, soft_wrap=True)


def _show_unhelped(console: Console, hosts: tuple[HostOutcome, ...]) -> None:
    console.print("\nWho could not be helped, and why:")
    for host in hosts:
        for finding in host.findings:
            if finding.severity == "error":
                console.print(f"  {host.name:8}{finding.code} {finding.text}", highlight=False, soft_wrap=True)
    console.print(_NEXT, highlight=False, soft_wrap=True)


_NEXT = """
Try next:
  mailtrust lab --routers 50          a fleet to play with; it prints the --config to use
  mailtrust init fleet                a config.yaml and an inventory for your own routers
  mailtrust check --config fleet/config.yaml"""
