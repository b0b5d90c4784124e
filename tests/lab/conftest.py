"""Routers for the tests: consoles that need neither socket nor event loop, and the certificates of the cases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from lab.console import Console
from lab.personality import Personality
from lab.postman import Postman
from lab.router import Router
from lab.session import Session

HERE = Path(__file__).parent
SHARED = HERE.parents[1] / "../shared"
BOOTED = datetime(2026, 3, 5, 10, 20, 30, 123456, tzinfo=timezone.utc)


@pytest.fixture
def postman() -> Postman:
    return Postman()


@pytest.fixture
def console(postman: Postman) -> Callable[..., Console]:
    """`console(release=..., ...)`: a console on a new router of that personality."""

    def make(**habits: Any) -> Console:
        habits.setdefault("hostname", "R1")
        return Console(Session(Router(Personality(**habits), postman, now=lambda: BOOTED)))

    return make


@pytest.fixture
def pem() -> Callable[[str], list[str]]:
    """The lines of one of the cases' certificates: root, issuing, leaf, impostor."""
    return lambda name: (HERE / "certificates" / f"{name}.pem").read_text().splitlines()


@pytest.fixture
def shared() -> Path:
    """Recordings of real devices, beside the checkout where they are kept."""
    if not SHARED.is_dir():
        pytest.skip("no recordings of real devices beside this checkout")
    return SHARED
