"""Output filters (`| include ...`) and IOS regular expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

KEYWORDS = ("append", "begin", "count", "exclude", "format", "include", "redirect", "section", "tee")
DELIMITER = r"(?:^|$|[ ,{}()])"  # IOS: `_` is the start, the end, a space, a comma, a brace or a parenthesis
TOKEN = re.compile(r"\\(?P<escaped>.)|(?P<set>\[\^?\]?[^\]]*\])|(?P<one>.)", re.DOTALL)


class BadFilterError(ValueError):
    """The part after `|` is not a filter."""


def pattern(text: str) -> re.Pattern[str]:
    """An IOS regular expression as Python's: `_` is a delimiter, braces stand for themselves."""
    try:
        return re.compile("".join(_translate(token) for token in TOKEN.finditer(text)))
    except re.error as error:
        raise BadFilterError(str(error)) from error


def _translate(token: re.Match[str]) -> str:
    if token["escaped"]:
        return re.escape(token["escaped"])
    if token["set"]:
        return token["set"].replace("\\", "\\\\")
    return {"_": DELIMITER, "{": r"\{", "}": r"\}", "\\": r"\\"}.get(token["one"], token["one"])


def include(lines: list[str], wanted: re.Pattern[str]) -> Iterator[str]:
    return (line for line in lines if wanted.search(line))


def exclude(lines: list[str], wanted: re.Pattern[str]) -> Iterator[str]:
    return (line for line in lines if not wanted.search(line))


def begin(lines: list[str], wanted: re.Pattern[str]) -> Iterator[str]:
    first = next((at for at, line in enumerate(lines) if wanted.search(line)), len(lines))
    return iter(lines[first:])


def count(lines: list[str], wanted: re.Pattern[str]) -> Iterator[str]:
    yield f"Number of lines which match regexp = {sum(1 for line in lines if wanted.search(line))}"


def section(lines: list[str], wanted: re.Pattern[str]) -> Iterator[str]:
    """Every line that matches, with the deeper indented lines below it."""
    return (line for line, inside in _sections(lines, wanted) if inside)


def outside(lines: list[str], wanted: re.Pattern[str]) -> Iterator[str]:
    return (line for line, inside in _sections(lines, wanted) if not inside)


def _sections(lines: list[str], wanted: re.Pattern[str]) -> Iterator[tuple[str, bool]]:
    depth: int | None = None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if depth is None or indent <= depth:
            depth = indent if wanted.search(line) else None
        yield line, depth is not None


Filter = Callable[[list[str], re.Pattern[str]], Iterator[str]]
FILTERS: dict[str, Filter] = {
    "begin": begin,
    "count": count,
    "exclude": exclude,
    "include": include,
    "section": section,
    "section exclude": outside,
}


def split(line: str) -> tuple[str, Callable[[str], str]]:
    """A command line cut at its first `|`: the command, and what becomes of its output."""
    command, bar, rest = line.partition("|")
    if not bar:
        return line, str
    keyword, _, expression = rest.lstrip().partition(" ")
    found = [name for name in KEYWORDS if keyword and name.startswith(keyword.lower())]
    first, _, others = expression.lstrip().partition(" ")
    if found == ["section"] and others and first in ("exclude", "include"):
        found, expression = (["section exclude"] if first == "exclude" else found), others
    if len(found) != 1 or found[0] not in FILTERS or not expression.strip():
        raise BadFilterError(rest)
    chosen, wanted = FILTERS[found[0]], pattern(expression.lstrip())

    def apply(text: str) -> str:
        return "".join(f"{line}\n" for line in chosen(text.removesuffix("\n").split("\n"), wanted))

    return command, apply
