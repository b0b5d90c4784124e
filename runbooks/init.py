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
    "inventory/trust/roots/GTS-Root-R1-d947432abde7b7fa90fc2e6b59101b1280e0e1c7e4e40fa3c6887fff57a7f4cf.pem",
    "inventory/trust/roots/GTS-Root-R2-8d25cd97229dbf70356bda4eb3cc734031e24cf00fafcfd32dc76eb5841c7ea8.pem",
    "inventory/trust/roots/GTS-Root-R3-34d8a73ee208d9bcdb0d956520934b4e40e69482596e8b6f73c8426b010a6f48.pem",
    "inventory/trust/roots/GTS-Root-R4-349dfa4058c5e263123b398ae795573c4e1313c83fe68f93556cd5e8031b3c7d.pem",
    "inventory/trust/roots/GlobalSign-Root-CA-ebd41040e4bb3ec742c9e381d31ef2a41a48b6685c96e7cef3c1df6cd4331c99.pem",
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
