"""What a person sees while a run lasts."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from mailtrust.findings import finding
from mailtrust.model import HostOutcome
from runbooks.progress import Bar, PlainLines, Silent, watcher


def outcome(name: str, state: str, *codes: str) -> HostOutcome:
    findings = tuple(finding(code, "about [bold]it[/]") for code in codes)
    return HostOutcome(name, state, 1.25, 3, saved=False, steps=(), mail=None, findings=findings)


def console(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=150)


def shown(screen: Console) -> str:
    return screen.file.getvalue()


def test_plain_lines_where_there_is_no_terminal() -> None:
    """One line for each host, with its place in the run, its state, and the first error; text is no markup."""
    screen = console(terminal=False)
    with watcher(screen, "rollout", 2) as watch:
        watch.finished(outcome("r1", "changed", "MT217"))
        watch.finished(outcome("r2", "failed", "MT217", "MT402", "MT404"))
    assert shown(screen) == ("[1/2] r1: changed in 1.2 s\n[2/2] r2: failed in 1.2 s  MT402 about [bold]it[/]\n")


def test_a_bar_where_there_is_one() -> None:
    """Verb, hosts done, and a count for each state, on the terminal; it is gone when the run is over."""
    screen = console(terminal=True)
    watch = watcher(screen, "rollout", 3)
    assert isinstance(watch, Bar)
    with watch:
        watch.finished(outcome("r1", "changed"))
        watch.finished(outcome("r2", "failed", "MT402"))
        watch._progress.refresh()
        during = shown(screen)
    assert "rollout" in during
    assert "2/3" in during
    for words in ("changed 1", "failed 1"):
        assert words in during


@pytest.mark.parametrize(
    "state", ["unchanged", "changed", "planned", "failed", "unreachable", "skipped", "interrupted"]
)
def test_every_state_can_be_shown(state: str) -> None:
    """No state, be it rare, ends a run with an exception."""
    for watch in (watcher(console(terminal=terminal), "verify", 1) for terminal in (True, False)):
        with watch:
            watch.finished(outcome("r1", state))


def test_silence_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    """For scripts nothing is printed."""
    with Silent() as watch:
        watch.finished(outcome("r1", "changed"))
    assert capsys.readouterr() == ("", "")
    assert isinstance(watcher(console(terminal=False), "plan", 1), PlainLines)
