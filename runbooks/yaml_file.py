"""Read a YAML file, or say in one line where it is broken."""

from __future__ import annotations

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
    """What the file says, and its text (to find the line of a key); raises InventoryError with file and line."""
    text = read_text(path)
    try:
        return yaml.safe_load(text), text
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = path if mark is None else f"{path}:{mark.line + 1}"
        raise InventoryError(where, f"is not YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise InventoryError(path, f"is not YAML: {error}") from error
