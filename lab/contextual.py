"""`show archive config differences`: two configurations compared line by line within their blocks.

As routers print it: first all that came, then all that went, each under the headers of its blocks. Where the order of
lines matters, a line that moved is new where it is now, and a comment where it was; what lies below it went.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

ORDERED = ("ip access-list ", "policy-map ", "route-map ")


@dataclass
class Line:
    """A line of a configuration, with those below it that are indented deeper."""

    text: str
    depth: int
    below: list[Line] = field(default_factory=list)

    def whole(self, sign: str) -> Iterator[str]:
        """The line and all below it, as come (`+`) or gone (`-`)."""
        yield f"{' ' * self.depth}{sign}{self.text}"
        for line in self.below:
            yield from line.whole(sign)


def differences(before: str, after: str) -> list[str]:
    """What changed between two configurations."""
    old, new = parsed(before), parsed(after)
    return [*_one_way(new.below, old.below, "+", ()), *_one_way(old.below, new.below, "-", ())]


def parsed(text: str) -> Line:
    """A configuration as a tree, without its comments."""
    above = [Line("", -1)]
    for line in text.splitlines():
        if line.startswith("!"):
            continue
        depth = len(line) - len(line.lstrip(" "))
        while above[-1].depth >= depth:
            above.pop()
        above[-1].below.append(Line(line.strip(), depth))
        above.append(above[-1].below[-1])
    return above[0]


def _one_way(mine: Sequence[Line], other: Sequence[Line], sign: str, context: tuple[Line, ...]) -> Iterator[str]:
    """The lines of `mine` that `other` has not; `sign` says whether `mine` is what is now."""
    ordered = bool(context) and context[0].text.startswith(ORDERED)
    at = 0
    for line in mine:
        texts = [each.text for each in other]
        found = next((number for number in range(at if ordered else 0, len(other)) if texts[number] == line.text), None)
        if found is not None:
            at = found + 1
            within = list(_one_way(line.below, other[found].below, sign, (*context, line)))
            if within and not within[0].startswith("!"):  # what was moved names its blocks itself
                yield f"{' ' * line.depth}{line.text}"
            yield from within
        elif sign == "-" and line.text in texts:
            yield from _moved(line, context)
        else:
            yield from line.whole(sign)


def _moved(line: Line, context: tuple[Line, ...]) -> Iterator[str]:
    yield from ("!", "!The following order-dependent line(s) were re-ordered")
    yield from (f"!{' ' * each.depth}{each.text}" for each in (*context, line))
    yield from ("!End of reordered section", "!")
    for each in line.below:
        yield from each.whole("-")
