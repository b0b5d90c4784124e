"""SSH servers that say who came: which keys they present, which logins they heard, over which hops."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncssh

from lab.mailhost import loop_in_thread

ALGORITHMS = {"ssh-ed25519": "ssh-ed25519", "ecdsa": "ecdsa-sha2-nistp256", "rsa": "ssh-rsa"}


@dataclass
class Door:
    """A running server; ``heard`` is every (method, user name, password or fingerprint) that anybody tried."""

    port: int = 0
    keys: Sequence[asyncssh.SSHKey] = ()
    logins: dict[str, str] = field(default_factory=dict)
    authorized: Sequence[asyncssh.SSHKey] = ()
    methods: tuple[str, ...] = ("password",)
    heard: list[tuple[str, str, str]] = field(default_factory=list)
    inside: set[asyncssh.SSHServerConnection] = field(default_factory=set)

    def line(self, name: str | None = None, key: asyncssh.SSHKey | None = None) -> str:
        """The line of known_hosts for this server."""
        public = (key or self.keys[0]).export_public_key().decode()
        return f"{name or f'[127.0.0.1]:{self.port}'} {public}"


class _Visit(asyncssh.SSHServer):
    def __init__(self, door: Door) -> None:
        self._door = door

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._door.inside.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        self._door.inside.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return "password" in self._door.methods

    def kbdint_auth_supported(self) -> bool:
        return "keyboard-interactive" in self._door.methods

    def public_key_auth_supported(self) -> bool:
        return bool(self._door.authorized)

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        self._door.heard.append(("publickey", username, key.get_fingerprint()))
        return key in self._door.authorized

    def validate_password(self, username: str, password: str) -> bool:
        self._door.heard.append(("password", username, password))
        return self._door.logins.get(username) == password

    def get_kbdint_challenge(self, username: Any, lang: Any, submethods: Any):
        return "", "", "", [("Password: ", False)]

    def validate_kbdint_response(self, username: Any, responses: Any) -> bool:
        self._door.heard.append(("keyboard-interactive", username, *responses))
        return self._door.logins.get(username) == responses[0]

    def connection_requested(self, dest_host: Any, dest_port: Any, orig_host: Any, orig_port: Any) -> bool:
        self._door.heard.append(("forward", dest_host, str(dest_port)))
        return True


async def _router(process: asyncssh.SSHServerProcess[str]) -> None:
    """As much of a router as opening and closing a session needs."""
    process.stdout.write("\r\nR1#")
    with contextlib.suppress(asyncssh.BreakReceived, asyncssh.TerminalSizeChanged, asyncssh.Error):
        async for line in process.stdin:
            process.stdout.write(f"{line.rstrip()}\r\nR1#")
    process.exit(0)


def key(kind: str = "ssh-ed25519") -> asyncssh.SSHKey:
    return asyncssh.generate_private_key(ALGORITHMS.get(kind, kind))


@contextmanager
def doors() -> Iterator:
    """``open_(keys=..., logins=...)``: a Door that listens on loopback until the block is left."""
    with ExitStack() as stack:
        call = stack.enter_context(loop_in_thread())
        acceptors: list[asyncssh.SSHAcceptor] = []
        made: list[Door] = []

        def open_(*keys: asyncssh.SSHKey, **make: object) -> Door:
            door = Door(keys=keys or (key(),), **make)
            made.append(door)

            async def listen() -> None:
                acceptor = await asyncssh.listen(
                    "127.0.0.1",
                    0,
                    server_factory=lambda: _Visit(door),
                    process_factory=_router,
                    server_host_keys=list(door.keys),
                    line_editor=False,
                    # As routers offer them; asyncssh's own list is so long that libssh2 1.11.1 writes past its buffer.
                    signature_algs=["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"],
                )
                acceptors.append(acceptor)
                door.port = acceptor.get_port()

            call(listen())
            return door

        async def close() -> None:
            for acceptor in acceptors:
                acceptor.close()
            for visit in [visit for door in made for visit in door.inside]:
                visit.abort()
                await visit.wait_closed()
            for acceptor in acceptors:
                await acceptor.wait_closed()

        try:
            yield open_
        finally:
            call(close())
