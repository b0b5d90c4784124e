"""The rooms import one way only; the contracts stand in pyproject.toml."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("mailtrust", "tasks", "runbooks", "lab")

# One import against each contract.
TRESPASSES = {
    "mailtrust/trespass.py": "import socket\nfrom tasks import session\n",
    "runbooks/trespass.py": "import lab\nimport ssl\n",
    "tasks/trespass.py": "import scrapli\n",
    "lab/trespass.py": "import mailtrust.errors\n",
}


def contracts(directory: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-logo", "--no-cache"], cwd=directory, capture_output=True, text=True, check=False, timeout=60
    )


def test_every_contract_is_kept() -> None:
    """runbooks -> tasks -> mailtrust, the lab beside them, and the network behind one door."""
    told = contracts(ROOT)
    assert told.returncode == 0, told.stdout + told.stderr


def test_every_contract_can_break(tmp_path: Path) -> None:
    """A contract that notices nothing would be worse than none: with one trespass in each room none of them is kept."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in TRESPASSES.items():
        (tmp_path / name).write_text(text)
    told = contracts(tmp_path)
    assert "Contracts: 0 kept, 6 broken." in told.stdout, told.stdout + told.stderr
