"""Passwords by reference: ``env:NAME``, ``file:PATH``, ``cmd:COMMAND``; resolved late, each at most once a run."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mailtrust.errors import InventoryError
from mailtrust.secret import Secret

_COMMAND_SECONDS = 30


@dataclass
class Vault:
    """Resolves references and remembers every secret it has given out, so that all of them can be redacted.

    ``base`` is the folder to which ``file:`` paths are relative. Anything without a known scheme is the value itself.
    """

    base: Path
    _known: dict[str, Secret] = field(default_factory=dict, repr=False)

    def resolve(self, reference: str) -> Secret:
        """The secret meant; raises InventoryError naming the reference, never its value."""
        if reference not in self._known:
            scheme, _, rest = reference.partition(":")
            reader = _READERS.get(scheme)
            self._known[reference] = Secret(reference) if reader is None else Secret(reader(rest, self.base))
        return self._known[reference]

    @property
    def secrets(self) -> tuple[Secret, ...]:
        return tuple(self._known.values())


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
        done = subprocess.run(  # noqa: S603  # the user's own command is what the reference asks for
            shlex.split(line), cwd=base, capture_output=True, text=True, timeout=_COMMAND_SECONDS, check=False
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise InventoryError(f"cmd:{line}", f"the command cannot be run ({type(error).__name__})") from error
    value = done.stdout.splitlines()[0] if done.stdout else ""
    if done.returncode or not value:
        raise InventoryError(f"cmd:{line}", f"the command gave exit code {done.returncode} and no usable first line")
    return value


def _not_yet(scheme: str) -> Callable[[str, Path], str]:
    def refuse(rest: str, _: Path) -> str:
        raise InventoryError(f"{scheme}:{rest}", "this kind of reference is not supported yet; use env:, file: or cmd:")

    return refuse


_READERS: Mapping[str, Callable[[str, Path], str]] = {
    "env": _from_environment,
    "file": _from_file,
    "cmd": _from_command,
    # Known by name, so that such a reference can never be taken for a password and sent to a router.
    "keyring": _not_yet("keyring"),
    "vault": _not_yet("vault"),
    "sops": _not_yet("sops"),
}
