"""A real Postfix, where it is installed and may be started."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from lab.authority import Authority
from tests.support import postfix as real


@pytest.fixture(scope="session")
def postfix(authority: Authority) -> Iterator[real.Postfix]:
    """Postfix presenting the usual chain."""
    if real.POSTFIX is None:
        pytest.skip("Postfix is not installed; .ci/run installs it")
    if os.geteuid() != 0:
        pytest.skip("Postfix starts as root only")
    with real.postfix(authority.chain()) as running:
        yield running
