"""Two runs never change one fleet, or one router, at the same time."""

from __future__ import annotations

import pytest

from lab.personality import Faults
from mailtrust.errors import UsageError
from runbooks.lock import only_one
from tests.support.runs import Fresh, fresh, started
from tests.support.world import Wish, router


@pytest.fixture(scope="module")
def fleet(worlds) -> Fresh:
    specs = [router("mute", faults=Faults(at="run", act="hang", times=99)), router("r1"), router("r2")]
    return fresh(worlds(specs, Wish(product={"burst_seconds": 100})))


def test_a_second_run_is_refused_and_named_whom_it_waits_for(fleet):
    """Exit code 2 with the process that holds the fleet, also with another --runs; looking is allowed; kill -9 frees it."""
    with started(fleet.world, "rollout", "--limit", "mute") as holder:
        holder.until("host-changing")
        for options in ({}, {"runs": fleet.world.directory / "elsewhere"}):
            with pytest.raises(UsageError, match=f"process {holder.process.pid} is changing this fleet"):
                fleet.go("rollout", "r1", **options)
        assert fleet.go("plan", "r1").code == 4
        with started(fleet.world, "rollout", "--limit", "r1") as second:
            code, errors = second.ended()
        assert (code, f"process {holder.process.pid}" in errors, second.events()) == (2, True, [])
        holder.process.kill()
        holder.process.wait()
        assert fleet.go("rollout", "r1").code == 0
    assert fleet.go("rollout", "r2").code == 0, "a run of this very process has freed it as well"


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    """In one line, with the folder."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="the lock of this fleet cannot be made there"):
        only_one(tmp_path / "file" / "runs")


def test_what_happens_inside_is_not_taken_for_a_lock(tmp_path):
    """An error of the run itself comes out as it is, and the lock is free again."""
    with pytest.raises(PermissionError, match="mine"), only_one(tmp_path):
        raise PermissionError("mine")
    with only_one(tmp_path):
        pass


@pytest.mark.parametrize("freed", [True, False])
def test_a_locked_configuration_is_waited_for(worlds, freed):
    """For some seconds; then MT407 with the holder, and the router is as it was."""
    fleet = fresh(worlds([router("locked", config_locked=True)]))
    before = fleet.world.configured()
    if freed:
        _free_when_asked(fleet)
    told = fleet.go("rollout")
    if freed:
        assert told.states() == {"locked": "changed"}
        assert "Configuration mode locked exclusively" in (told.path / "transcripts/locked.log").read_text(
            encoding="utf-8"
        )
    else:
        assert (told.states()["locked"], told.codes("locked")) == ("failed", ["MT407"])
        assert "by user 'console'" in told.hosts["locked"].findings[0].text
        assert fleet.world.configured() == before


def _free_when_asked(fleet: Fresh) -> None:
    """The other session ends as soon as somebody has been refused once."""
    core = fleet.world.core("locked")

    class Impatient(str):
        """A lock that is gone after the first look at it."""

        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            core.lock = None
            return False

        __hash__ = str.__hash__

    core.lock = Impatient("console")
