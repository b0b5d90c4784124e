"""Passwords by reference, resolved late, each at most once a run; whoever keeps the secret is asked by its own tool.

``env:NAME``, ``file:PATH``, ``cmd:COMMAND``, ``keyring:SERVICE/USER``, ``vault:PATH#FIELD``, ``sops:FILE#KEY``.
"""

from __future__ import annotations

import importlib
import os
import shlex
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mailtrust.errors import InventoryError
from mailtrust.secret import Secret

_COMMAND_SECONDS = 30


class Resolver(Protocol):
    """Whoever knows what references mean; both methods raise InventoryError naming the reference, never its value."""

    def resolve(self, reference: str) -> Secret:
        """The password meant."""

    def name(self, reference: str) -> str:
        """The user name meant: it may be a reference as well, and is no secret."""


@dataclass
class Vault:
    """Resolves references and remembers every password it has given out, so that all of them can be redacted.

    ``base`` is the folder to which paths are relative. Anything without a known scheme is the value itself. A user
    name is told in clear, unless the same text or reference is somebody's password as well.
    """

    base: Path
    _read: dict[str, Secret] = field(default_factory=dict, repr=False)
    _passwords: dict[str, None] = field(default_factory=dict, repr=False)

    def resolve(self, reference: str) -> Secret:
        """The password meant; from now on it is redacted."""
        value = self._value(reference)
        self._passwords[reference] = None
        return value

    def name(self, reference: str) -> str:
        """The user name meant: were it redacted, no line could say any more who may not log in."""
        return self._value(reference).reveal()

    def _value(self, reference: str) -> Secret:
        if reference not in self._read:
            scheme, _, rest = reference.partition(":")
            reader = _READERS.get(scheme)
            self._read[reference] = Secret(reference) if reader is None else Secret(reader(rest, self.base))
        return self._read[reference]

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Every password that has been asked for so far."""
        return tuple(self._read[reference] for reference in self._passwords)


def is_reference(text: str) -> bool:
    """Whether this names where a secret is kept, and is not the secret."""
    scheme, colon, _ = text.partition(":")
    return bool(colon) and scheme in _READERS


# --- the reader of each scheme -------------------------------------------------------------------------------------


def _from_environment(name: str, _: Path) -> str:
    value = os.environ.get(name)
    if not value:
        raise InventoryError(f"env:{name}", f"the environment variable {name} is not set; export it and run again")
    return value


def _from_file(name: str, base: Path) -> str:
    path = base / Path(name).expanduser()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InventoryError(f"file:{name}", f"{path} cannot be read ({type(error).__name__})") from error
    if not lines or not lines[0]:
        raise InventoryError(f"file:{name}", f"the first line of {path} is empty; the secret is expected there")
    return lines[0]


def _from_command(line: str, base: Path) -> str:
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise InventoryError(f"cmd:{line}", f"this is no command line ({error})") from error
    return _first_line(f"cmd:{line}", words, base)


def _from_keyring(name: str, _: Path) -> str:
    where, (service, user) = f"keyring:{name}", _parts("keyring", name, "/", "SERVICE/USER")
    try:
        keyring = importlib.import_module("keyring")
    except ModuleNotFoundError as error:
        raise InventoryError(where, "needs the package keyring: install mailtrust[keyring]") from error
    try:
        value = keyring.get_password(service, user)
    except Exception as error:  # every backend has errors of its own, and any text may be about the secret
        raise InventoryError(where, f"the keyring cannot be read ({type(error).__name__})") from error
    if not value:
        raise InventoryError(where, f"the keyring has no password; `keyring set {service} {user}` stores one")
    return str(value)


def _from_vault(name: str, base: Path) -> str:
    path, key = _parts("vault", name, "#", "PATH#FIELD")
    return _first_line(f"vault:{name}", ["vault", "kv", "get", f"-field={key}", path], base)


def _from_sops(name: str, base: Path) -> str:
    file, key = _parts("sops", name, "#", "FILE#KEY, with dots between the keys on the way")
    steps = "".join(f'["{step}"]' for step in key.split("."))
    path = str(base / Path(file).expanduser())
    return _first_line(f"sops:{name}", ["sops", "-d", "--extract", steps, path], base)


_READERS: Mapping[str, Callable[[str, Path], str]] = {
    "env": _from_environment,
    "file": _from_file,
    "cmd": _from_command,
    "keyring": _from_keyring,
    "vault": _from_vault,
    "sops": _from_sops,
}


def _parts(scheme: str, text: str, separator: str, form: str) -> tuple[str, str]:
    first, _, last = text.rpartition(separator)
    if not first or not last:
        raise InventoryError(f"{scheme}:{text}", f"expected {scheme}:{form}")
    return first, last


def _first_line(reference: str, words: Sequence[str], base: Path) -> str:
    """What the command prints. What it complains about is not repeated: nobody knows what stands in it."""
    try:
        done = subprocess.run(  # noqa: S603  # the user's own command is what the reference asks for
            words, cwd=base, stdin=subprocess.DEVNULL, capture_output=True, timeout=_COMMAND_SECONDS, check=False
        )
    except FileNotFoundError as error:
        raise InventoryError(reference, f"there is no program '{words[0]}' here; install it") from error
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired) as error:
        raise InventoryError(reference, f"the command cannot be run ({type(error).__name__})") from error
    value = next(iter(done.stdout.decode(errors="replace").splitlines()), "")
    if done.returncode or not value:
        what = f"'{words[0]}' gave exit code {done.returncode} and no usable first line; run it by hand to see why"
        raise InventoryError(reference, what)
    return value
