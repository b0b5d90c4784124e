"""What tests of several rooms need: one authority for all, and worlds to run whole commands in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import pytest

from lab.authority import Authority
from tests.support.world import USUAL, World, Worlds, world


@pytest.fixture(scope="session", autouse=True)
def _nobody_elses_claims(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Runs of tests claim routers in a folder of their own, not in that of whoever runs the tests."""
    with patch.dict(os.environ, {"XDG_STATE_HOME": str(tmp_path_factory.mktemp("state"))}):
        yield


@pytest.fixture(scope="session")
def authority() -> Authority:
    """Minted once: its chains are the same for every test."""
    return Authority.mint()


@pytest.fixture(scope="module")
def worlds(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    """``worlds(specs, wish)``: a running world, gone when the module's tests are over."""
    with ExitStack() as stack:

        def make(specs: Any, wish: Any = USUAL) -> World:
            return stack.enter_context(world(tmp_path_factory.mktemp("world"), authority, specs, wish))

        yield make
