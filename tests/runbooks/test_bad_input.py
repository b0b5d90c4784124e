"""Bad input: one clear line on standard error, exit code 2, no traceback, and nothing left behind."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest

from lab.authority import Authority
from lab.inventory import MailService, write_inventory
from lab.personality import Personality
from runbooks.__main__ import main
from tests.support.world import ROOT, edited, run_cli


@dataclass(frozen=True)
class Nobody:
    """A router whose port nobody serves: bad input must be seen before anything is connected."""

    port: int = 9
    personality: Personality = field(default_factory=Personality)

    @property
    def core(self) -> Nobody:
        return self


@dataclass(frozen=True)
class NoRouters:
    routers: dict[str, Nobody] = field(default_factory=lambda: {"r1": Nobody(), "r2": Nobody()})


@pytest.fixture(scope="module")
def template(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    service = MailService("smtp.lab.test", 587, authority.trust_set(), "alerts", "s3cr3t-pw")
    write_inventory(folder, NoRouters(), service)
    for path in (folder / "inventory/defaults.yaml",):
        path.write_text(
            path.read_text().replace(f"file:{folder.resolve()}/inventory/smtp-password", "file:smtp-password")
        )
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "fleet")
    return tmp_path / "fleet"


def text(name: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_text(change((folder / name).read_text())) and None


def data(name: str, *path: str, value: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        with edited(folder / name) as content:
            reduce(getitem, path[:-1], content)[path[-1]] = value

    return change


def gone(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def nothing(_: Path) -> None:
    return


DEFAULTS, PROVIDERS, APPLETS, HOSTS = (
    f"inventory/{name}.yaml" for name in ("defaults", "providers", "applets", "hosts")
)
ANNOUNCED = re.compile(r"plan of \d+ hosts")
BROKEN = "one: 1\ntwo: 2: 3\n"
CASES = {
    # what is done to the files, what is typed, what the one line must name
    "no such config": (gone("config.yaml"), (), "config.yaml"),
    "config is not YAML": (text("config.yaml", lambda _: BROKEN), (), r"config\.yaml:2"),
    "config is a list": (text("config.yaml", lambda _: "- a\n"), (), r"config\.yaml"),
    "config is empty": (text("config.yaml", lambda _: ""), (), r"config\.yaml"),
    "config of another kind of file": (lambda folder: (folder / "config.yaml").write_bytes(b"\xff\xfe\x00"), (), r"config\.yaml"),
    "unknown section": (data("config.yaml", "inventroy", value={}), (), "inventroy"),
    "unknown key of ours": (data("config.yaml", "user_defined", "mailtrust", "wrokers", value=1), (), "wrokers"),
    "wrong type of ours": (data("config.yaml", "user_defined", "mailtrust", "host_seconds", value="long"), (), "host_seconds"),
    "unknown inventory plugin": (data("config.yaml", "inventory", "plugin", value="NoSuchPlugin"), (), "NoSuchPlugin"),
    "unknown runner plugin": (data("config.yaml", "runner", "plugin", value="NoSuchRunner"), (), "NoSuchRunner"),
    "no hosts file": (gone(HOSTS), (), r"hosts\.yaml"),
    "hosts are not YAML": (text(HOSTS, lambda _: BROKEN), (), r"hosts\.yaml:2"),
    "hosts are a list": (text(HOSTS, lambda _: "- r1\n"), (), r"hosts\.yaml"),
    "hosts are empty": (text(HOSTS, lambda _: ""), (), "no host is selected"),
    "a host is a word": (data(HOSTS, "r1", value="word"), (), "r1"),
    "a group that is not there": (data(HOSTS, "r1", "groups", value=["nobody"]), (), "nobody"),
    "a port that is a word": (data(HOSTS, "r1", "port", value="ssh"), (), "r1|port"),
    "no mail data": (data(DEFAULTS, "data", value={}), (), "no host is selected"),
    "mail is a word": (data(DEFAULTS, "data", "mail", value="gmail"), (), "mail"),
    "unknown key of mail": (data(DEFAULTS, "data", "mail", "recipient", value="x@y.z"), (), "recipient"),
    "wrong type of mail": (data(DEFAULTS, "data", "mail", "to", value=5), (), r"mail\.to"),
    "nobody to write to": (data(DEFAULTS, "data", "mail", "to", value=[]), (), r"mail\.to"),
    "unknown provider": (data(DEFAULTS, "data", "mail", "provider", value="gmial"), (), "gmial"),
    "unknown applet": (data(DEFAULTS, "data", "mail", "applets", value=["Nobodys"]), (), "Nobodys"),
    "password not in the environment": (data(DEFAULTS, "data", "mail", "password", value="env:NOT_SET_ANYWHERE"), (), "NOT_SET_ANYWHERE"),
    "password file that is not there": (data(DEFAULTS, "data", "mail", "password", value="file:nowhere"), (), "nowhere"),
    "password command that fails": (data(DEFAULTS, "data", "mail", "password", value="cmd:false"), (), "false"),
    "reference of tomorrow": (data(DEFAULTS, "data", "mail", "password", value="vault:kv/x"), (), "vault"),
    "no providers": (gone(PROVIDERS), (), r"providers\.yaml"),
    "providers are not YAML": (text(PROVIDERS, lambda _: BROKEN), (), r"providers\.yaml:2"),
    "unknown key of a provider": (data(PROVIDERS, "lab", "sevrer", value="x"), (), r"providers\.yaml:\d+.*sevrer"),
    "port out of range": (data(PROVIDERS, "lab", "port", value=99999), (), r"providers\.yaml:\d+.*port"),
    "no trust file": (gone("inventory/trust/lab.pem"), (), r"lab\.pem"),
    "trust file is garbage": (text("inventory/trust/lab.pem", lambda text: text.replace("MII", "!!!", 1)), (), r"lab\.pem"),
    "trust file is cut": (text("inventory/trust/lab.pem", lambda text: text[:300]), (), r"lab\.pem"),
    "no applets": (gone(APPLETS), (), r"applets\.yaml"),
    "applet without event": (data(APPLETS, "SendSecureEmailEEM", value={"subject": "s", "body": "b"}), (), r"applets\.yaml:\d+.*event"),
    "limit that matches nothing": (nothing, ("--limit", "r9"), "r9"),
    "limit of a group that is not there": (nothing, ("--limit", "group:nowhere"), "group:nowhere"),
    "limit that leaves nobody": (nothing, ("--limit", "!r*"), "no host is selected"),
    "limit from a file that is not there": (nothing, ("--limit", "@nowhere"), "nowhere"),
    "workers that are none": (nothing, ("--workers", "0"), "workers"),
    "workers in words": (nothing, ("--workers", "many"), "workers"),
    "unknown option": (nothing, ("--wrokers", "5"), "--wrokers"),
    "unknown output": (nothing, ("--output", "xml"), "xml"),
    "one word too many": (nothing, ("r1",), "r1"),
    "runs that cannot be made": (nothing, ("--runs", "config.yaml/runs"), "--runs"),
}  # fmt: skip


def in_process(
    folder: Path, words: tuple[str, ...], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[int, str, str]:
    """The command in this process: one of its own costs a second for each case."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.argv", ["mailtrust", "plan", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capfd.readouterr()
    return int(ended.value.code or 0), out, err


@pytest.mark.parametrize("case", CASES)
def test_one_clear_line(
    folder: Path, case: Any, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2, one line that names file, key or option, no traceback, and no run directory."""
    change, words, named = CASES[case]
    change(folder)
    code, out, err = in_process(folder, words, capfd, monkeypatch)
    assert (code, out) == (2, ""), err
    assert re.search(named, err)
    assert "Traceback" not in err
    assert len([line for line in err.splitlines() if not ANNOUNCED.fullmatch(line)]) == 1, err
    assert not (folder / "runs").exists()


@pytest.mark.parametrize(
    "words", [["plna"], ["rollout", "--limit"], ["plan", "--config", "nowhere.yaml"], ["plan", "--limit", "r9"]]
)
def test_as_a_process(folder: Path, words: Any) -> None:
    """The same through the shell: one line, exit code 2, nothing on standard output."""
    done = run_cli(*words, cwd=folder)
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    assert len(done.err.splitlines()) == 1
    assert not (folder / "runs").exists()


def test_check_reads_what_is_not_used_yet(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``check`` does not stop at a reference that only another machine can resolve, and touches nothing."""
    data(DEFAULTS, "data", "mail", "password", value="env:NOT_SET_ANYWHERE")(folder)
    done = run_cli("check", "--config", "config.yaml", cwd=folder)
    assert done.code == 0
    assert "NOT_SET_ANYWHERE" in done.out
    assert not (folder / "runs").exists()


def test_the_shipped_inventory_is_good(tmp_path: Path) -> None:
    """What ``mailtrust init`` writes passes ``check``, as the first thing that a newcomer types."""
    assert run_cli("init", tmp_path / "new", cwd=ROOT).code == 0
    done = run_cli("check", "--config", tmp_path / "new/config.yaml", cwd=tmp_path)
    assert done.code == 0, done
