"""What a run leaves behind: ``runs/<time>-<verb>-<id>/``, readable by its owner only, every byte redacted."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from mailtrust import kept
from mailtrust.errors import UsageError
from mailtrust.model import HostOutcome, Observed, Step
from mailtrust.redact import Redactor
from mailtrust.report.model import Report
from mailtrust.report.run_json import as_mapping, host_mapping, run_json

JOURNAL = "journal.jsonl"
_NAME_LENGTH = 60  # a file name may have 255 bytes, a letter up to four


@dataclass(frozen=True)
class RunDirectory:
    """One run on disk. The journal is written line by line and is the truth when everything else is lost."""

    path: Path
    run_id: str
    redactor: Redactor
    seal: Callable[[str], str] | None = None
    """Encrypts what has to be kept although it may hold a password; None keeps no such thing."""
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    """Reentrant: a signal may interrupt the main thread in the midst of a line and write one of its own."""

    def log(self, event: str, when: datetime, **details: Any) -> None:  # noqa: ANN401  # whatever JSON takes
        """Append one event to the journal; it is on the disk when this returns."""
        told = self.redactor.values(details)
        line = json.dumps({"time": when.isoformat(timespec="milliseconds"), "event": event, **told})
        with self._lock, _private(self.path / JOURNAL) as journal:
            journal.write(line + "\n")
            journal.flush()
            os.fsync(journal.fileno())

    def keep_before(self, host: str, before: Observed, steps: Sequence[Step], when: datetime) -> None:
        """How a router is and what will be done to it: on the disk before it is touched."""
        text = json.dumps(kept.as_mapping(before, steps, self.redactor, self.seal), indent=1) + "\n"
        write_whole(before_file(self.path, host), text)
        self.log("host-changing", when, host=host, steps=[[step.kind, step.target] for step in steps])

    def keep_host(self, outcome: HostOutcome, transcript: str, when: datetime) -> None:
        """One host is finished: its transcript, and last the line in the journal."""
        if transcript:
            self._write(self.path / "transcripts" / f"{file_name(outcome.name)}.log", self.redactor.redact(transcript))
        self.log("host-finished", when, host=outcome.name, outcome=host_mapping(outcome))

    def keep_report(self, report: Report) -> str:
        """Write run.json; returns its text as written."""
        text = run_json(self.redactor.values(as_mapping(report)))
        self._write(self.path / "run.json", text)
        return text

    def _write(self, path: Path, text: str) -> None:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with _private(path) as file:
            file.write(text)


def new_run_directory(
    runs: Path, verb: str, when: datetime, redactor: Redactor, seal: Callable[[str], str] | None = None
) -> RunDirectory:
    """A directory of its own for this run; raises UsageError when it cannot be made."""
    run_id = secrets.token_hex(4)
    path = runs / f"{when:%Y%m%dT%H%M%SZ}-{verb}-{run_id}"
    try:
        runs.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.mkdir(mode=0o700)
    except OSError as error:
        raise UsageError(
            f"{path}: the run directory cannot be made ({error.strerror}); choose another with --runs"
        ) from error
    return RunDirectory(path, run_id, redactor, seal)


def before_file(run: Path, host: str) -> Path:
    """Where a run keeps how this host was before."""
    return run / "before" / f"{file_name(host)}.json"


def write_whole(path: Path, text: str) -> None:
    """A small file, whole and on the disk when this returns, or not there at all; readable by its owner only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with _private(part) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def file_name(host: str) -> str:
    """A host name as a file name: what a file system may mind becomes '_', and a digest keeps two hosts apart."""
    plain = "".join(each if each.isalnum() or each in "._-" else "_" for each in host).lstrip(".")[:_NAME_LENGTH]
    return plain if plain == host else f"{plain}-{hashlib.sha256(host.encode()).hexdigest()[:8]}"


def _private(path: Path) -> Any:  # noqa: ANN401  # a text file
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w", encoding="utf-8")
