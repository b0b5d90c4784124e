"""`mailtrust init`: a commented config.yaml and the inventory beside it."""

from __future__ import annotations

from pathlib import Path

from mailtrust.errors import UsageError

ROOM = Path(__file__).resolve().parent

FILES = (
    "config.yaml",
    "inventory/hosts.yaml",
    "inventory/groups.yaml",
    "inventory/defaults.yaml",
    "inventory/providers.yaml",
    "inventory/applets.yaml",
    "inventory/trust/gmail.pem",
)


def init(directory: Path) -> tuple[Path, ...]:
    """Writes a first configuration into ``directory``, made if missing, and returns the paths written.

    A file that is already there is never overwritten: UsageError names it, and nothing at all is written.
    """
    targets = {directory / name: scaffold() / name for name in FILES}
    for target in targets:
        if target.exists() or target.is_symlink():
            raise UsageError(f"{target} exists and is not overwritten: choose another directory, or move it away")
    try:
        for target, source in targets.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    except OSError as problem:
        raise UsageError(f"{directory}: cannot be written: {problem.strerror}") from problem
    return tuple(targets)


def scaffold() -> Path:
    """Where the files come from: beside this module in an installed wheel, else the top of the checkout."""
    installed = ROOM / "scaffold"
    return installed if installed.is_dir() else ROOM.parent
