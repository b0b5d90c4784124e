"""The SSH side of a router: password login, a pty and a shell, or one command."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import asyncssh

from lab.router import Router
from lab.session import ENABLE, USER, Session
from lab.terminal import Terminal

# What libssh2, paramiko and OpenSSH all have, the cheap ones first: in asyncssh chacha20 costs five times what AES-GCM
# costs. Keys are never renewed within a session.
ALGORITHMS: dict[str, Any] = {
    "kex_algs": ["curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256"],
    "encryption_algs": ["aes128-gcm@openssh.com", "aes128-ctr", "aes256-ctr"],
    "mac_algs": ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-256"],
    "compression_algs": ["none"],
    "rekey_bytes": 1 << 40,
    "rekey_seconds": 1 << 30,
}
BACKLOG = 256


@dataclass(frozen=True)
class Door:
    """What all routers of a process share: one host key, and the connections that are open."""

    host_key: asyncssh.SSHKey = field(default_factory=lambda: asyncssh.generate_private_key("ssh-ed25519"))
    connections: set[asyncssh.SSHServerConnection] = field(default_factory=set)


class Login(asyncssh.SSHServer):
    """One connection to a router."""

    def __init__(self, router: Router, door: Door) -> None:
        self._router = router
        self._door = door
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._door.connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        assert self._connection
        self._door.connections.discard(self._connection)

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        personality = self._router.personality
        return not personality.faults.refuse_login and (username, password) == personality.host_login

    def session_requested(self) -> asyncssh.SSHServerSession[str]:
        return Channel(self._router)


class Channel(asyncssh.SSHServerSession[str]):
    """One channel: characters to and from a terminal, as late as the line's latency says."""

    def __init__(self, router: Router) -> None:
        mode = ENABLE if router.personality.enable_secret is None else USER
        self._session = Session(router, user=router.personality.host_login[0], mode=mode)
        self._command = ""
        self._rtt = router.personality.faults.rtt
        self._terminal: Terminal | None = None
        self._channel: asyncssh.SSHServerChannel[str] | None = None

    def connection_made(self, chan: asyncssh.SSHServerChannel[str]) -> None:
        self._channel = chan

    def pty_requested(self, term_type: str, term_size: tuple[int, int, int, int], term_modes: object) -> bool:
        columns, rows = term_size[:2]
        self._session.width, self._session.length = columns or 80, rows or 24
        return True

    def shell_requested(self) -> bool:
        return True

    def exec_requested(self, command: str) -> bool:
        self._command = command
        return True

    def session_started(self) -> None:
        assert self._channel
        self._terminal = Terminal(self._session, self._write, self._abort)
        talk = self._terminal.one(self._command) if self._command else self._terminal.serve()
        self._session.router.spawn(self._run(talk))

    async def _run(self, talk: Coroutine[Any, Any, None]) -> None:
        try:
            await talk
        finally:
            if self._channel and not self._channel.is_closing():
                self._channel.exit(0)

    def data_received(self, data: str, datatype: asyncssh.DataType) -> None:
        if self._terminal:
            self._later(partial(self._terminal.keyboard.feed, data))

    def eof_received(self) -> bool:
        if self._terminal:
            self._later(self._terminal.keyboard.end)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._channel = None
        if self._terminal:
            self._terminal.hung_up()

    def _later(self, arrive: Callable[[], None]) -> None:
        if self._rtt:
            asyncio.get_running_loop().call_later(self._rtt, arrive)
        else:
            arrive()

    def _write(self, text: str) -> None:
        if self._channel and not self._channel.is_closing():
            self._channel.write(text)

    def _abort(self) -> None:
        if self._channel:
            self._channel.get_connection().abort()


async def listen(router: Router, address: str, door: Door) -> asyncssh.SSHAcceptor:
    """Serve a router's SSH on a free port of `address`."""
    return await asyncssh.listen(
        address,
        0,
        server_factory=lambda: Login(router, door),
        server_host_keys=[door.host_key],
        line_editor=False,
        gss_host=None,
        keepalive_interval=0,
        backlog=BACKLOG,
        encoding="utf-8",
        errors="replace",
        **ALGORITHMS,
    )
