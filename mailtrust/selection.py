"""Which hosts of an inventory are meant: the expressions of ``--limit``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mailtrust.errors import UsageError


@dataclass(frozen=True, slots=True)
class Candidate:
    """What an expression may ask about one host: its name, all its groups, its merged data."""

    name: str
    groups: frozenset[str]
    data: Mapping[str, object]


def select(candidates: Sequence[Candidate], expressions: Sequence[str]) -> tuple[str, ...]:
    """The names meant, in inventory order.

    Any of the plain expressions must match (all hosts, when there is none), and none of those that begin with '!'.
    An expression is a host name, a glob, ``group:NAME`` or ``key=value`` of the data. One that matches no host at all
    is a UsageError: it is a slip of the pen, and running without it would be something else than was asked for.
    """
    for expression in expressions:
        if not any(_matches(each, expression.removeprefix("!")) for each in candidates):
            raise UsageError(f"--limit {expression}: matches none of the {len(candidates)} hosts with mail data")
    wanted = [each for each in expressions if not each.startswith("!")]
    unwanted = [each[1:] for each in expressions if each.startswith("!")]
    names = tuple(
        each.name
        for each in candidates
        if (not wanted or any(_matches(each, expression) for expression in wanted))
        and not any(_matches(each, expression) for expression in unwanted)
    )
    if not names:
        raise UsageError("no host is selected: the inventory has none with mail data, or --limit leaves none")
    return names


def _matches(candidate: Candidate, expression: str) -> bool:
    if expression.startswith("group:"):
        return expression.removeprefix("group:") in candidate.groups
    key, equals, value = expression.partition("=")
    if equals:
        return str(_deep(candidate.data, key)) == value
    return fnmatchcase(candidate.name, expression)


def _deep(data: object, key: str) -> object:
    """``site`` or ``mail.provider``."""
    for part in key.split("."):
        data = data.get(part) if isinstance(data, Mapping) else None
    return data
