"""Going on with a run that stopped: the rest of its hosts, each told once; and choosing hosts by what became of them."""

from __future__ import annotations

import pytest

from mailtrust.errors import UsageError
from tests.support.runs import Fresh, fresh
from tests.support.world import Wish, router

NAMES = tuple(f"admin{number}" for number in range(6))
"""The password of the routers is within their names: redaction must not make strangers of them."""


@pytest.fixture(scope="module")
def fleet(worlds) -> Fresh:
    return fresh(worlds([router(name, mail_tls=name != NAMES[1]) for name in NAMES], Wish(unreachable=("away",))))


@pytest.fixture
def stopped(fleet):
    """A run that ended at its second host."""
    fleet.reset()
    return fleet.go("rollout", *NAMES, max_failed="0", workers=1)


def test_only_unfinished_hosts_are_done(fleet, stopped):
    """Those that ended, well or not, are reported as they ended; the others are begun; the report has everybody once."""
    touched = fleet.world.core(NAMES[0]).changed
    told = fleet.go("rollout", resume=stopped.name)
    assert sorted(told.hosts_of("host-started")) == list(NAMES[2:])
    assert told.states() == {NAMES[0]: "changed", NAMES[1]: "failed", **dict.fromkeys(NAMES[2:], "changed")}
    assert list(told.hosts) == list(NAMES)
    before, after = stopped.hosts[NAMES[0]], told.hosts[NAMES[0]]
    assert (after.seconds, after.saved, after.mail, len(after.steps)) == (
        before.seconds,
        True,
        before.mail,
        len(before.steps),
    )
    assert fleet.world.core(NAMES[0]).changed == touched
    assert told.announcement == "rollout of 4 hosts, 2 finished before; stops for no number of failures"


def test_failed_hosts_are_done_again_when_asked(fleet, stopped):
    """``--failed``: they get a second chance, and the new outcome is the one that counts."""
    told = fleet.go("rollout", resume="last", failed_too=True)
    assert set(told.hosts_of("host-started")) == set(NAMES[1:])
    assert told.states()[NAMES[1]] == "failed"


def test_a_resumed_run_can_be_resumed(fleet, stopped):
    """What was carried over once is carried over again."""
    fleet.go("rollout", resume=stopped.name)
    told = fleet.go("rollout", resume="last")
    assert told.hosts_of("host-started") == []
    assert list(told.hosts) == list(NAMES)
    assert told.code == 1, "one of them has failed, even if it was yesterday"


def test_hosts_are_chosen_by_what_became_of_them(fleet, stopped):
    """``@RUN:STATE``, also negated; the end of a run's name is enough."""
    short = stopped.name.rpartition("-")[2]
    assert list(fleet.go("plan", f"@{short}:failed").hosts) == [NAMES[1]]
    assert list(fleet.go("plan", f"@{stopped.path}:skipped").hosts) == list(NAMES[2:])
    assert list(fleet.go("plan", "admin?", f"!@{short}:skipped").hosts) == list(NAMES[:2])


@pytest.mark.parametrize(
    ("limit", "said"),
    [("@nothing:failed", "no run of that name"), ("@last:unreachable", "no host of that run is unreachable")],
)
def test_a_choice_that_means_nobody_is_refused(fleet, stopped, limit, said):
    """Rather than to take everybody, or nobody, in silence."""
    with pytest.raises(UsageError, match=said):
        fleet.go("rollout", limit)


def test_what_was_begun_and_never_ended_was_interrupted(fleet, stopped):
    """A journal that breaks off in a host, its last line cut, is read as far as it is true."""
    lines = (stopped.path / "journal.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    until = next(at for at, line in enumerate(lines) if '"host-finished"' in line)
    (stopped.path / "journal.jsonl").write_text("".join(lines[:until]) + lines[until][:40], encoding="utf-8")
    assert list(fleet.go("plan", f"@{stopped.name}:interrupted").hosts) == [NAMES[0]]
    told = fleet.go("rollout", resume=stopped.name)
    assert list(told.states()) == list(NAMES)
    assert told.states()[NAMES[0]] == "unchanged"


def test_a_damaged_journal_is_not_guessed_at(fleet, stopped):
    """A line that is none, in the midst, is told with its number."""
    journal = stopped.path / "journal.jsonl"
    lines = journal.read_text(encoding="utf-8").splitlines(keepends=True)
    journal.write_text("".join([lines[0], "no json\n", *lines[1:]]), encoding="utf-8")
    with pytest.raises(UsageError, match=r"journal.jsonl:2: is not a line of a journal"):
        fleet.go("rollout", resume=stopped.name)
