"""Read a YAML file, or say in one line where it is broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from mailtrust.errors import InventoryError


def read_text(path: Path) -> str:
    """The text of a file; raises InventoryError when it is missing, unreadable or not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InventoryError(path, "there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InventoryError(path, f"cannot be read: {error}") from error


def read_yaml(path: Path) -> tuple[Any, str]:
    """What the file says, and its text (to find the line of a key); raises InventoryError with file and line.

    A key that stands twice is an error too: YAML's readers would keep the last one without a word.
    """
    text = read_text(path)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if told := list(_repeated(root, set())):
            name, line, first = told[0]
            more = f"; the same in line {', '.join(str(other) for _, other, _ in told[1:])}" if told[1:] else ""
            raise InventoryError(f"{path}:{line}", f"{name} stands here again, first in line {first}{more}")
        return (None if root is None else yaml.constructor.SafeConstructor().construct_document(root)), text
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = path if mark is None else f"{path}:{mark.line + 1}"
        raise InventoryError(where, f"is not YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise InventoryError(path, f"is not YAML: {error}") from error


def _repeated(node: yaml.Node | None, seen: set[int]) -> Iterator[tuple[str, int, int]]:
    """Each key that stands twice in one mapping: name, line, line of the first. ``seen``: a node may have aliases."""
    if not isinstance(node, yaml.CollectionNode) or id(node) in seen:
        return
    seen.add(id(node))
    first: dict[str, int] = {}
    for child in node.value:
        key, value = child if isinstance(node, yaml.MappingNode) else (None, child)
        if isinstance(key, yaml.ScalarNode):
            line = key.start_mark.line + 1
            if first.setdefault(key.value, line) != line:
                yield key.value, line, first[key.value]
        yield from _repeated(value, seen)
