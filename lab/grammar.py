"""The command grammar: keyword trees, abbreviation, and the three ways to be refused.

A table row is `("show crypto pki certificates [verbose] [NAME]", handler)`: lower-case words are keywords and may be
abbreviated, upper-case words take one word, `LINE` takes the rest of the line, `[x]` may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Handler = TypeVar("Handler", bound=Callable[..., object])
REST = "LINE"


class RefusedError(Exception):
    """The line is no command here."""


class InvalidError(RefusedError):
    """`% Invalid input detected`; `at` is the column of the word at fault, counted from the line's start."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


class AmbiguousError(RefusedError):
    """`% Ambiguous command`: a word abbreviates more than one keyword."""


class IncompleteError(RefusedError):
    """`% Incomplete command.`: the line stops before the command does."""


class FailedError(RefusedError):
    """A command that cannot be carried out; no filter stops its words."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass
class Node(Generic[Handler]):
    """A place in the tree: what may come next, and what runs if nothing does."""

    words: dict[str, Node[Handler]] = field(default_factory=dict)
    argument: tuple[str, Node[Handler]] | None = None
    rest: Handler | None = None
    handler: Handler | None = None


@dataclass(frozen=True)
class Match(Generic[Handler]):
    """A whole command: its handler, every keyword and argument by name, and the column of `LINE` or the last word."""

    handler: Handler
    args: Mapping[str, str]
    at: int


def tree(*tables: Iterable[tuple[str, Handler]]) -> Node[Handler]:
    """The keyword tree of all rows; a later row wins over an equal earlier one."""
    root: Node[Handler] = Node()
    for row, handler in (row for table in tables for row in table):
        for tokens in _spellings(row.split()):
            _plant(root, tokens, handler)
    return root


def _spellings(tokens: list[str]) -> Iterator[list[str]]:
    """The row with each `[x]` present and absent."""
    if not tokens:
        yield []
        return
    head, tail = tokens[0], tokens[1:]
    for ending in _spellings(tail):
        yield [head.strip("[]"), *ending]
        if head.startswith("["):
            yield ending


def _plant(node: Node[Handler], tokens: list[str], handler: Handler) -> None:
    for token in tokens:
        if token == REST:
            node.rest = handler
            return
        if token.isupper():
            node.argument = node.argument or (token, Node())
            node = node.argument[1]
        else:
            node = node.words.setdefault(token, Node())
    node.handler = handler


def match(root: Node[Handler], line: str) -> Match[Handler]:
    """The command that `line` abbreviates; raises a RefusedError if it is none."""
    node, args, at = root, {}, 0
    for word in re.finditer(r"\S+", line):
        at = word.start()
        keyword = _keyword(node, word[0].lower())
        if keyword:
            args[keyword] = word[0]
            node = node.words[keyword]
        elif node.argument:
            name, node = node.argument
            args[name] = word[0]
        elif node.rest:
            return Match(node.rest, {**args, REST: line[at:].rstrip()}, at)
        else:
            raise InvalidError(at)
    if node.handler is None:
        raise IncompleteError
    return Match(node.handler, args, at)


def _keyword(node: Node[Handler], word: str) -> str:
    if word in node.words:
        return word
    found = [keyword for keyword in node.words if keyword.startswith(word)]
    if len(found) > 1:
        raise AmbiguousError
    return found[0] if found else ""


def choices(root: Node[Handler], line: str) -> tuple[str, ...]:
    """What `?` lists after `line`: the keywords that go on from there."""
    words = line.split()
    partial = words.pop() if words and not line.endswith(" ") else ""
    node = root
    for word in words:
        keyword = _keyword(node, word.lower())
        if not keyword and not node.argument:
            return ()
        node = node.words[keyword] if keyword else node.argument[1]  # type: ignore[index]
    names = sorted(keyword for keyword in node.words if keyword.startswith(partial.lower()))
    return (*names, *([node.argument[0]] if node.argument and not partial else []), *(["LINE"] if node.rest else []))
