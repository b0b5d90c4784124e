"""One router is in one run's hands at a time, under whatever names it stands in whichever inventories.

Within a run: two hosts that lead to one place. Between the runs of a user on this machine: claims, one for each run
that changes routers, in a folder that does not depend on config.yaml, ``--runs`` or the session.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import platform
import secrets
import stat
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from nornir.core.inventory import ConnectionOptions, Host

from mailtrust.errors import UsageError
from mailtrust.findings import Finding, finding
from mailtrust.host_keys import SSH_PORT
from tasks.addresses import Addresses, addresses
from tasks.order import Order

LookUp = Callable[[Collection[str]], Addresses]

_MOST_TOLD = 3
_GATE_SECONDS = 10
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
_uid: Callable[[], int] = getattr(os, "getuid", int)
"""0 where the system knows no such numbers: there every file has this one."""


# --- where a host is reached ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Door:
    """Where one host of the inventory is reached: ``places`` tells all that are the same, addresses first."""

    host: str
    places: tuple[str, ...]


Doors = Mapping[str, Door]
"""By host."""


def doors(hosts: Mapping[str, Host], look_up: LookUp = addresses) -> Doors:
    """Where each of these hosts is reached; what cannot be resolved is known by its name alone."""
    wanted = {name: host.get_connection_parameters("scrapli") for name, host in hosts.items()}
    names = {name: str(each.hostname or name).lower().rstrip(".") for name, each in wanted.items()}
    found = look_up(frozenset(names.values()))
    return {
        name: Door(name, tuple(f"{each}{_port(wanted[name])}" for each in [*sorted(found[spelled]), spelled]))
        for name, spelled in names.items()
    }


def _port(wanted: ConnectionOptions) -> str:
    """Port and way: behind two jump hosts one address may be two routers."""
    extras = wanted.extras or {}
    options = extras.get("transport_options") or {}
    way = [extras.get("ssh_config_file"), options.get("open_cmd") if isinstance(options, dict) else options]
    through = hashlib.sha256(repr(way).encode()).hexdigest()[:8]
    return f" port {wanted.port or SSH_PORT}" + (f" by SSH options {through}" if any(way) else "")


def doubles(doors: Doors) -> Mapping[tuple[str, ...], str]:
    """The hosts that share a place, and which; hosts that share several are told once."""
    sharing: dict[str, list[str]] = defaultdict(list)
    for door in doors.values():
        for place in dict.fromkeys(door.places):
            sharing[place].append(door.host)
    shared: dict[tuple[str, ...], str] = {}
    for place, hosts in sharing.items():
        if len(hosts) > 1:
            shared.setdefault(tuple(hosts), place)
    return shared


def judged(wishes: Mapping[str, Order], doors: Doors, *, changing: bool) -> Mapping[str, Order]:
    """The orders with a warning at hosts that are one router; raises UsageError where routers would be changed."""
    if changing:
        _refuse(doubles(doors))
    said = remarks(doors)
    return {name: replace(wish, findings=(*wish.findings, *said[name])) for name, wish in wishes.items()}


def remarks(doors: Doors) -> Mapping[str, list[Finding]]:
    """For each host the warnings that others are the same router."""
    said: dict[str, list[Finding]] = {name: [] for name in doors}
    for hosts, place in doubles(doors).items():
        for name in hosts:
            others = [other for other in hosts if other != name]
            said[name].append(finding("MT419", f"{place} is also {_told(others)}"))
    return said


def _refuse(shared: Mapping[tuple[str, ...], str]) -> None:
    for (first, second, *more), place in shared.items():
        others = f" (so do {len(more)} more)" if more else ""
        again = f"; {len(shared) - 1} more such places" if len(shared) > 1 else ""
        raise UsageError(
            f"hosts {first} and {second} both lead to {place}{others}{again}: one router would be changed twice at "
            f"once; keep one of them in the inventory, or leave the other out with --limit '!{second}'"
        )


def _told(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_TOLD} more" if len(names) > _MOST_TOLD else ""
    return ", ".join(names[:_MOST_TOLD]) + more


# --- claims --------------------------------------------------------------------------------------------------------


@contextmanager
def claimed(doors: Doors, what: str) -> Iterator[None]:
    """Nobody else's run changes these routers until the block is left; raises UsageError when one is doing so.

    ``what`` tells others which run has them. Where claims cannot be kept the run goes on, and says so on standard
    error: a full disk must not keep anybody from his routers.
    """
    with ExitStack() as held:
        try:
            held.enter_context(_claim(_folder(), doors, what))
        except OSError as error:
            why = error.strerror or str(error)
            print(
                f"other runs cannot see which routers this one changes ({error.filename or 'claims'}: {why}); "
                "make sure that nobody else changes them meanwhile",
                file=sys.stderr,
            )
        yield


@contextmanager
def _claim(folder: Path, doors: Doors, what: str) -> Iterator[None]:
    """A lock that the system frees when its holder dies, also by kill -9, and beside it a note of what it stands for.

    Two files, since some systems let nobody read a file that is locked. One lock for each run, however many routers.
    """
    lock = folder / f"{os.getpid()}-{secrets.token_hex(4)}.lock"
    with ExitStack() as held:
        with FileLock(folder / "gate").acquire(timeout=_GATE_SECONDS):  # looking and claiming is one thing
            for other in folder.glob("*.lock"):
                _must_not_meet(other, doors)
            held.callback(_forget, lock)
            held.enter_context(FileLock(lock).acquire(timeout=0))
            _note(lock).write_text(json.dumps(_words(doors, what)), encoding="utf-8")
        yield


def _words(doors: Doors, what: str) -> Mapping[str, Any]:
    return {
        "process": os.getpid(),
        "machine": platform.node(),
        "since": f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M:%S} UTC",
        "what": what,
        "routers": {place: door.host for door in doors.values() for place in door.places},
    }


def _must_not_meet(lock: Path, doors: Doors) -> None:
    """Raises UsageError when the run of this claim has one of our routers; the claim of a dead one is removed."""
    try:
        with FileLock(lock).acquire(timeout=0):
            _forget(lock)
    except Timeout:
        said = _read(_note(lock))
        theirs = said.get("routers", {})
        met = {door.host: place for door in doors.values() for place in reversed(door.places) if place in theirs}
        if met:
            raise UsageError(_refusal(met, said, lock)) from None


def _refusal(met: Mapping[str, str], said: Mapping[str, Any], lock: Path) -> str:
    host, place = next(iter(met.items()))
    others = f", and {len(met) - 1} more of the selected routers" if len(met) > 1 else ""
    machine = said.get("machine")
    where = "" if machine == platform.node() else f" on {machine} (if it is gone, remove {lock})"
    return (
        f"{host} ({place}) is in the hands of process {said.get('process')}{where}, {said.get('what')}, since "
        f"{said.get('since')}{others}; wait for it to end, then run again"
    )


def _read(note: Path) -> Mapping[str, Any]:
    """What the holder wrote; nothing where it is about to end."""
    try:
        said = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _note(lock: Path) -> Path:
    return lock.with_suffix(".json")


def _forget(lock: Path) -> None:
    """The note first: a lock without one claims nothing."""
    for path in (_note(lock), lock):
        with suppress(OSError):
            path.unlink()


# --- where claims are kept -----------------------------------------------------------------------------------------


def _folder() -> Path:
    """The user's own folder for claims on this machine; raises OSError when there can be none.

    Not below XDG_RUNTIME_DIR: a shell has one and cron has none, and the two would not see each other.
    """
    failure: OSError = FileNotFoundError("no folder of this user's own is known")
    for folder in _candidates():
        try:
            return _private(folder)
        except OSError as error:
            failure = error
    raise failure


def _candidates() -> Iterator[Path]:
    told = Path(os.environ.get("XDG_STATE_HOME", ""))
    with suppress(RuntimeError):  # nobody's home is known
        yield (told if told.is_absolute() else Path.home() / ".local/state") / "mailtrust/claims"
    yield Path(tempfile.gettempdir()) / f"mailtrust-{_uid()}"


def _private(folder: Path) -> Path:
    """The folder, made if need be; raises OSError unless it is this user's and nobody else may write to it.

    In a folder for everybody somebody else may have made that name first.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != _uid() or found.st_mode & _OTHERS_MAY_WRITE:
        raise PermissionError(errno.EACCES, "is not a folder that this user alone may write to", str(folder))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, "cannot be written to", str(folder))
    return folder
