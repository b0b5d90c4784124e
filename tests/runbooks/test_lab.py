"""``mailtrust lab``: a fleet for everybody, as a process of its own."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.mailbox import read
from runbooks.lab import MAIL_FILE
from tests.support.world import ROOT, World, run_cli


@contextmanager
def running(folder: Path, routers: int) -> Iterator[str]:
    """The lab, up; ended by Ctrl-C."""
    command = [sys.executable, "-m", "runbooks", "lab", "--routers", str(routers), "--dir", "fleet"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            lines = []
            while not lines or "Ctrl-C" not in lines[-1]:
                lines.append(process.stdout.readline())
                assert lines[-1], "the lab has ended"
            yield "".join(lines)
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()


def test_it_prints_commands_that_work(tmp_path: Path) -> None:
    """The four verbs that it prints, typed as they are printed, one after the other: from nothing to in sync."""
    with running(tmp_path, 2) as told:
        commands = re.findall(r"^  mailtrust (.+)$", told, re.MULTILINE)
        codes = {words.split()[0]: run_cli(*words.split(), cwd=tmp_path).code for words in commands}
    assert codes == {"check": 0, "plan": 4, "rollout": 0, "verify": 0}
    assert len(read(tmp_path / "fleet" / MAIL_FILE)) == 2


@pytest.mark.slow
def test_three_hundred_routers_converge(tmp_path: Path) -> None:
    """One rollout changes all of them, each sends one mail and is saved; the second finds nothing to do."""
    with running(tmp_path, 300):
        world = World(tmp_path / "fleet", tmp_path / "fleet/config.yaml", None, None, None)
        first, second = world.run("rollout"), world.run("rollout")
    assert (first.code, set(first.states().values()), len(first.states())) == (0, {"changed"}, 300)
    assert all(host["saved"] and host["mail"]["sent"] for host in first.hosts.values())
    assert max(host["round_trips"] for host in first.hosts.values()) <= 20
    assert (second.code, set(second.states().values())) == (0, {"unchanged"})
    assert max(host["round_trips"] for host in second.hosts.values()) <= 3
    assert len(read(tmp_path / "fleet" / MAIL_FILE)) == 300
