"""Look at a provider's mail server from here: every address, as a router and as everybody else."""

from __future__ import annotations

import contextlib
import ipaddress
import smtplib
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from OpenSSL import SSL

from mailtrust.certificates import CertificateError
from mailtrust.model import Certificate
from tasks.starttls import (
    Manner,
    Passed,
    Stage,
    Stop,
    agreed,
    chain_of,
    greet,
    reason_of,
    shake_hands,
    take_leave,
)
from tasks.wire import Endpoint, Overdue, Vantage, connected, proxy_of, resolve, tunnel

DEADLINE = 15.0
"""Seconds that all of a look may take, unless told otherwise."""

MANNERS: tuple[Manner, ...] = ("router", "everybody")
_HERE = Vantage()
_TOGETHER = 32
_NEXT: dict[Stage, Stage] = {
    "resolve": "connect",
    "connect": "banner",
    "proxy": "banner",
    "banner": "ehlo",
    "ehlo": "starttls",
    "starttls": "handshake",
    "handshake": "chain",
}


@dataclass(frozen=True, slots=True)
class Stopped:
    """The stage that was not passed, and why: the server's, the system's or OpenSSL's own words."""

    stage: Stage
    reason: str


@dataclass(frozen=True, slots=True)
class Look:
    """One session: where to, in whose manner, how far it came, and the chain as presented (leaf first)."""

    server: str
    port: int
    address: str | None
    """None if the name was not resolved, or by a proxy."""
    manner: Manner
    """router: TLS 1.2 with a router's suites and curves, no server name. everybody: TLS 1.2 or newer, server name."""
    sni: bool
    passed: tuple[Passed, ...]
    stopped: Stopped | None
    chain: tuple[Certificate, ...] = field(repr=False)

    @property
    def where(self) -> str:
        """The place, as findings name it."""
        at = f" ({self.address})" if self.address not in {None, self.server} else ""
        return f"{self.server}:{self.port}{at}"


def look(
    server: str, port: int, *, deadline: float = DEADLINE, vantage: Vantage = _HERE, manners: Sequence[Manner] = MANNERS
) -> tuple[Look, ...]:
    """One Look for each address of ``server`` and each manner, all at once, done after ``deadline`` seconds at most.

    What goes wrong is in the looks, never raised. No credentials are sent. With a proxy, it is the proxy that resolves
    the name, so there is one address; with a source address, only addresses of its family are looked at.
    """
    until = time.monotonic() + deadline
    target = _Target(server, port, vantage, until, deadline)
    try:
        endpoints = _endpoints(target)
    except (OSError, Overdue) as error:
        return tuple(target.look(None, manner, (), Stopped("resolve", target.reason(error))) for manner in manners)
    jobs = [(endpoint, manner) for endpoint in endpoints for manner in manners]
    with ThreadPoolExecutor(max_workers=min(len(jobs), _TOGETHER), thread_name_prefix="look") as pool:
        return tuple(pool.map(lambda job: _look(target, *job), jobs))


@dataclass(frozen=True, slots=True)
class _Target:
    server: str
    port: int
    vantage: Vantage
    until: float
    deadline: float

    def look(
        self,
        endpoint: Endpoint | None,
        manner: Manner,
        passed: Sequence[Passed],
        stopped: Stopped | None,
        chain: tuple[Certificate, ...] = (),
    ) -> Look:
        address = None if endpoint is None or self.vantage.proxy else endpoint.address
        sni = _server_name(self.server, manner) is not None
        return Look(self.server, self.port, address, manner, sni, tuple(passed), stopped, chain)

    def reason(self, error: Exception) -> str:
        if isinstance(error, Overdue):
            return f"no answer within {self.deadline:g} s"
        if isinstance(error, SSL.Error):
            return reason_of(error)
        return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _endpoints(target: _Target) -> tuple[Endpoint, ...]:
    host, port = (target.server, target.port) if target.vantage.proxy is None else proxy_of(target.vantage.proxy)
    found = resolve(host, port, target.until)
    source = target.vantage.source_address
    if source is None:
        return found if target.vantage.proxy is None else found[:1]
    alike = tuple(one for one in found if (":" in one.address) == (":" in source))
    if not alike:
        raise OSError(f"no address of {host} is of the same family as {source}")
    return alike if target.vantage.proxy is None else alike[:1]


def _server_name(server: str, manner: Manner) -> str | None:
    """The name for the ClientHello; an address may not stand there (RFC 6066)."""
    if manner == "router":
        return None
    try:
        ipaddress.ip_address(server)
    except ValueError:
        return server
    return None


def _look(target: _Target, endpoint: Endpoint, manner: Manner) -> Look:
    passed = [Passed("resolve", endpoint.address)]
    chain: tuple[Certificate, ...] = ()
    stopped = None
    try:
        chain = _session(target, endpoint, manner, passed)
    except (Stop, OSError, Overdue, smtplib.SMTPException, SSL.Error, CertificateError, UnicodeError) as error:
        stopped = Stopped(_stage_after(passed, target.vantage), target.reason(error))
    return target.look(endpoint, manner, passed, stopped, chain)


def _stage_after(passed: Sequence[Passed], vantage: Vantage) -> Stage:
    last = passed[-1].stage
    return "proxy" if last == "connect" and vantage.proxy else _NEXT[last]


def _session(target: _Target, endpoint: Endpoint, manner: Manner, passed: list[Passed]) -> tuple[Certificate, ...]:
    """The whole session; ``passed`` grows as it goes, so that it tells where an exception came from."""
    with connected(endpoint, target.vantage, target.until) as wire:
        passed.append(Passed("connect", f"from {wire.getsockname()[0]}"))
        if target.vantage.proxy is not None:
            tunnel(wire, target.server, target.port)
            passed.append(Passed("proxy", target.vantage.proxy))
        for stage in greet(wire):
            passed.append(stage)  # noqa: PERF402  # one by one: the next may raise
        tls = shake_hands(wire, manner, _server_name(target.server, manner))
        passed.append(Passed("handshake", agreed(tls)))
        chain = chain_of(tls)
        passed.append(Passed("chain", f"{len(chain)} certificates"))
        with contextlib.suppress(OSError, Overdue, SSL.Error):
            take_leave(tls, wire)
    return chain
