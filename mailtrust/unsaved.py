"""``show archive config differences``: what others have left unsaved on a router, so that nobody saves it unasked."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator, Sequence

from mailtrust.applet import TEST_APPLET
from mailtrust.certificates import trustpoint_name
from mailtrust.model import Desired
from mailtrust.redact import Redactor
from mailtrust.refusals import quiet, refusal

DIFFERENCES = "show archive config differences nvram:startup-config system:running-config"

_HEADLINE = "Contextual Config Diffs"
_NONE = "No changes were found"
_REORDERED = re.compile(r"!.*order-dependent line")
_IN_ORDER = re.compile(r"!.*end of reordered", re.IGNORECASE)
_CLOCK = "ntp clock-period"  # the router sets it by itself
_CHAIN = re.compile(r"crypto pki certificate chain (\S+)")
_SERIAL = re.compile(r"certificate (?:ca |self-signed |rollover )*([0-9A-Fa-f]+)")
_NAMED = re.compile(r"(?:event manager environment|event manager applet|crypto pki trustpoint) (\S+)")

_WORDS = 2
_PROMPTED = re.compile(r"\S{1,100}[>#]")

_Change = tuple[str, str, str]
"""Sign, unindented line that it belongs to, and the line itself, bare."""


def names(desired: Desired) -> frozenset[str]:
    """What the things are called that we want."""
    return frozenset(
        {
            *(each.name for each in desired.variables),
            *(each.name for each in desired.applets),
            *map(trustpoint_name, desired.trust),
        }
    )


def unsaved_by_others(reply: str, ours: Collection[str], expected: Collection[str] = ()) -> tuple[str, ...] | None:
    """The changed lines that are not about the variables, applets and trustpoints of these names; first words only.

    None when nobody can tell: the command is not known, was refused, or did not come to its end. ``expected`` are names
    of ours that are not saved: an answer that does not speak of each has been cut.
    """
    lines = _answered(reply)
    if not lines:
        return None
    if not all(name in reply for name in expected):
        return None
    nobody_elses = {*ours, TEST_APPLET}
    changes = [each for each in _changes(lines) if not _always(each)]
    return tuple(_told(each) for each in changes if _named(each[1]) not in nobody_elses) + _chains(lines, nobody_elses)


def _answered(reply: str) -> Sequence[str]:
    """The lines that follow the headline; () for what is no answer, or was refused."""
    lines = list(quiet(reply))
    begun = next((number for number, line in enumerate(lines) if _HEADLINE in line), None)
    told = () if begun is None else lines[begun + 1 :]
    return () if any(map(refusal, told)) else told


def brief(transcript: str) -> str:
    """A transcript in which the answers to DIFFERENCES show the first words of each line only.

    What others have configured is their business, and any word of it may be a password that nothing else gives away.
    """
    lines = transcript.split("\n")
    inside = False
    for number, line in enumerate(lines):
        if inside and line and not _PROMPTED.match(line):
            lines[number] = _briefly(line)
        inside = line.rstrip().endswith(DIFFERENCES) or (inside and not _PROMPTED.match(line))
    return "\n".join(lines)


def _briefly(line: str) -> str:
    """As far as it names a thing of the kinds that we work on, or two words of it."""
    indent = line[: len(line) - len(line.lstrip(" +-"))]
    words = line.lstrip(" +-").split(" ")
    kept = 4 if _NAMED.match(" ".join(words)) else 2 if len(words) > _WORDS or line.startswith("!") else 1
    return line if line.startswith("!") or len(words) <= kept else f"{indent}{' '.join(words[:kept])} ***"


def _changes(lines: Sequence[str]) -> Iterator[_Change]:
    """Each changed line; of a section that was re-ordered each line, whether it bears a sign or not."""
    head, moved = "", False
    for line in lines:
        bare = line.strip()
        if bare.startswith("!"):
            moved = bool(_REORDERED.match(bare)) or (moved and not _IN_ORDER.match(bare))
            continue
        sign = bare[0] if bare[0] in "+-" else ""
        if not line[0].isspace():
            head = bare.lstrip("+-").strip()
        if sign or moved:
            yield sign or "~", head, bare.lstrip("+-").strip()


def _always(change: _Change) -> bool:
    """Certificates stand as hex in the one and as file names in the other: ``_chains`` compares them."""
    return change[2].startswith(_CLOCK) or _CHAIN.match(change[1]) is not None


def _chains(lines: Sequence[str], ours: Collection[str]) -> tuple[str, ...]:
    """Chains of others that came, went, or hold certificates of other serial numbers than before."""
    found: dict[str, dict[str, set[str]]] = {}
    whole: dict[str, str] = {}
    head: str | None = None
    for line in lines:
        bare = line.strip()
        sign = bare[0] if bare[0] in "+-" else ""
        text = bare.lstrip("+-").strip()
        if not line[0].isspace():
            chain = _CHAIN.match(text)
            head = None if chain is None else chain[1]
            if head is not None and sign:
                whole[head] = sign
        elif head is not None and sign and (serial := _SERIAL.match(text)):
            found.setdefault(head, {"+": set(), "-": set()})[sign].add(serial[1].lstrip("0").upper())
    changed = {name: "~" for name, sides in found.items() if sides["+"] != sides["-"]} | whole
    return tuple(f"{sign}crypto pki certificate chain {name}" for name, sign in changed.items() if name not in ours)


def _told(change: _Change) -> str:
    """The first words of a foreign line: enough to know what it is about, too few to hold a password."""
    sign, head, line = change
    if line == head:
        return f"{sign}{_first(head, _WORDS)}"
    return f"{_first(head, _WORDS, whole_too=True)}: {sign}{_first(line, 1)}"


def _first(line: str, words: int, *, whole_too: bool = False) -> str:
    """The line as far as a redactor leaves it alone, so many words at most; all of it only where that is harmless."""
    whole = line.split()
    if (named := _NAMED.match(line)) is not None:
        words = len(named[0].split())
    elif not whole_too:
        words = min(words, max(len(whole) - 1, 1))
    kept = zip(Redactor(()).redact(line).split(), whole, strict=False)
    told = [was for now, was in itertools.takewhile(lambda pair: pair[0] == pair[1], kept)][:words]
    return " ".join([*told, *(["..."] if told != whole else [])])


def _named(head: str) -> str | None:
    match = _NAMED.match(head)
    return None if match is None else match[1]
