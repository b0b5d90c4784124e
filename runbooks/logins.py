"""What opens a router's door, gathered from its inventory data: login, one alternative, enable secret, known keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nornir.core.inventory import ConnectionOptions, Host

from mailtrust.errors import InventoryError
from mailtrust.host_keys import NOBODY_KNOWN, KnownKeys
from mailtrust.secret import Secret
from runbooks.references import Resolver
from tasks.connection import Login
from tasks.host_key import KnownHosts, look_up

Resolve = Callable[[str], Secret]

_OF_THE_MACHINE = ("~/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts")


@dataclass(frozen=True)
class KnownFiles:
    """The known_hosts files of a fleet, each read once. ``pinned`` is the fleet's own, beside its hosts.yaml.

    A host for which ``ssh_known_hosts_file`` names a file is looked up there only. Any other is looked up in the
    fleet's own file, and if that does not know it in those of this machine.
    """

    pinned: Path
    _read: dict[Path, KnownHosts] = field(default_factory=dict, repr=False)

    def file(self, extras: Mapping[str, Any]) -> Path:
        """Where a new key of a host with these extras belongs."""
        told = extras.get("ssh_known_hosts_file")
        return self.pinned.parent / Path(told).expanduser() if isinstance(told, str) and told else self.pinned

    def look_up(self, wanted: ConnectionOptions) -> KnownKeys:
        """What is known about this host; raises InventoryError for a file that cannot be understood."""
        first = self.file(wanted.extras or {})
        others = map(Path, _OF_THE_MACHINE if first == self.pinned else ())
        paths = [first, *(path.expanduser() for path in others)]
        return look_up([self._file(path) for path in paths], wanted.hostname or "", wanted.port)

    def trusted(self, wanted: ConnectionOptions) -> KnownKeys:
        """What a login to this host may rely on: nothing is looked up for one that has the check switched off."""
        off = (wanted.extras or {}).get("auth_strict_key") is False
        return NOBODY_KNOWN if off else self.look_up(wanted)

    def _file(self, path: Path) -> KnownHosts:
        if path not in self._read:
            self._read[path] = KnownHosts.read(path)
        return self._read[path]


def login_of(host: Host, references: Resolver, known_files: KnownFiles) -> Login:
    """The host's own login, with the first of its ``credentials`` that is another one as alternative.

    More than one would be tried in vain too often: accounts are locked by failed logins.
    """
    wanted = host.get_connection_parameters("scrapli")
    extras = wanted.extras or {}
    _text(host, "hostname", wanted.hostname)
    if not isinstance(wanted.port, int | None):
        raise InventoryError(f"host {host.name}", f"port: expected a whole number, got {wanted.port!r}")
    own = Login(
        username=references.name(_text(host, "username", wanted.username)),
        password=references.resolve(_text(host, "password", wanted.password)),
        enable=references.resolve(_text(host, "auth_secondary", extras.get("auth_secondary"))),
        known=known_files.trusted(wanted),
    )
    others = [replace(own, username=user, password=password) for user, password in _credentials(host, references)]
    return replace(own, alternative=next((other for other in others if other != own), None))


def _credentials(host: Host, references: Resolver) -> Iterator[tuple[str, Secret]]:
    listed = host.extended_data().get("credentials") or []
    for entry in listed if isinstance(listed, list) else [listed]:
        if not isinstance(entry, dict) or set(entry) != {"username", "password"}:
            raise InventoryError(f"host {host.name}", "credentials: expected a list of {username: ..., password: ...}")
        user, password = (_text(host, f"credentials.{key}", entry[key]) for key in ("username", "password"))
        yield references.name(user), references.resolve(password)


def _text(host: Host, key: str, value: object) -> str:
    """YAML makes a number of 007, and true of yes: neither is what was meant."""
    if value is None or isinstance(value, str):
        return value or ""
    raise InventoryError(f"host {host.name}", f"{key}: expected text, got a {type(value).__name__}; put it in quotes")
