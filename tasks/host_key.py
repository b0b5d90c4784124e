"""Host keys from files and from the network: what known_hosts says about a host, and what a host presents. No login."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
from nornir.core.task import Result, Task

from mailtrust.errors import InventoryError
from mailtrust.findings import Finding, finding
from mailtrust.host_keys import SSH_PORT, HostKey, KnownKeys, address

# One question for each family: a server answers with one key, of a type that it and the asker both know.
_FAMILIES = (
    ("ssh-ed25519",),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"),
)


# --- from files ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KnownHosts:
    """One known_hosts file in OpenSSH's format, read once; ports, hashed names, patterns and @revoked are understood.

    Keys of certificate authorities (@cert-authority) are not used: routers have no SSH certificates.
    """

    path: Path
    _entries: asyncssh.SSHKnownHosts = field(repr=False, compare=False)

    @classmethod
    def read(cls, path: Path) -> KnownHosts:
        """A file that is not there knows nobody; raises InventoryError for one that cannot be understood."""
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            text = ""
        except (OSError, UnicodeDecodeError) as error:
            raise InventoryError(path, f"cannot be read: {error}") from error
        try:
            return cls(path, asyncssh.import_known_hosts(text))
        except ValueError as error:
            raise InventoryError(f"{path}:{_broken_line(text)}", f"is not a line of known_hosts ({error})") from error

    def keys(self, name: str) -> KnownKeys:
        """What this file says about a host, named as known_hosts writes it."""
        # With the port in the name there is no second look without it, as asyncssh would do: another server's key.
        keys, _, revoked, *_ = self._entries.match(name, "", None)
        return KnownKeys(_host_keys(keys), _host_keys(revoked), (str(self.path),))


def look_up(files: Sequence[KnownHosts], host: str, port: int | None) -> KnownKeys:
    """What the first file that knows this host says about it; revoked is what any of them calls so."""
    found = [file.keys(address(host, port)) for file in files]
    revoked = tuple(key for each in found for key in each.revoked)
    for each in found:
        if each.keys:
            return KnownKeys(each.keys, revoked, each.files)
    return KnownKeys((), revoked, tuple(str(file.path) for file in files))


def _host_keys(keys: Sequence[asyncssh.SSHKey]) -> tuple[HostKey, ...]:
    return tuple(dict.fromkeys(HostKey(key.public_data) for key in keys))


def _broken_line(text: str) -> int:
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            asyncssh.import_known_hosts(line)
        except ValueError:
            return number
    return 0


# --- from the network ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Presented:
    """What one host presented: a key of each family that it has, or why there is none."""

    keys: tuple[HostKey, ...]
    failure: Finding | None = None


def scan_host_keys(seconds: float) -> Callable[[Task], Result]:
    """The Nornir task: ask the host for its keys, one connection after the other, each within ``seconds``."""

    def scan(task: Task) -> Result:
        wanted = task.host.get_connection_parameters("scrapli")
        presented = asyncio.run(_presented(wanted.hostname or "", wanted.port or SSH_PORT, seconds))
        return Result(host=task.host, result=presented, failed=presented.failure is not None)

    return scan


async def _presented(host: str, port: int, seconds: float) -> Presented:
    keys: list[HostKey] = []
    why = "it presented no key"
    for family in _FAMILIES:
        try:
            question = asyncssh.get_server_host_key(host, port, server_host_key_algs=family, config=None)
            key = await asyncio.wait_for(question, seconds)
        except asyncio.TimeoutError:
            why = f"no answer within {seconds:.0f} s"
            break
        except (OSError, asyncssh.Error) as error:
            # A server without a key of this family says so, or has hung up before it was heard: ask for the next.
            why = str(error) or type(error).__name__
        else:
            keys += [] if key is None else [HostKey(key.public_data)]
    return Presented(tuple(keys), None if keys else finding("MT401", f"{host}:{port}: {why}"))
