"""What is kept in the repository, and how `make` treats it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Split, so that this file does not find itself. A user's own `~/...` is fine.
MACHINE = re.compile(
    r"(?<![\w.~}/-])/(?:" + "|".join(["ho" + "me", "ro" + "ot", "Us" + "ers", "wo" + "rk", "mn" + "t"]) + r")/\w"
)
INDEX = re.compile("--(?:extra-)?index-" + "url|--find-" + "links|pypi" + r"\.org|python" + "hosted")


def kept() -> dict[str, str]:
    """Every text file that is, or would be, committed."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is not a git checkout, so what is kept in it cannot be told")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return {name: (ROOT / name).read_text(errors="replace") for name in names if name and (ROOT / name).is_file()}


def test_no_path_of_any_machine() -> None:
    """No file knows where on somebody's disk it was written."""
    found = [(name, match[0]) for name, text in kept().items() for match in MACHINE.finditer(text)]
    assert found == []


def test_no_address_of_a_package_index() -> None:
    """Where packages come from is configured on the machine, never in the project."""
    assert [(name, match[0]) for name, text in kept().items() for match in INDEX.finditer(text)] == []


def test_no_private_key() -> None:
    """Keys are made when they are needed; none is ever committed."""
    begin = "-----BEGIN "
    assert [
        name for name, text in kept().items() if re.search(rf"^{begin}[A-Z ]*PRIVATE KEY", text, re.MULTILINE)
    ] == []


def test_continuous_integration_calls_make() -> None:
    """What CI runs is what a developer types."""
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    assert re.findall(r"^make (\w+)$", script.read_text(), re.MULTILINE) == ["check", "test", "slow"]


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    """A checkout, in a directory with a blank in its name, that has been installed just now."""
    checkout = tmp_path / "check out"
    (checkout / ".venv/bin").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", checkout)
    for age, name in enumerate((".venv/ready", "pyproject.toml", "requirements.lock", ".venv/bin/python")):
        (checkout / name).touch()
        os.utime(checkout / name, (1_000_000 - age, 1_000_000 - age))
    return checkout


def planned(checkout: Path, *words: str) -> str:
    """What make would do."""
    command = ["make", "--dry-run", "--no-print-directory", *words]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("target", "commands"),
    [
        ("test", ['.venv/bin/pytest -m "not slow"']),
        ("slow", [".venv/bin/pytest -m slow"]),
        ("demo", [".venv/bin/mailtrust demo"]),
        (
            "check",
            [
                ".venv/bin/ruff check",
                ".venv/bin/ruff format --check",
                ".venv/bin/mypy",
                ".venv/bin/lint-imports --no-logo",
            ],
        ),
    ],
)
def test_installs_nothing_twice(ready: Path, target: str, commands: list[str]) -> None:
    """Once everything is installed, a target is its own commands and nothing else."""
    assert planned(ready, target).splitlines() == commands


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_installs_again_after_a_change(ready: Path, changed: str) -> None:
    """A new lock, or a new pyproject.toml, is installed before anything is run: by hash, and the project without network."""
    os.utime(ready / changed, (2_000_000, 2_000_000))
    told = planned(ready, "test")
    assert "--require-hashes -r requirements.lock" in told
    assert "--no-deps --no-build-isolation -e ." in told
    assert "-m venv" not in told


def test_makes_the_environment_with_the_python_that_is_asked_for(ready: Path) -> None:
    """On a fresh machine the environment comes first, from the Python that the user names."""
    (ready / ".venv/ready").unlink()
    (ready / ".venv/bin/python").unlink()
    assert "python3.13 -m venv .venv" in planned(ready, "test", "PYTHON=python3.13")
