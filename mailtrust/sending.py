"""What is odd in the way in which a server sends its chain: order, copies, strangers, and what it leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailtrust.findings import Finding, finding
from mailtrust.model import Certificate
from mailtrust.quality import who
from mailtrust.walk import Way


def as_sent(look: str, chain: Sequence[Certificate], ways: Sequence[Way]) -> Iterator[Finding]:
    """``ways``: from the leaf up through presented certificates; ``look`` says where the chain was seen."""
    sent = list(dict.fromkeys(chain))
    if any(list(way) != sorted(way, key=sent.index) for way in ways):
        yield finding("MT503", f"{look}: sent as {', '.join(one.common_name for one in chain)}")
    for one in sent:
        if chain.count(one) > 1:
            yield finding("MT504", f"{look}: {who(one)}")
        if one.self_issued and one != chain[0]:
            yield finding("MT505", f"{look}: {who(one)}")
        if not any(one in way for way in ways):
            yield finding("MT506", f"{look}: {who(one)}")


def not_sent(look: str, chain: Sequence[Certificate], ways: Sequence[Way], paths: Sequence[Way]) -> Iterator[Finding]:
    """Intermediates that no path can do without, the root not counted.

    Where no path is known, a leaf on its own tells at least the name of its issuer.
    """
    lacking = [[who(one) for one in path[:-1] if one not in chain] for path in paths]
    alone = [way[-1].issuer for way in ways if not way[-1].is_ca and not way[-1].self_issued]
    for name in min(lacking, key=len, default=alone):
        yield finding("MT502", f"{look}: {name} is not sent")
