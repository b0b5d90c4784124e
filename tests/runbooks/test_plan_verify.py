"""``plan``, ``verify`` and ``--test``: three routers from nothing to saved, step by step."""

from __future__ import annotations

import json
import stat
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailtrust.report.run_json import SCHEMA
from tests.support.world import Ran, Wish, World, Worlds, router, run_cli, usual_mail

NAMES = ["r1", "r2", "r3"]


@dataclass(frozen=True)
class Story:
    world: World
    empty: dict[str, str]
    drift: Ran
    planned: Ran
    after_looking: dict[str, str]
    untested: Ran
    unsaved: Ran
    healed: Ran
    in_sync: Ran
    tested: Ran
    mails: list[int]
    """How many mails there were after each rollout."""


@pytest.fixture(scope="module")
def story(worlds: Worlds) -> Story:
    here = worlds([router(name) for name in NAMES], Wish(product={"workers": 3}))
    mails = []

    def rollout(*words: str) -> Ran:
        ran = here.run("rollout", *words)
        mails.append(len(here.mail.messages()))
        return ran

    return Story(
        world=here,
        empty=here.configured(),
        drift=here.run("verify"),
        planned=here.run("plan", "--output", "json"),
        after_looking=here.configured(),
        untested=rollout("--test", "none"),
        unsaved=here.run("verify"),
        healed=rollout(),
        in_sync=here.run("verify", "--output", "json"),
        tested=rollout("--test", "all"),
        mails=mails,
    )


def test_looking_changes_nothing(story: Story) -> None:
    """``plan`` and ``verify`` leave running-config and startup-config as they are, byte for byte, and type nothing."""
    assert story.after_looking == story.empty
    for ran in (story.drift, story.planned, story.unsaved, story.in_sync):
        assert [name for name in NAMES if "configure terminal" in ran.said(name)] == []


def test_exit_codes(story: Story) -> None:
    """4 when something would change or has drifted, 0 when nothing would, and when all that was wanted was done."""
    codes = {
        "drift": story.drift.code,
        "planned": story.planned.code,
        "untested": story.untested.code,
        "unsaved": story.unsaved.code,
        "healed": story.healed.code,
        "in sync": story.in_sync.code,
        "tested": story.tested.code,
    }
    assert codes == {"drift": 4, "planned": 4, "untested": 0, "unsaved": 4, "healed": 0, "in sync": 0, "tested": 0}


def test_a_plan_tells_every_step(story: Story) -> None:
    """Each step has its kind, its target and words for a person; roots come before intermediates, the applet last."""
    steps = story.planned.hosts["r1"]["steps"]
    assert [step["kind"] for step in steps] == ["trustpoint", "authenticate"] * 3 + ["variable"] * 3 + ["applet"]
    assert {step["state"] for step in steps} == {"planned"}
    assert all(step["target"] and step["detail"] for step in steps)
    assert "Lab-CA-1C3" in steps[4]["target"]
    assert story.drift.hosts["r1"]["steps"] == steps


def test_without_a_test_nothing_is_saved(story: Story) -> None:
    """``--test none`` changes the routers, mails nothing, saves nothing, and says what a reload would lose."""
    for name in NAMES:
        host = story.untested.hosts[name]
        assert (host["state"], host["saved"], host["mail"]) == ("changed", False, None)
        assert story.untested.codes(name) == ["MT415"]
        assert "write memory" not in story.untested.said(name)
    assert story.mails[0] == 0


def test_what_is_not_saved_is_found_and_healed(story: Story) -> None:
    """``verify`` calls it drift (MT415); a rollout tests and saves without configuring anything but the test."""
    for name in NAMES:
        assert (story.unsaved.states()[name], story.unsaved.codes(name)) == ("planned", ["MT415"])
        host = story.healed.hosts[name]
        assert (host["state"], host["saved"], host["mail"]["sent"]) == ("changed", True, True)
        assert [step["kind"] for step in host["steps"]] == ["save"]
        assert "crypto pki authenticate" not in story.healed.said(name)
        assert "event manager applet SendSecureEmailEEM" in story.world.shows(name, "show startup-config")


def test_all_are_tested_when_asked(story: Story) -> None:
    """``--test all`` mails from unchanged routers too, saves nothing, and takes the test applet away again."""
    assert story.mails == [0, 3, 6]
    for name in NAMES:
        host = story.tested.hosts[name]
        assert (host["state"], host["saved"], host["mail"]["sent"]) == ("unchanged", False, True)
        assert "mailtrust-test" not in story.world.shows(name)


def test_json_is_the_run_and_nothing_else(story: Story) -> None:
    """``--output json`` prints run.json as it lies in the run directory, and nothing around it."""
    for ran in (story.planned, story.in_sync):
        assert ran.out == (ran.directory / "run.json").read_text(encoding="utf-8")
        assert json.loads(ran.out) == ran.report


