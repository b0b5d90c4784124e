"""Who goes first: a run cut into waves, so that a mistake meets one router before it meets a hundred."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Sequence

from mailtrust.errors import UsageError
from mailtrust.model import HostOutcome

_SIZE = re.compile(r"([1-9]\d*)(%?)")
_REST = "rest"
_WHOLE = 100


Wave = tuple[str, ...]


def cut(names: Sequence[str], sizes: str | None, key: Callable[[str], object] | None = None) -> tuple[Wave, ...]:
    """The waves, in order, every name in exactly one of them.

    ``sizes`` is ``1,5%,25%,rest``: each a count, a share of all (rounded up) or what is left; what the sizes leave
    over is one more wave. With ``key`` the sizes count groups of names that have the same key (all sites, not all
    routers), and without sizes each group is a wave. Raises UsageError for sizes that cannot be meant.
    """
    units = [(name,) for name in names] if key is None else _alike(names, key)
    without_sizes = [len(units)] if key is None else [1] * len(units)
    counts = without_sizes if sizes is None else _counts(sizes, len(units))
    waves, at = [], 0
    for count in counts:
        waves.append(tuple(name for unit in units[at : at + count] for name in unit))
        at += count
    return tuple(wave for wave in waves if wave)


def _alike(names: Sequence[str], key: Callable[[str], object]) -> list[Wave]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[str(key(name))].append(name)
    return [tuple(group) for group in groups.values()]


def _counts(sizes: str, total: int) -> list[int]:
    words = [word.strip() for word in sizes.split(",")]
    counts: list[int] = []
    for index, word in enumerate(words):
        left = total - sum(counts)
        if word == _REST:
            if index != len(words) - 1:
                raise UsageError(f"--waves {sizes}: nothing can come after 'rest'")
            counts.append(left)
            continue
        counts.append(min(left, _count(sizes, word, total)))
    return [*counts, total - sum(counts)]


def _count(sizes: str, word: str, total: int) -> int:
    match = _SIZE.fullmatch(word)
    if match is None or (match[2] and int(match[1]) > _WHOLE):
        raise UsageError(f"--waves {sizes}: '{word}' is neither a number, nor a share such as 5%, nor 'rest'")
    return math.ceil(total * int(match[1]) / _WHOLE) if match[2] else int(match[1])


def unproven(outcomes: Sequence[HostOutcome]) -> str | None:
    """Why a wave does not pass, None when it does: some host must have ended well, no changed one without its mail."""
    mute = [each.name for each in outcomes if each.state == "changed" and (each.mail is None or not each.mail.sent)]
    if mute:
        return f"no test mail was sent from {', '.join(mute)}"
    lost = [each.name for each in outcomes if each.mail is not None and each.mail.arrived is False]
    if lost:
        return f"the test mail of {', '.join(lost)} did not arrive"
    unseen = [each.name for each in outcomes if any(found.code == "MT312" for found in each.findings)]
    if unseen:
        return f"nobody could look for the test mail of {', '.join(unseen)}"
    if not any(each.state in {"changed", "unchanged"} for each in outcomes):
        return "none of its hosts ended well, so nothing is proven"
    return None
