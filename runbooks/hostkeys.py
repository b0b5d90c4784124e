"""``mailtrust hostkeys``: ask every router for its host keys, tell which are new or changed, pin the new ones."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nornir.core.inventory import ConnectionOptions, Host

from mailtrust.errors import UsageError
from mailtrust.findings import Finding
from mailtrust.host_keys import HostKey, KnownKeys, Standing, address, forgotten, pinned, standing, verdict
from runbooks.fleet import Fleet, open_fleet
from runbooks.yaml_file import read_text
from tasks.host_key import Presented, scan_host_keys


@dataclass(frozen=True)
class Scanned:
    """One router: what it presented, what was known about it, and the file where its keys belong."""

    name: str
    address: str
    """As known_hosts writes it."""
    keys: tuple[HostKey, ...]
    known: KnownKeys
    file: Path
    failure: Finding | None

    @property
    def standing(self) -> Standing | Literal["unreachable"]:
        return "unreachable" if self.failure is not None else verdict(self.keys, self.known)

    def unpinned(self, replace: Collection[str]) -> bool:
        """Whether there is something to write, and it may be written: a changed key only if it is named."""
        return self.standing == "new" or (self.standing == "CHANGED" and self.name in replace)


def scan(
    config: Path, limit: Sequence[str] = (), workers: int | None = None, replace: Collection[str] = ()
) -> tuple[Scanned, ...]:
    """Every selected router asked, in parallel and without a login, in inventory order.

    Raises UsageError before anything is sent when a host in ``replace`` is not selected.
    """
    fleet = open_fleet(config, limit=limit, workers=workers)
    if unknown := sorted(set(replace) - set(fleet.hosts)):
        raise UsageError(f"--replace {unknown[0]}: is not one of the {len(fleet.hosts)} selected hosts")
    # What was known is read first: a file that cannot be understood stops everything before anything is sent.
    known = {name: fleet.known_files.look_up(_wanted(host)) for name, host in fleet.hosts.items()}
    result = fleet.nornir.run(task=scan_host_keys(fleet.product.burst_seconds), name="hostkeys", on_failed=True)
    return tuple(_scanned(fleet, host, result[name][0].result, known[name]) for name, host in fleet.hosts.items())


def _scanned(fleet: Fleet, host: Host, presented: Presented, known: KnownKeys) -> Scanned:
    wanted = _wanted(host)
    where = address(wanted.hostname or "", wanted.port)
    return Scanned(
        host.name, where, presented.keys, known, fleet.known_files.file(wanted.extras or {}), presented.failure
    )


def _wanted(host: Host) -> ConnectionOptions:
    return host.get_connection_parameters("scrapli")


def pin(scanned: Sequence[Scanned], replace: Collection[str] = ()) -> tuple[Path, ...]:
    """Write the keys of new routers, and of changed ones that are named; returns the files that were changed.

    A revoked key is never written: whoever revoked it must take that line away.
    """
    files: dict[Path, str] = {}
    for host in scanned:
        if host.unpinned(replace):
            text = files.get(host.file)
            files[host.file] = _with(host, text if text is not None else _text(host.file))
    for path, text in files.items():
        _write(path, text)
    return tuple(files)


def _with(host: Scanned, text: str) -> str:
    if host.standing == "CHANGED":
        return pinned(forgotten(text, host.address), host.address, host.keys)
    return pinned(text, host.address, [key for key in host.keys if standing(key, host.known) == "new"])


def _text(path: Path) -> str:
    return read_text(path) if path.exists() else ""


def _write(path: Path, text: str) -> None:
    """Whole or not at all: a known_hosts file that was cut off would lock everybody out."""
    target = path.resolve()
    beside = target.with_name(f"{target.name}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8")
        if target.exists():
            beside.chmod(target.stat().st_mode)
        beside.replace(target)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from error


def exit_code(scanned: Sequence[Scanned], replace: Collection[str], *, written: bool) -> int:
    """0 all known, 4 something is new or changed and has not been written, 1 some could not be reached."""
    pending = [
        host
        for host in scanned
        if host.standing in {"new", "CHANGED", "REVOKED"} and not (written and host.unpinned(replace))
    ]
    if pending:
        return 4
    return 1 if any(host.failure is not None for host in scanned) else 0


def as_mapping(scanned: Sequence[Scanned]) -> dict[str, Any]:
    """The answer of ``--output json``, schema ``mailtrust.hostkeys/1``."""
    return {"schema": "mailtrust.hostkeys/1", "hosts": [_host_mapping(host) for host in scanned]}


def _host_mapping(host: Scanned) -> dict[str, Any]:
    return {
        "name": host.name,
        "address": host.address,
        "standing": host.standing,
        "file": str(host.file),
        "keys": [
            {"type": key.kind, "fingerprint": key.fingerprint, "standing": standing(key, host.known)}
            for key in host.keys
        ],
        "known": [{"type": key.kind, "fingerprint": key.fingerprint} for key in host.known.keys],
        "reason": None if host.failure is None else host.failure.text,
    }
