"""What a trust file should become: proposed as a diff, written only when somebody agrees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from mailtrust.certificates import CertificateError, from_pem
from mailtrust.errors import InventoryError, UsageError
from mailtrust.model import Certificate
from mailtrust.trust_text import Wanted, diff, write
from runbooks.yaml_file import read_text

_KEPT = "on no path that was seen now; kept until somebody retires it"


@dataclass(frozen=True)
class Proposal:
    """A trust file as it is (None: not there yet) and as it should be; with an empty diff nothing would change."""

    path: Path
    old: str | None = field(repr=False)
    new: str = field(repr=False)
    diff: str


def held_in(path: Path | None) -> tuple[Certificate, ...]:
    """What a trust file holds; nothing if it is not there yet. InventoryError if it cannot be read."""
    if path is None or not path.exists():
        return ()
    try:
        return from_pem(read_text(path))
    except CertificateError as error:
        raise InventoryError(path, str(error)) from error


def propose(path: Path, name: str, wanted: Sequence[Wanted], now: datetime) -> Proposal:
    """The file with all that is wanted. What it holds and nobody wants stays while it is valid: first make, then break.

    The same wish on the same file gives the same file.
    """
    old = read_text(path) if path.exists() else None
    new = write(name, (*wanted, *_kept(held_in(path), {one for one, _, _ in wanted}, now)))
    return Proposal(path, old, new, diff(old or "", new, path.name))


def _kept(held: Iterable[Certificate], wanted: set[Certificate], now: datetime) -> tuple[Wanted, ...]:
    return tuple((one, _KEPT, "this file") for one in held if one.is_ca and one not in wanted and now <= one.not_after)


def accept(proposals: Iterable[Proposal]) -> tuple[Path, ...]:
    """Write what differs; returns the paths written. Each file is replaced whole or not at all."""
    written = []
    for proposal in proposals:
        if proposal.new == proposal.old:
            continue
        beside = proposal.path.with_name(f".{proposal.path.name}.new")
        try:
            proposal.path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(proposal.new, encoding="utf-8")
            beside.replace(proposal.path)
        except OSError as error:
            raise UsageError(f"{proposal.path}: cannot be written: {error.strerror}") from error
        written.append(proposal.path)
    return tuple(written)
