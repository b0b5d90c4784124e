"""Which hosts are meant."""

from __future__ import annotations

from typing import Any

import pytest

from mailtrust.errors import UsageError
from mailtrust.selection import Candidate, select

HOSTS = (
    Candidate("berlin-1", frozenset({"germany", "branch"}), {"site": "berlin", "mail": {"provider": "gmail"}}),
    Candidate("berlin-2", frozenset({"germany"}), {"site": "berlin", "mail": {"provider": "relay"}}),
    Candidate("paris-1", frozenset({"france", "branch"}), {"site": "paris", "rack": 7}),
    Candidate("Paris-2", frozenset({"france"}), {"site": "paris"}),
)


@pytest.mark.parametrize(
    ("limit", "meant"),
    [
        ([], "berlin-1 berlin-2 paris-1 Paris-2"),
        (["paris-1"], "paris-1"),
        (["berlin-*"], "berlin-1 berlin-2"),
        (["*-1"], "berlin-1 paris-1"),
        (["[pP]aris-?"], "paris-1 Paris-2"),
        (["group:france"], "paris-1 Paris-2"),
        (["site=berlin"], "berlin-1 berlin-2"),
        (["mail.provider=relay"], "berlin-2"),
        (["rack=7"], "paris-1"),
        (["paris-1", "berlin-1"], "berlin-1 paris-1"),
        (["!group:branch"], "berlin-2 Paris-2"),
        (["group:germany", "!berlin-1"], "berlin-2"),
        (["!site=paris", "!berlin-2"], "berlin-1"),
    ],
)
def test_an_expression_means_hosts(limit: Any, meant: Any) -> None:
    """Names, globs, groups and data add up, '!' takes away; the order is the inventory's."""
    assert select(HOSTS, limit) == tuple(meant.split())


@pytest.mark.parametrize("slip", ["rome-1", "group:italy", "site=rome", "mail.provider=", "!rome-1", "PARIS-1", ""])
def test_a_slip_of_the_pen_is_an_error(slip: str) -> None:
    """An expression that matches nobody is told, even beside one that does."""
    with pytest.raises(UsageError, match="matches none"):
        select(HOSTS, ["paris-1", slip])


def test_nobody_left_is_an_error() -> None:
    """A run over no host at all is never what was meant."""
    with pytest.raises(UsageError, match="no host is selected"):
        select(HOSTS, ["group:france", "!site=paris"])
    with pytest.raises(UsageError, match="no host is selected"):
        select((), [])
