"""Look, approve, do exactly that: ``plan --save`` and ``rollout --plan``."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from mailtrust.errors import InventoryError, UsageError
from runbooks.approval import save_plan
from tests.support.runs import Fresh, fresh
from tests.support.world import APPLET, PASSWORD, edited, router, run_cli

NAMES = ("r0", "r1", "r2", "r3")


@pytest.fixture(scope="module")
def fleet(worlds) -> Fresh:
    return fresh(worlds([router(name) for name in (*NAMES, "r9")]))


@pytest.fixture
def approved(fleet, tmp_path):
    """The plan of four routers; the second one is in sync already."""
    fleet.reset()
    fleet.go("rollout", "r1")
    told = fleet.go("plan", *NAMES)
    file = tmp_path / "plan.json"
    assert save_plan(file, told.done.report, told.done.digests, told.done.directory.redactor) == len(NAMES)
    return file


def test_exactly_what_was_approved_is_done(fleet, approved):
    """Every host of the plan, and nobody else; what was in sync stays so."""
    before = fleet.world.configured()["r9"]
    told = fleet.go("rollout", plan=approved)
    assert told.states() == {"r0": "changed", "r1": "unchanged", "r2": "changed", "r3": "changed"}
    assert (told.code, fleet.world.configured()["r9"]) == (0, before)


@pytest.mark.parametrize(
    "lines",
    [
        ("event manager environment _email_to somebody@lab.example",),
        ("crypto pki trustpoint Somebodys", "enrollment terminal", "exit"),
        ("event manager applet Other", "event none", "exit"),
    ],
)
def test_a_router_that_has_moved_is_skipped(fleet, approved, lines):
    """MT420, not a line typed; the others are done; exit code 1, since a skipped host is no passed one."""
    fleet.type("r2", *lines)
    moved = fleet.world.configured()["r2"]
    told = fleet.go("rollout", plan=approved)
    assert (told.states()["r2"], told.codes("r2")) == ("skipped", ["MT420"])
    assert fleet.world.configured()["r2"] == moved
    assert (told.code, {told.states()[name] for name in ("r0", "r3")}) == (1, {"changed"})


def test_a_wish_that_has_moved_is_skipped(fleet, approved):
    """Another applet text in the inventory is another plan, also for the router that was in sync."""
    before = fleet.world.configured()
    with edited(fleet.world.config.parent / "inventory/applets.yaml") as applets:
        old = applets[APPLET]["subject"]
        applets[APPLET]["subject"] = "Something else"
    try:
        told = fleet.go("rollout", plan=approved)
    finally:
        with edited(fleet.world.config.parent / "inventory/applets.yaml") as applets:
            applets[APPLET]["subject"] = old
    assert told.states() == dict.fromkeys(NAMES, "skipped")
    assert fleet.world.configured() == before


@pytest.mark.parametrize(
    "change",
    [
        lambda plan: plan["hosts"].pop("r0"),
        lambda plan: plan["hosts"]["r0"].update(digest="0" * 64),
        lambda plan: plan["hosts"]["r0"]["steps"].clear(),
        lambda plan: plan.update(digest="0" * 64),
        lambda plan: plan.update(schema="mailtrust.plan/2"),
        lambda plan: plan.pop("hosts"),
        lambda plan: plan.update(hosts=[]),
    ],
)
def test_an_edited_plan_is_refused(fleet, approved, change):
    """Before anything is touched; the message names the file."""
    plan = json.loads(approved.read_text(encoding="utf-8"))
    change(plan)
    approved.write_text(json.dumps(plan), encoding="utf-8")
    with pytest.raises(InventoryError, match=r"plan\.json: "):
        fleet.go("rollout", plan=approved)


@pytest.mark.parametrize("text", ["", "[]", '"x"', "{}", "no json"])
def test_what_is_no_plan_is_refused(fleet, tmp_path, text):
    """Whatever the file holds."""
    file = tmp_path / "plan.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InventoryError, match=r"plan\.json: is not a saved plan"):
        fleet.go("rollout", plan=file)


@pytest.mark.parametrize("mode", [None, 0o644])
def test_a_saved_plan_is_its_owner_s_alone(fleet, tmp_path, mode):
    """Mode 0600 under any umask, also over a file that was open to all; a link leads where it led, nothing is left beside."""
    file, link = tmp_path / "plan.json", tmp_path / "link.json"
    link.symlink_to(file)
    if mode is not None:
        file.write_text("old", encoding="utf-8")
        file.chmod(mode)
    before = os.umask(0)
    try:
        done = run_cli("plan", "--config", fleet.world.config, "--save", link, "--limit", "r9")
    finally:
        os.umask(before)
    assert (done.code, file.stat().st_mode & 0o777, link.is_symlink()) == (4, 0o600, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.json", "plan.json"]
    assert json.loads(file.read_text(encoding="utf-8"))["hosts"].keys() == {"r9"}


def test_a_plan_that_cannot_be_written_leaves_the_old_one(fleet, tmp_path):
    """Whole or not at all; the message names the file. What is no file is written to, never replaced."""
    told = fleet.go("plan", "r9").done
    with pytest.raises(UsageError, match=r"plan\.json: the plan cannot be written"):
        save_plan(tmp_path / "not-there/plan.json", told.report, told.digests, told.directory.redactor)
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match="folder: the plan cannot be written"):
        save_plan(tmp_path / "folder", told.report, told.digests, told.directory.redactor)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    save_plan(pipe, told.report, told.digests, told.directory.redactor)
    assert json.loads(os.read(reader, 65536))["run"] == told.report.id
    os.close(reader)
    assert pipe.is_fifo()


def test_a_log_and_the_runs_are_their_owner_s_alone(fleet, tmp_path):
    """What is made is made private, the log that follows a full one too; what is there stays as somebody wanted it."""
    shutil.copytree(fleet.world.directory / "inventory", tmp_path / "inventory")
    config, log, runs = tmp_path / "config.yaml", tmp_path / "nornir.log", tmp_path / "runs"
    shutil.copy(fleet.world.config, config)
    with edited(config) as settings:
        settings["logging"] = {"enabled": True, "level": "DEBUG", "log_file": "nornir.log"}
    words = ("plan", "--config", config, "--limit", "r9")
    assert run_cli(*words).code == 4
    assert [path.stat().st_mode & 0o777 for path in (log, runs)] == [0o600, 0o700]
    log.write_text("x" * (10 * 1024 * 1024), encoding="utf-8")
    log.chmod(0o640)
    runs.chmod(0o750)
    assert run_cli(*words).code == 4
    full = tmp_path / "nornir.log.1"
    assert [path.stat().st_mode & 0o777 for path in (log, full, runs)] == [0o600, 0o640, 0o750]
    assert log.stat().st_size > 0


def test_the_command_line_does_the_same(fleet, tmp_path):
    """``plan --save`` says what comes next, with exit code 4; the file holds no password."""
    fleet.reset()
    file = tmp_path / "approved.json"
    planned = run_cli("plan", "--config", fleet.world.config, "--save", file, "--limit", "r0")
    assert (planned.code, f"next: mailtrust rollout --plan {file}" in planned.err) == (4, True)
    assert PASSWORD not in file.read_text(encoding="utf-8")
    assert run_cli("rollout", "--config", fleet.world.config, "--plan", file).code == 0
    file.write_text(file.read_text(encoding="utf-8").replace("noc@", "evil@"), encoding="utf-8")
    refused = run_cli("rollout", "--config", fleet.world.config, "--plan", file)
    assert (refused.code, "has been edited since it was saved" in refused.err) == (2, True)
