"""Many emulated routers in one process, each behind its own SSH port on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime

import asyncssh

from lab import cli, mailclient, ssh
from lab.certificate import Certificate
from lab.mailhost import loop_in_thread
from lab.personality import Personality
from lab.router import Mailer, Router, utc_now
from lab.session import CONFIG, Session

ADDRESS = "127.0.0.1"


@dataclass(frozen=True)
class Spec:
    """A router to be: its name in the inventory, its personality, and configuration lines it starts with (saved)."""

    name: str
    personality: Personality
    config: tuple[str, ...] = ()


@dataclass(frozen=True)
class Emulated:
    """A running router: where it listens, and its core for looking inside."""

    name: str
    port: int
    core: Router


# -- initial state ------------------------------------------------------------------------------------------------


def trustpoint_lines(name: str, certificate: Certificate | None = None, *settings: str) -> tuple[str, ...]:
    """Configuration of a trustpoint, with its CA certificate in hex if there is one; works with every personality."""
    chosen = settings or ("enrollment terminal", "chain-validation stop", "revocation-check none")
    header = (f"crypto pki trustpoint {name}", *chosen, "exit")
    if certificate is None:
        return header
    chain = (f"crypto pki certificate chain {name}", f"certificate ca {certificate.serial}")
    return (*header, *chain, *certificate.hex_lines, "quit", "exit")


def variable_lines(variables: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"event manager environment {name} {value}" for name, value in variables.items())


def applet_lines(name: str, *lines: str) -> tuple[str, ...]:
    return (f"event manager applet {name}", *lines, "exit")


def host_lines(hosts: Mapping[str, str]) -> tuple[str, ...]:
    """DNS as this router knows it: name to address."""
    return tuple(f"ip host {name} {address}" for name, address in hosts.items())


async def configure(router: Router, lines: Iterable[str]) -> None:
    """Type configuration lines into a router, whatever its faults; a refused one raises ValueError with its words."""
    session = Session(router, mode=CONFIG, exempt=True)
    for line in lines:
        output = await cli.enter(session, line)
        if output.lstrip(" ^\n").startswith("%"):
            raise ValueError(f"{router.config.hostname}: {line!r} was refused: {output.strip()}")
    session.end()


async def boot(spec: Spec, mailer: Mailer, now: Callable[[], datetime]) -> Router:
    """A router with its initial configuration entered, saved and booted from."""
    router = Router(spec.personality, mailer, now)
    if spec.config:
        await configure(router, spec.config)
        router.startup = router.config.snapshot()
        router.reload()
    return router


# -- the fleet ----------------------------------------------------------------------------------------------------


class Fleet:
    """`async with Fleet(specs) as fleet:` routers by name, listening until the block is left."""

    def __init__(
        self,
        specs: Iterable[Spec],
        mailer: Mailer = mailclient.send,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._specs = tuple(specs)
        self._mailer = mailer
        self._now = now
        self._acceptors: list[asyncssh.SSHAcceptor] = []
        self._door = ssh.Door()
        self.routers: dict[str, Emulated] = {}

    async def __aenter__(self) -> Fleet:
        for spec in self._specs:
            core = await boot(spec, self._mailer, self._now)
            acceptor = await ssh.listen(core, ADDRESS, self._door)
            self._acceptors.append(acceptor)
            self.routers[spec.name] = Emulated(spec.name, acceptor.get_port(), core)
        return self

    async def __aexit__(self, *_: object) -> None:
        for acceptor in self._acceptors:
            acceptor.close()
        for connection in tuple(self._door.connections):
            connection.abort()
        for acceptor in self._acceptors:
            await acceptor.wait_closed()
        running = [task for router in self.routers.values() for task in router.core.tasks]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


class HostedFleet:
    """`with HostedFleet(specs) as fleet:` the same for synchronous callers: the routers live in their own thread."""

    def __init__(
        self, specs: Iterable[Spec], mailer: Mailer = mailclient.send, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._fleet = Fleet(specs, mailer, now)
        self._thread = ExitStack()

    @property
    def routers(self) -> dict[str, Emulated]:
        return self._fleet.routers

    def __enter__(self) -> HostedFleet:
        self.call = self._thread.enter_context(loop_in_thread())  # runs a coroutine in the routers' thread
        self.call(self._fleet.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self.call(self._fleet.__aexit__())
        self._thread.close()
