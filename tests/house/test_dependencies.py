"""What the rooms import is what pyproject.toml asks for: an installed wheel lacks whatever only the tests bring."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import files, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("mailtrust", "tasks", "runbooks", "lab")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DECLARED = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}

# Part of pydantic by contract: each pydantic pins its own pydantic-core, and both are one product.
BROUGHT_ALONG = {"pydantic-core"}


def importable() -> set[str]:
    """The top-level names that the declared packages bring."""
    brought = (path for name in DECLARED | BROUGHT_ALONG for path in files(name) or ())
    return {path.parts[0].partition(".")[0] for path in brought}


def imported(room: str) -> Iterator[tuple[str, str]]:
    """(file, top-level name) of each import from outside the standard library and our rooms."""
    for path in sorted((ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules = [node.module]
            for module in modules:
                top = module.partition(".")[0]
                if top not in sys.stdlib_module_names and top not in ROOMS:
                    yield path.relative_to(ROOT).as_posix(), top


@pytest.mark.parametrize("room", ROOMS)
def test_every_import_is_declared(room: str) -> None:
    """Each package that a room imports is a dependency by its own name, not by somebody else's favour."""
    known = importable()
    assert [(file, name) for file, name in imported(room) if name not in known] == []


def test_pydantic_still_brings_its_core() -> None:
    """The one exception above holds as long as pydantic asks for exactly one pydantic-core."""
    cores = [line for line in requires("pydantic") or () if line.startswith("pydantic-core")]
    assert [line[:15] for line in cores] == ["pydantic-core=="]


def test_every_dependency_has_its_reason() -> None:
    """docs/architecture.md says of each dependency, extras included, why it is there."""
    extras = [line for lines in PROJECT.get("optional-dependencies", {}).values() for line in lines]
    names = DECLARED | {canonicalize_name(Requirement(line).name) for line in extras}
    reasons = (ROOT / "docs/architecture.md").read_text().partition("## Dependencies")[2]
    assert [name for name in sorted(names) if not re.search(rf"^\|[^|]*\b{name}\b", reasons, re.MULTILINE)] == []
