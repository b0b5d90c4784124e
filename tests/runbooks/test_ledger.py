"""What runs owe: hosts that were changed and of which nobody knows the end; the next run knows of them."""

from __future__ import annotations

import json
import signal
import stat
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from lab.personality import Faults
from mailtrust.errors import UsageError
from mailtrust.findings import finding
from mailtrust.model import AppletText, HostOutcome, InstallApplet, Observed, SetVariable, Variable
from mailtrust.redact import Redactor
from mailtrust.secret import Secret
from runbooks.ledger import Debt, Ledger, ledger, settle_quietly, with_debts
from runbooks.progress import Silent
from runbooks.recorder import Recorder
from runbooks.run_directory import RunDirectory, before_file, new_run_directory
from tasks.order import Order, Record
from tests.support.runs import Fresh, Told, fresh, started
from tests.support.world import APPLET, edited, router

WHEN = datetime(2026, 6, 1, tzinfo=timezone.utc)
DEBUGS = ("debug crypto pki messages", "debug ssl openssl errors")
OLD_TO = Variable("_email_to", Secret("old@lab.example"))
SERVER = Variable("_email_server", Secret("bob:hunter22@old.example"))
STEPS = (
    SetVariable(Variable("_email_to", Secret("new@lab.example"))),
    SetVariable(Variable("_email_server", Secret("new:hunter23@new.example"))),
    InstallApplet(AppletText("A", ("event none",))),
)
BEFORE = Observed((), (OLD_TO, SERVER), ())


def reverse(text: str) -> str:
    return text[::-1]


@pytest.fixture
def owed(tmp_path: Path) -> Ledger:
    return ledger(tmp_path / "runs")


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    """A run that has begun to change r1."""
    directory = new_run_directory(tmp_path / "runs", "rollout", WHEN, Redactor([]), reverse)
    directory.keep_before("r1", BEFORE, STEPS, WHEN)
    return directory


def order(**known: Any) -> Order:
    nobody: Any = None
    return Order(nobody, nobody, nobody, nobody, (), **known)


def files(owed: Ledger) -> list[str]:
    return sorted(path.name for path in owed.folder.glob("*"))


# --- entries -------------------------------------------------------------------------------------------------------


def test_nothing_is_owed_to_whom_nobody_has_touched(owed: Ledger) -> None:
    """No entry, no folder, no debt; what is not owed can be settled."""
    assert owed.read("r1") is None
    owed.settled("r1")
    assert not owed.folder.exists()


def test_an_entry_names_the_run(owed: Ledger, run: RunDirectory) -> None:
    """By its whole path, wherever the next command is typed; settled it is gone."""
    owed.changing("r1", run.path)
    assert owed.read("r1") == Debt(run.path.resolve())
    assert files(owed) == ["r1.json"]
    owed.settled("r1")
    assert (owed.read("r1"), files(owed)) == (None, [])


def test_the_latest_run_counts(owed: Ledger, run: RunDirectory, tmp_path: Path) -> None:
    """It has begun with the way back of the one before it."""
    owed.changing("r1", tmp_path / "older")
    owed.changing("r1", run.path)
    assert owed.read("r1") == Debt(run.path.resolve())


def test_debugs_are_owed_beside_the_work(owed: Ledger, run: RunDirectory) -> None:
    """One does not overwrite the other; debugs alone are a debt, and no debt when they are off."""
    owed.debugging("r1", DEBUGS)
    assert owed.read("r1") == Debt(None, DEBUGS)
    owed.changing("r1", run.path)
    assert owed.read("r1") == Debt(run.path.resolve(), DEBUGS)
    owed.debugging("r1", ())
    assert owed.read("r1") == Debt(run.path.resolve())
    owed.debugging("r2", DEBUGS)
    owed.debugging("r2", ())
    assert files(owed) == ["r1.json"]


def test_entries_are_private_and_apart(owed: Ledger, run: RunDirectory) -> None:
    """Nobody else reads them, no name is a path, and no two hosts share one."""
    names = ("r1", "../r1", "r/1", "r" * 300, "Zürich")
    for name in names:
        owed.debugging(name, (name,))
    assert len(files(owed)) == len(names)
    assert {stat.S_IMODE(path.stat().st_mode) for path in owed.folder.iterdir()} == {0o600}
    assert [owed.read(name) for name in names] == [Debt(None, (name,)) for name in names]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"run": 5, "debugs": []}', '{"run": null}', "\udcff"])