def test_the_schema(story: Story) -> None:
    """run.json has every key that scripts rely on, of the promised type, and counts that fit."""
    report = story.healed.report
    assert report["schema"] == SCHEMA == "mailtrust.run/1"
    assert {"id": str, "verb": str, "started": str, "finished": str, "exit_code": int, "version": str, "selected": int}.items() <= {
        key: type(value) for key, value in report.items()
    }.items()  # fmt: skip
    assert report["id"] == story.healed.directory.name
    assert (report["verb"], report["selected"], report["exit_code"]) == ("rollout", 3, 0)
    assert report["started"] <= report["finished"]
    assert report["started"].endswith("Z")
    assert {"unchanged", "changed", "failed", "unreachable", "skipped"} <= set(report["totals"])
    assert [host["name"] for host in report["hosts"]] == NAMES
    for host in report["hosts"]:
        assert {"name", "state", "seconds", "round_trips", "saved", "steps", "mail", "findings"} <= set(host)
        assert (type(host["seconds"]), type(host["round_trips"]), type(host["saved"])) == (float, int, bool)
        assert set(host["mail"]) == {"sent", "arrived"}
        assert all({"kind", "target", "state"} <= set(step) for step in host["steps"])
    found = story.untested.report["hosts"][0]["findings"][0]
    assert {"code", "text", "remedy"} <= set(found)


def test_the_journal_is_the_truth(story: Story) -> None:
    """The run begins, each host begins and ends once with its outcome, the run ends; all of it with times."""
    lines = story.healed.journal()
    assert (lines[0]["event"], lines[-1]["event"]) == ("run-started", "run-finished")
    for name in NAMES:
        events = [line["event"] for line in lines if line.get("host") == name]
        assert (events[0], events[-1]) == ("host-started", "host-finished")
        assert events.count("host-started") == events.count("host-finished") == 1
    ended = {line["host"]: line["outcome"] for line in lines if line["event"] == "host-finished"}
    assert ended == story.healed.hosts
    assert all(lines[0]["time"] <= line["time"] <= lines[-1]["time"] for line in lines)


def test_the_run_directory_is_private(story: Story) -> None:
    """Directories are 0700, files 0600; name, transcripts and states before are where they are promised."""
    directory = story.untested.directory
    assert directory.name.split("-")[1] == "rollout"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    inside = sorted(directory.rglob("*"))
    assert {stat.S_IMODE(path.stat().st_mode) for path in inside if path.is_file()} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in inside if path.is_dir()} == {0o700}
    for name in NAMES:
        assert json.loads((directory / f"before/{name}.json").read_text())
        assert (directory / f"transcripts/{name}.log").read_text()


def test_the_screen_says_what_is_next(story: Story) -> None:
    """A run tells where all of it lies; a plan with steps names the command that carries it out."""
    assert str(story.healed.directory) in story.healed.out.replace("\n", "")
    assert "mailtrust rollout" in story.drift.out
    assert "3 hosts: 3 changed" in story.healed.out


def test_runs_may_lie_elsewhere(story: Story, tmp_path: Path) -> None:
    """``--runs DIR`` says where."""
    done = run_cli("verify", "--config", story.world.config, "--runs", tmp_path / "elsewhere", cwd=tmp_path)
    assert done.code == 0
    assert len(list((tmp_path / "elsewhere").glob("*/run.json"))) == 1


def test_only_the_chosen_are_asked(story: Story) -> None:
    """``--limit`` leaves the others out of the report and off the line."""
    ran = story.world.run("verify", "--limit", "r*", "--limit", "!r2")
    assert list(ran.hosts) == ["r1", "r3"]
    assert not (ran.directory / "transcripts/r2.log").exists()


@pytest.mark.parametrize(("install", "trustpoints"), [("anchors", 2), ("issuers", 3)])
def test_install_decides_what_is_wanted(worlds: Worlds, install: str, trustpoints: int) -> None:
    """``anchors`` installs the roots alone, and mail goes; ``issuers`` the intermediates too."""
    here = worlds([router("r1")], Wish(provider={"install": install}))
    ran = here.run("rollout")
    assert (ran.code, ran.hosts["r1"]["mail"]["sent"]) == (0, True)
    assert here.shows("r1").count("crypto pki trustpoint CA-") == trustpoints


def test_two_providers_and_one_that_is_broken(worlds: Worlds) -> None:
    """One host's bad wish is its own failure: it is not touched, the others go on, exit code 1."""
    data = {"r2": usual_mail(sender="somebody-else@lab.example")}
    here = worlds([router("r1"), router("r2")], Wish(host_data=data))
    before = here.configured()
    ran = here.run("rollout", env={"LAB_SMTP": "s3cr3t-pw"})
    assert (ran.code, ran.states()) == (1, {"r1": "changed", "r2": "failed"})
    assert ran.codes("r2") == ["MT102"]
    assert ran.hosts["r2"]["round_trips"] == 0
    assert here.configured()["r2"] == before["r2"]
