"""How much may go wrong: said before a run begins, and kept to between two hosts."""

from __future__ import annotations

import pytest

from mailtrust.errors import UsageError
from tests.support.runs import Fresh, fresh
from tests.support.world import Wish, edited, router

BAD = ("r1", "r2", "r4")
AWAY = ("away1", "away2", "away3")


@pytest.fixture(scope="module")
def fleet(worlds) -> Fresh:
    specs = [router(f"r{number}", mail_tls=f"r{number}" not in BAD) for number in range(8)]
    here = worlds(specs, Wish(unreachable=AWAY))
    with edited(here.config.parent / "inventory/hosts.yaml") as hosts:
        for number, name in enumerate(AWAY, start=1):
            hosts[name]["hostname"] = f"127.0.0.{number}"  # one address would be one router
    return fresh(here)


@pytest.fixture(autouse=True)
def as_new(fleet):
    fleet.reset()


def test_the_run_stops_between_two_hosts(fleet):
    """After one failure more than allowed nobody else is begun: exit code 3, the rest skipped and as it was."""
    before = fleet.world.configured()
    told = fleet.go("rollout", "r?", max_failed="1", workers=1)
    assert told.announcement == "rollout of 8 hosts; stops after 2 failed of 8"
    assert told.states() == {
        "r0": "changed",
        "r1": "failed",
        "r2": "failed",
        **{f"r{number}": "skipped" for number in range(3, 8)},
    }
    assert (told.code, told.stopped) == (3, "2 of 8 hosts failed, --max-failed allows 1")
    assert told.hosts_of("host-started") == ["r0", "r1", "r2"]
    after = fleet.world.configured()
    assert {name for name in before if after[name] != before[name]} == {"r0"}


def test_within_the_budget_a_run_goes_through(fleet):
    """As many failures as are allowed stop nothing: exit code 1."""
    told = fleet.go("rollout", "r?", max_failed="3", workers=1)
    assert (told.code, told.stopped) == (1, None)
    assert list(told.states().values()).count("failed") == 3


def test_unreachable_hosts_are_counted_for_themselves(fleet):
    """They spend no failure; their own limit stops the run in the same way."""
    assert fleet.go("rollout", "r0", *AWAY, max_failed="0", workers=1).code == 1
    told = fleet.go("rollout", "r0", "r3", *AWAY, max_unreachable="40%", workers=1)
    assert told.announcement == "rollout of 5 hosts; stops after 3 unreachable of 5"
    assert (told.code, told.stopped) == (1, None), "it was the last one: nobody was left to be skipped"
    with edited(fleet.world.config.parent / "inventory/hosts.yaml") as hosts:
        hosts["r7"] = hosts.pop("r7")  # now the last one
    told = fleet.go("rollout", "r7", *AWAY, max_unreachable="1", workers=1)
    assert (told.code, told.states()) == (
        3,
        {"away1": "unreachable", "away2": "unreachable", "away3": "skipped", "r7": "skipped"},
    )


@pytest.mark.parametrize("limit", ["8", "100%", "9999"])
def test_a_limit_that_can_never_stop_anything_is_refused(fleet, limit):
    """It would protect nobody; nothing is touched."""
    for option in ("max_failed", "max_unreachable"):
        with pytest.raises(
            UsageError, match=f"--{option.replace('_', '-')} {limit}: can never stop a run over 8 hosts"
        ):
            fleet.go("rollout", "r?", **{option: limit})


@pytest.mark.parametrize("limit", ["few", "-1", "5 %", "1.5"])
def test_a_limit_that_is_no_number_is_refused(fleet, limit):
    """With what was expected."""
    with pytest.raises(UsageError, match="expected a number, or a share such as 5%"):
        fleet.go("rollout", "r?", max_failed=limit)


def test_the_usual_limit_does_not_forbid_small_runs(fleet):
    """What config.yaml allows the fleet may be more than the hosts that are selected: then it says so and goes on."""
    with edited(fleet.world.config) as config:
        config["user_defined"]["mailtrust"]["max_failed"] = 2
    try:
        small, large = fleet.go("rollout", "r0"), fleet.go("rollout", "r?", workers=1)
    finally:
        with edited(fleet.world.config) as config:
            del config["user_defined"]["mailtrust"]["max_failed"]
    assert (small.announcement, small.code) == ("rollout of 1 host; stops for no number of failures", 0)
    assert (large.announcement, large.code) == ("rollout of 8 hosts; stops after 3 failed of 8", 3)


def test_looking_has_no_budget(fleet):
    """A plan reaches everybody, whoever fails."""
    told = fleet.go("plan", max_failed="0")
    assert "stops" not in told.announcement
    assert set(told.states().values()) == {"planned", "unreachable"}
