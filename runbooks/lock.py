"""One changing run at a time over one fleet."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path

from filelock import FileLock, Timeout

from mailtrust.errors import UsageError


def only_one(runs: Path) -> AbstractContextManager[object]:
    """Hold the lock of this folder of runs until the block is left; raises UsageError naming the process that holds it.

    The system frees the lock when its holder dies, also by kill -9.
    """
    note = runs / ".holder"
    try:
        runs.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = FileLock(runs / ".lock").acquire(timeout=0)
        note.write_text(f"process {os.getpid()}", encoding="ascii")
    except Timeout:
        holder = note.read_text(encoding="ascii") if note.exists() else "another process"
        raise UsageError(f"{runs}: {holder} is changing this fleet; wait for it to end, then run again") from None
    except OSError as error:
        raise UsageError(f"{runs}: the lock of this fleet cannot be made there ({error.strerror})") from error
    return held
