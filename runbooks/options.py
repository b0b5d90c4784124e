"""What every verb that reaches routers can be told: the words of the command line, for scripts too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tasks.order import Save, Test


@dataclass(frozen=True)
class Options:
    """Everything has a good default; None is what config.yaml says, and what it does not say is the product's own.

    ``waves``, ``max_failed`` and ``max_unreachable`` are written as on the command line: ``1,5%,rest``, ``3``, ``5%``.
    """

    config: Path = Path("config.yaml")
    limit: Sequence[str] = ()
    workers: int | None = None
    runs: Path | None = None
    adopt: bool = False
    install_leaf: bool = False
    """Confirms the policy ``install: all`` where the trust file holds a leaf."""
    test: Test | None = None
    save: Save | None = None
    save_others: bool = False
    """Save also what somebody else had left unsaved on a router."""
    keep: bool = False
    """Leave a router that failed midway as it is, instead of undoing what was done to it."""
    journeys: int = 2
    """How often a router is worked on from the beginning, when its line is lost in the midst; then it is undone."""
    waves: str | None = None
    wave_by: str | None = None
    soak: float | None = None
    max_failed: str | None = None
    max_unreachable: str | None = None
    resume: str | None = None
    """An earlier run, by path or by the name of its directory: only its hosts that are not finished."""
    failed_too: bool = False
    """With ``resume``: those that failed as well."""
    plan: Path | None = None
    """A saved plan: do exactly that, skip every host that has changed since."""
    undo: str | None = None
    """An earlier run that is to be undone."""


Verb = Literal["plan", "verify", "rollout", "rollback"]