def test_an_entry_that_cannot_be_read_is_told(owed: Ledger, text: str) -> None:
    """With its path: somebody has to look at it by hand."""
    owed.debugging("r1", DEBUGS)
    (owed.folder / "r1.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(UsageError, match=r"unproven/r1.json: cannot be read"):
        owed.read("r1")


def test_an_entry_that_cannot_be_written_is_an_error(owed: Ledger, run: RunDirectory) -> None:
    """Before anything is typed: a debt that nobody writes down is none that anybody pays."""
    owed.folder.parent.mkdir(exist_ok=True)
    owed.folder.write_text("a file")
    with pytest.raises((OSError, UsageError), match="unproven"):
        owed.changing("r1", run.path)
    settle_quietly(owed, "r1")


def test_who_is_settled_may_still_have_debugs(owed: Ledger, run: RunDirectory) -> None:
    """The work is proven or taken back, and what could not be switched off is owed all the same."""
    owed.changing("r1", run.path)
    owed.debugging("r1", DEBUGS)
    owed.settled("r1")
    assert owed.read("r1") == Debt(None, DEBUGS)
    owed.debugging("r1", ())
    assert files(owed) == []


# --- what the next run hears ---------------------------------------------------------------------------------------


def test_the_next_run_knows_how_it_was_before(owed: Ledger, run: RunDirectory) -> None:
    """State and steps of the run that began, debugs, and nothing for anybody else."""
    owed.changing("r1", run.path)
    owed.debugging("r1", DEBUGS)
    orders = {"r1": order(), "r2": order()}
    told = with_debts(orders, owed, reverse)
    assert told["r2"] == orders["r2"]
    assert (told["r1"].debugs, told["r1"].findings) == (DEBUGS, ())
    assert told["r1"].origin is not None
    assert (told["r1"].origin.before, told["r1"].origin.steps, told["r1"].origin.lost) == (BEFORE, STEPS, ())


def test_without_the_key_it_knows_what_is_lost(owed: Ledger, run: RunDirectory) -> None:
    """What held a password is named."""
    owed.changing("r1", run.path)
    origin = with_debts({"r1": order()}, owed, None)["r1"].origin
    assert origin is not None
    assert origin.lost == ("_email_server",)


def test_debugs_alone_lead_nowhere_back(owed: Ledger) -> None:
    """There is nothing to be taken back but them."""
    owed.debugging("r1", DEBUGS)
    told = with_debts({"r1": order()}, owed, None)["r1"]
    assert (told.debugs, told.origin) == (DEBUGS, None)


@pytest.mark.parametrize("damage", ["gone", "empty", "not ours"])
def test_one_bad_file_is_one_hosts_finding(owed: Ledger, run: RunDirectory, damage: str) -> None:
    """The others go on; the debugs are switched off all the same."""
    for name in ("r1", "r2"):
        run.keep_before(name, BEFORE, STEPS, WHEN)
        owed.changing(name, run.path)
        owed.debugging(name, DEBUGS)
    file = before_file(run.path, "r1")
    if damage == "gone":
        file.unlink()
    else:
        file.write_text("" if damage == "empty" else '{"schema": "of somebody"}')
    told = with_debts({"r1": order(), "r2": order()}, owed, reverse)
    assert [each.code for each in told["r1"].findings] == ["MT440"]
    assert str(file) in told["r1"].findings[0].text
    assert (told["r1"].origin, told["r1"].debugs) == (None, DEBUGS)
    assert (told["r2"].findings, told["r2"].origin is None) == ((), False)


@pytest.mark.parametrize("settled", [True, False])
def test_a_host_is_settled_when_its_end_is_known(tmp_path: Path, settled: bool) -> None:
    """After its outcome is written down, and only then."""
    heard: list[Any] = []
    directory = new_run_directory(tmp_path / "runs", "rollout", WHEN, Redactor([]))

    def settle(name: str) -> None:
        heard.append((name, (directory.path / "journal.jsonl").read_text().count("host-finished")))

    outcome = HostOutcome("r1", "failed", 1.0, 2, saved=False, steps=(), mail=None, findings=(finding("MT404", "x"),))
    record = Record(outcome, "", "", settled=settled)
    recorder = Recorder(directory, Silent(), settle)
    host: Any = type("Host", (), {"name": "r1"})()
    task: Any = None
    results: Any = [type("Result", (), {"record": record})()]
    recorder.task_instance_completed(task, host, results)
    assert heard == ([("r1", 1)] if settled else [])


# --- run after run -------------------------------------------------------------------------------------------------

KEY = "MAILTRUST_STATE_KEY"


@pytest.fixture(scope="module")
def fleet(worlds) -> Fresh:
    return fresh(worlds([router("r1"), router("r2"), router("far", faults=Faults(rtt=0.1))]))


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, Fernet.generate_key().decode())


