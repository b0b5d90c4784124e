"""SSH host keys: how one is told, whether a presented one is the known one, and the text of known_hosts.

OpenSSH's rules: a presented key is judged by the known keys of its own type. A host that is known by other types only
is unknown by this one, not changed: which type a server presents is a matter of negotiation.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mailtrust.findings import Finding, finding

SSH_PORT = 22

Standing = Literal["same", "new", "CHANGED", "REVOKED"]


@dataclass(frozen=True, slots=True)
class HostKey:
    """A public host key; ``blob`` is its wire form, which known_hosts holds in base64."""

    blob: bytes = field(repr=False)

    @property
    def kind(self) -> str:
        """``ssh-ed25519``, ``ssh-rsa``, ...: what the blob itself says."""
        size = int.from_bytes(self.blob[:4], "big")
        return self.blob[4 : 4 + size].decode("ascii", errors="replace")

    @property
    def fingerprint(self) -> str:
        """As OpenSSH prints it: ``SHA256:`` and base64 without padding."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")

    def __str__(self) -> str:
        return f"{self.kind} {self.fingerprint}"


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """What known_hosts files say about one host. ``files``: where was looked, in words for a person and for OpenSSH."""

    keys: tuple[HostKey, ...] = ()
    revoked: tuple[HostKey, ...] = ()
    files: tuple[str, ...] = ()


NOBODY_KNOWN = KnownKeys()
"""Where nothing has been looked up, no key is right."""


def standing(presented: HostKey, known: KnownKeys) -> Standing:
    """What the known keys make of a presented one."""
    if presented in known.revoked:
        return "REVOKED"
    if presented in known.keys:
        return "same"
    return "CHANGED" if _alike(presented, known) else "new"


def objection(address: str, presented: HostKey, known: KnownKeys) -> Finding | None:
    """Why nobody may log in to a host that presents this key; None when it is a known one.

    ``address`` is the host as known_hosts writes it: see ``address``.
    """
    where = " and ".join(known.files) or "known_hosts"
    match standing(presented, known):
        case "same":
            return None
        case "REVOKED":
            return finding("MT403", f"{address} presented {presented}, which {where} calls revoked")
        case "CHANGED":
            wanted = ", ".join(map(str, _alike(presented, known)))
            return finding("MT403", f"{address} presented {presented}; known is {wanted} ({where})")
        case "new":
            others = f"; known by other types only: {', '.join(map(str, known.keys))}" if known.keys else ""
            return finding("MT417", f"{address} presented {presented}, which is not in {where}{others}")


def verdict(presented: Sequence[HostKey], known: KnownKeys) -> Standing:
    """What a scan of all types says about one host.

    A host that is known, but none of whose known keys came, has changed, whatever types came instead.
    """
    standings = {standing(key, known) for key in presented}
    if "REVOKED" in standings:
        return "REVOKED"
    if "CHANGED" in standings or (known.keys and "same" not in standings):
        return "CHANGED"
    return "new" if "new" in standings else "same"


def _alike(presented: HostKey, known: KnownKeys) -> tuple[HostKey, ...]:
    return tuple(key for key in known.keys if key.kind == presented.kind)


# --- known_hosts as text -------------------------------------------------------------------------------------------


def address(host: str, port: int | None) -> str:
    """A host as known_hosts writes it: ``name``, or ``[name]:port`` when the port is not 22."""
    return host.lower() if port in {None, SSH_PORT} else f"[{host.lower()}]:{port}"


def pinned(text: str, name: str, keys: Iterable[HostKey]) -> str:
    """The text with a line for each key added at its end."""
    lines = [f"{name} {key.kind} {base64.b64encode(key.blob).decode()}\n" for key in keys]
    return (text if text.endswith("\n") or not text else f"{text}\n") + "".join(lines)


def forgotten(text: str, name: str) -> str:
    """The text without the keys of exactly this host; its other names, patterns and markers stay."""
    return "".join(_without(line, name) for line in text.splitlines(keepends=True))


def _without(line: str, name: str) -> str:
    names, blank, rest = line.lstrip().partition(" ")
    if not blank or names.startswith(("#", "@")):
        return line
    left = [each for each in names.split(",") if each.lower() != name and not _hashes(each, name)]
    if left == names.split(","):
        return line
    return f"{','.join(left)} {rest}" if left else ""


def _hashes(written: str, name: str) -> bool:
    """Whether this is the hashed form ``|1|salt|digest`` of the name."""
    parts = written.split("|")
    if len(parts) != 4 or parts[1] != "1":  # noqa: PLR2004  # '', '1', salt, digest
        return False
    try:
        salt, digest = base64.b64decode(parts[2]), base64.b64decode(parts[3])
    except binascii.Error:
        return False
    return hmac.compare_digest(hmac.digest(salt, name.encode(), "sha1"), digest)
