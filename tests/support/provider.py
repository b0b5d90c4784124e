"""A mail provider to look at: a server on loopback under a name of its own, its files, and a catalogue of roots."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from lab.authority import Authority, Chain
from lab.fleet import Fleet
from lab.inventory import MailService, write_inventory
from lab.issuing import pem
from lab.mailclient import Delivery, Mail, send
from lab.mailhost import MailHost
from mailtrust.model import Certificate
from runbooks.probe_report import Probed, ProbeReport

SERVER = "smtp.lab.test"
DEADLINE = 20.0  # what must work has all the time it wants
SHORT = 0.5  # what must end at the deadline ends soon
needs_x25519 = pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 cannot be limited to X25519")
Looked = Callable[..., ProbeReport]


def files(folder: Path, authority: Authority, trust: Iterable[x509.Certificate] = (), **extras: Any) -> Path:
    """config.yaml of a fleet without routers; its provider is ``lab``, its catalogue knows the authority's roots."""
    service = MailService(SERVER, 587, pem(trust) or authority.trust_set(), extras=extras)
    config = write_inventory(folder, Fleet(()), service)
    for root in (authority.legacy.certificate, authority.root.certificate, authority.chain("root switched").anchor):
        vouch(folder, root)
    return config


def vouch(folder: Path, root: x509.Certificate) -> Path:
    """A person has put this root into the catalogue."""
    catalogue = folder / "inventory/trust/roots"
    catalogue.mkdir(exist_ok=True)
    file = catalogue / f"{root.fingerprint(hashes.SHA256()).hex()}.pem"
    file.write_text(pem([root]))
    return file


def trust_file(config: Path) -> Path:
    return config.parent / "inventory/trust/lab.pem"


@contextmanager
def serving(patch: pytest.MonkeyPatch, *chains: Chain, **options: Any) -> Iterator[list[MailHost]]:
    """Mail hosts behind one name, one for each chain; ``options`` are MailHost's."""
    real = socket.getaddrinfo
    with ExitStack() as stack:
        hosts = [
            stack.enter_context(MailHost.in_thread(chain, address=f"127.0.0.{number}", **options))
            for number, chain in enumerate(chains, start=1)
        ]

        def getaddrinfo(host: str, port: int, *args: Any, **words: Any) -> Any:
            if host != SERVER:
                return real(host, port, *args, **words)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each.address, each.port)) for each in hosts]

        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        yield hosts


def sent(host: MailHost, trust: Iterable[Certificate]) -> Delivery:
    """What became of a mail from an emulated router that has these trustpoints."""
    mail = Mail(f"alerts:pw@{SERVER}", "noc@lab.example", "alerts@lab.example", "", "s", "b", host.port, "tls")
    now = datetime.now(timezone.utc)
    return asyncio.run(send(mail, trust_of(trust), {SERVER: host.address}, now=now, timeout=DEADLINE))


def only(report: ProbeReport) -> Probed:
    (one,) = report.probed
    return one


def codes(report: ProbeReport) -> set[str]:
    """What was found that is more than a note."""
    return {told.code for told in only(report).findings if told.severity != "note"}


def notes(report: ProbeReport) -> set[str]:
    return {told.code for told in only(report).findings if told.severity == "note"}


def drifted(report: ProbeReport) -> set[str]:
    return {told.code for told in only(report).drift if told.severity != "note"}


def named(certificates: Iterable[Certificate]) -> list[str]:
    return [one.common_name for one in certificates]


def trust_of(certificates: Iterable[Certificate]) -> Mapping[str, x509.Certificate]:
    """Certificates of ours as the trustpoints of an emulated router."""
    return {f"TP{number}": x509.load_der_x509_certificate(one.der) for number, one in enumerate(certificates)}