@pytest.fixture
def broken(fleet: Fresh) -> Any:
    """Whoever mails now meets a closed port; the routers mailed before, with the right one."""
    fleet.reset()
    assert fleet.go("rollout").code == 0
    with edited(fleet.world.config.parent / "inventory/providers.yaml") as providers:
        providers["lab"]["port"], good = 9, providers["lab"]["port"]
    yield fleet
    with edited(fleet.world.config.parent / "inventory/providers.yaml") as providers:
        providers["lab"]["port"] = good
    for path in unproven(fleet):
        path.unlink()


def unproven(fleet: Fresh) -> list[Path]:
    return sorted((fleet.world.directory / "runs/unproven").glob("*.json"))


def running(fleet: Fresh, name: str) -> str:
    return fleet.world.shows(name)


def test_a_host_that_ended_well_owes_nothing(fleet: Fresh) -> None:
    """Proven, or taken back and seen to be."""
    fleet.reset()
    assert fleet.go("rollout").code == 0
    assert unproven(fleet) == []


def test_a_host_that_was_taken_back_owes_nothing(broken: Fresh) -> None:
    """It is as it was when it was last proven."""
    before = running(broken, "r1")
    told = broken.go("rollout", "r1")
    assert told.codes("r1")[-1] == "MT421"
    assert (running(broken, "r1"), unproven(broken)) == (before, [])


def test_a_host_that_was_kept_unproven_is_owed(broken: Fresh) -> None:
    """``--keep`` leaves it: the next run warns (MT438), and if the mail fails again goes back to before both."""
    before = running(broken, "r1")
    kept = broken.go("rollout", "r1", keep=True)
    assert "MT421" not in kept.codes("r1")
    assert running(broken, "r1") != before
    (entry,) = unproven(broken)
    assert json.loads(entry.read_text())["run"] == kept.path.name
    told = broken.go("rollout", "r1")
    assert (told.codes("r1")[0], told.codes("r1")[-1]) == ("MT438", "MT421")
    assert (running(broken, "r1"), unproven(broken)) == (before, [])


def test_who_looks_pays_nothing(broken: Fresh) -> None:
    """``plan`` and ``verify`` neither warn nor settle."""
    broken.go("rollout", "r1", keep=True)
    for verb in ("plan", "verify"):
        assert "MT438" not in broken.go(verb, "r1").codes("r1")
    assert len(unproven(broken)) == 1


def test_other_folders_are_no_way_around_it(broken: Fresh, tmp_path: Path) -> None:
    """Whatever ``--runs`` says, what is owed lies where config.yaml says."""
    before = running(broken, "r1")
    broken.go("rollout", "r1", keep=True, runs=tmp_path / "one")
    assert len(unproven(broken)) == 1
    told: Told = broken.go("rollout", "r1", runs=tmp_path / "other")
    assert told.codes("r1")[0] == "MT438"
    assert running(broken, "r1") == before


def test_a_proof_pays(broken: Fresh) -> None:
    """What was kept unproven is proven by the next run whose mail goes: saved, and nothing is owed."""
    broken.go("rollout", "r1", keep=True)
    good = broken.world.mail.port
    with edited(broken.world.config.parent / "inventory/providers.yaml") as providers:
        providers["lab"]["port"] = good
    told = broken.go("rollout", "r1")
    assert (told.states()["r1"], told.codes("r1"), told.hosts["r1"].saved) == ("changed", ["MT438"], True)
    assert unproven(broken) == []


def test_a_debt_that_cannot_be_read_is_not_forgotten(broken: Fresh) -> None:
    """MT440: nothing is done to a router of which nobody knows how it was, and the entry stays for a person."""
    (folder := broken.world.directory / "runs/unproven").mkdir(exist_ok=True)
    (folder / "r1.json").write_text("damaged")
    before = running(broken, "r1")
    told = broken.go("rollout", "r1", "r2")
    assert (told.states()["r1"], told.codes("r1")) == ("failed", ["MT440"])
    assert "unproven/r1.json: cannot be read" in told.hosts["r1"].findings[0].text
    assert told.hosts["r1"].round_trips == 0
    assert (running(broken, "r1"), (folder / "r1.json").read_text()) == (before, "damaged")
    assert "MT440" not in told.codes("r2")


def test_a_run_that_was_killed_is_owed(broken: Fresh) -> None:
    """kill -9 before the proof, then ``--resume``: the mail fails, and the router is as it was before both."""
    before = running(broken, "far")
    with started(broken.world, "rollout", "--limit", "far") as run:
        run.until("host-testing")
        run.process.send_signal(signal.SIGKILL)
        run.process.wait()
    assert running(broken, "far") != before
    assert [path.name for path in unproven(broken)] == ["far.json"]
    told = broken.go("rollout", resume=run.directory.name)
    assert (told.states(), told.codes("far")[0], told.codes("far")[-1]) == ({"far": "failed"}, "MT438", "MT421")
    assert (running(broken, "far"), unproven(broken)) == (before, [])
    assert f"event manager applet {APPLET}" in before
