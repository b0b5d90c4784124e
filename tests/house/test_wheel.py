"""The wheel is the whole product: what it holds, and that it works where no checkout is."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from runbooks.init import FILES

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("mailtrust", "tasks", "runbooks", "lab")


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", directory, cwd=ROOT)
    (built,) = directory.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that holds the wheel, and our dependencies by a path to where they are."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, symlinks=True)
    programs = home / "bin"
    run(
        *(sys.executable, "-m", "pip", "--python", programs / "python", "--disable-pip-version-check"),
        *("install", "--quiet", "--no-index", "--no-deps", wheel),
        cwd=home,
    )
    (site,) = home.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return programs


def test_holds_the_rooms_and_nothing_else(wheel: Path) -> None:
    """The four rooms as they are, the files for `init`, the licence: no test, no stray module of somebody's."""
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    rooms = {path.relative_to(ROOT).as_posix() for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    assert names == rooms | {"mailtrust/py.typed"} | {f"runbooks/scaffold/{name}" for name in FILES}
    assert any(name.endswith("licenses/LICENSE") for name in zipfile.ZipFile(wheel).namelist())


def test_works_in_any_directory(installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Installed from the wheel, `mailtrust init` writes a fleet that `mailtrust check` passes, before any password is set."""
    for name in ("ROUTER_PASSWORD", "GMAIL_APP_PASSWORD", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)
    where = run(installed / "python", "-c", "import runbooks; print(runbooks.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(installed.parent)
    assert "rollout" in run(installed / "mailtrust", "--help", cwd=tmp_path)
    run(installed / "mailtrust", "init", "fleet", cwd=tmp_path)
    assert {
        path.relative_to(tmp_path / "fleet").as_posix() for path in (tmp_path / "fleet").rglob("*") if path.is_file()
    } == set(FILES)
    run(installed / "mailtrust", "check", "--config", "fleet/config.yaml", cwd=tmp_path)
