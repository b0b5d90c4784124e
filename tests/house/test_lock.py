"""requirements.lock: what `make` installs, on every Python that we promise."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text()
ENTRIES = [entry for entry in re.split(r"\n(?=\S)", LOCK) if not entry.startswith("#")]
PINS = [Requirement(entry.partition("\\")[0]) for entry in ENTRIES]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
WISHES = [Requirement(line) for line in (*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"])]

PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")


def environment(python: str) -> dict[str, str]:
    return {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "extra": "",
    }


def active(requirements: list[Requirement], python: str) -> Iterator[Requirement]:
    for one in requirements:
        if one.marker is None or one.marker.evaluate(environment(python)):
            yield one


def test_every_entry_has_a_version_and_a_hash() -> None:
    """pip can be asked to refuse whatever is not exactly what was locked."""
    bare = [entry for entry in ENTRIES if "==" not in entry or not re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry)]
    assert bare == []
    assert len(ENTRIES) > len(WISHES)


def test_no_address() -> None:
    """Where packages come from is the business of the machine that installs them."""
    assert [
        line
        for line in LOCK.splitlines()
        if "://" in line or line.lstrip().startswith(("-i", "--index", "-f", "--find", "--extra"))
    ] == []


@pytest.mark.parametrize("python", PYTHONS)
def test_every_dependency_is_locked_once_for_each_python(python: str) -> None:
    """On each Python the lock names one version of everything that pyproject.toml asks for, and one that it allows."""
    pins = list(active(PINS, python))
    names = [canonicalize_name(pin.name) for pin in pins]
    versions = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}
    unmet = [
        str(wish)
        for wish in active(WISHES, python)
        if not wish.specifier.contains(versions.get(canonicalize_name(wish.name), "0"), prereleases=True)
    ]
    assert (len(names) - len(set(names)), unmet) == (0, [])


def test_everything_that_is_needed_is_locked() -> None:
    """Nothing that is needed here, directly or by way of others, is missing from the lock."""
    assert needed(WISHES) - {canonicalize_name(pin.name) for pin in PINS} == set()


def needed(wishes: list[Requirement]) -> set[str]:
    """The names of all packages that these requirements lead to, as the installed ones tell."""
    found: set[str] = set()
    waiting = [(wish.name, frozenset(wish.extras)) for wish in wishes]
    seen = set(waiting)
    while waiting:
        name, extras = waiting.pop()
        found.add(canonicalize_name(name))
        for line in metadata.requires(name) or ():
            inner = Requirement(line)
            if inner.marker is None or any(inner.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                step = (inner.name, frozenset(inner.extras))
                if step not in seen:
                    seen.add(step)
                    waiting.append(step)
    return found
