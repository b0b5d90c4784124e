"""What a run leaves on the disk."""

from __future__ import annotations

import json
import os
import stat
import threading
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrust.errors import UsageError
from mailtrust.kept import from_mapping
from mailtrust.model import AppletText, HostOutcome, InstallApplet, Observed, SetVariable, Variable
from mailtrust.redact import Redactor
from mailtrust.secret import Secret
from runbooks.run_directory import RunDirectory, before_file, file_name, new_run_directory, write_whole

WHEN = datetime(2026, 6, 1, 12, 30, 15, tzinfo=timezone.utc)
OLD = Observed((), (Variable("_email_server", Secret("bob:pa55word@x.y")), Variable("_email_to", Secret("a@b.c"))), ())
STEPS = (
    SetVariable(Variable("_email_server", Secret("bob:pa55word@new.y"))),
    SetVariable(Variable("_email_to", Secret("new@b.c"))),
    InstallApplet(AppletText("A", ("event none",), "authorization bypass")),
)
OUTCOME = HostOutcome("r1", "failed", 1.0, 2, saved=False, steps=(), mail=None, findings=())


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    return new_run_directory(tmp_path / "runs", "rollout", WHEN, Redactor([Secret("pa55word")]))


def test_a_run_has_a_private_directory_of_its_own(directory: RunDirectory, tmp_path: Path) -> None:
    """Its name sorts by time and names the verb; nobody else can look into it; two runs of a second do not meet."""
    other = new_run_directory(tmp_path / "runs", "rollout", WHEN, Redactor([]))
    assert directory.path.name == f"20260601T123015Z-rollout-{directory.run_id}"
    assert stat.S_IMODE(directory.path.stat().st_mode) == 0o700
    assert directory.path != other.path


def test_the_journal_is_appended_line_by_line(directory: RunDirectory) -> None:
    """Each event is one line of JSON with its time, also when many threads write at once."""
    threads = [
        threading.Thread(target=lambda: [directory.log("host-started", WHEN, host="r1") for _ in range(20)])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = (directory.path / "journal.jsonl").read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["host-started"] * 160
    assert json.loads(lines[0])["time"] == "2026-06-01T12:30:15.000+00:00"


def test_no_secret_is_written(directory: RunDirectory) -> None:
    """Whatever is kept passes the redactor."""
    directory.log("note", WHEN, text="the password is pa55word")
    directory.keep_host(OUTCOME, "R1#show run\npassword pa55word\n", WHEN)
    kept = "".join(path.read_text() for path in directory.path.rglob("*") if path.is_file())
    assert "pa55word" not in kept
    assert "***" in kept


@pytest.mark.parametrize("seal", [None, lambda text: text[::-1]])
def test_how_a_router_was_is_kept_before_it_is_touched(tmp_path: Path, seal: Any) -> None:
    """Whole, private, without a password in clear; the journal names the steps when the file is there."""
    directory = new_run_directory(tmp_path / "runs", "rollout", WHEN, Redactor([Secret("pa55word")]), seal)
    directory.keep_before("r/1", OLD, STEPS, WHEN)
    file = before_file(directory.path, "r/1")
    assert (file.parent.name, stat.S_IMODE(file.stat().st_mode)) == ("before", 0o600)
    assert "pa55word" not in file.read_text()
    kept = from_mapping(json.loads(file.read_text()), seal)
    assert kept.lost == (() if seal else ("_email_server",))
    assert kept.steps == (STEPS if seal else STEPS[1:])
    (line,) = (directory.path / "journal.jsonl").read_text().splitlines()
    assert json.loads(line)["event"] == "host-changing"
    assert json.loads(line)["steps"] == [["variable", "_email_server"], ["variable", "_email_to"], ["applet", "A"]]


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full in the midst leaves the file of before, and the next writing succeeds."""
    file = tmp_path / "a/b.json"
    write_whole(file, "one")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space left"):
            write_whole(file, "two")
        with pytest.raises(OSError, match="No space left"):
            write_whole(tmp_path / "c.json", "two")
    assert (file.read_text(), (tmp_path / "c.json").exists()) == ("one", False)
    write_whole(file, "three")
    assert file.read_text() == "three"
    assert [path.name for path in file.parent.iterdir()] == ["b.json"]


def test_a_file_is_on_the_disk_when_it_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it says, and that it is there: both are written out."""
    synced: list[bool] = []
    monkeypatch.setattr("os.fsync", lambda number: synced.append(stat.S_ISDIR(os.fstat(number).st_mode)))
    write_whole(tmp_path / "a.json", "one")
    assert synced == [False, True]


def test_files_are_private(directory: RunDirectory) -> None:
    """Nobody else reads a transcript, whatever the umask of the user."""
    directory.keep_host(OUTCOME, "R1#", WHEN)
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.path.rglob("*") if path.is_file()} == {0o600}


def test_a_directory_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    """The message names the path and the option that helps."""
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(UsageError, match="--runs"):
        new_run_directory(tmp_path / "runs", "plan", WHEN, Redactor([]))


@given(st.text(min_size=1))
def test_any_host_name_is_a_file_name(host: str) -> None:
    """No path, no hidden file, not too long."""
    name = file_name(host)
    assert name not in {"", ".", ".."}
    assert not set(name) & {"/", "\\", "\0", "\n"}
    assert len(name.encode()) <= 255


@given(
    st.sets(
        st.sampled_from(["r1", "r/1", "r_1", "r:1", ".r1", "..r1", "../r1", "r" * 60, "r" * 61, "r" * 300]), min_size=2
    )
)
def test_two_hosts_never_share_a_file(hosts: Any) -> None:
    """Names that a file system would make one stay two."""
    assert len({file_name(host) for host in hosts}) == len(hosts)


def test_a_plain_name_is_its_own_file_name() -> None:
    """What needs no change is not changed: people look for it."""
    assert [file_name(name) for name in ("r1", "edge-1.example.net", "Zürich_2")] == [
        "r1",
        "edge-1.example.net",
        "Zürich_2",
    ]
