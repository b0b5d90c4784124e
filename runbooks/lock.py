"""One changing run at a time over one fleet."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from mailtrust.errors import UsageError


@contextmanager
def only_one(runs: Path) -> Iterator[None]:
    """Hold the lock of this folder of runs; raises UsageError naming the process that holds it.

    The system frees the lock when its holder dies, also by kill -9.
    """
    runs.mkdir(parents=True, exist_ok=True)
    note = runs / ".holder"
    try:
        with FileLock(runs / ".lock", timeout=0):
            note.write_text(f"process {os.getpid()}", encoding="ascii")
            yield
    except Timeout:
        holder = note.read_text(encoding="ascii") if note.exists() else "another process"
        raise UsageError(f"{runs}: {holder} is changing this fleet; wait for it to end, then run again") from None
