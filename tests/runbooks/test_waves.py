"""Waves: who goes first, what a wave has to prove, and what becomes of the others when it does not."""

from __future__ import annotations

from itertools import pairwise

import pytest

from mailtrust.errors import UsageError
from tests.support.runs import Fresh, Told, fresh
from tests.support.world import Wish, edited, router, usual_mail

SITES = {"r0": "b", "r1": "a", "r2": "a", "r3": "c", "r4": "c", "r5": "c", "r6": "d", "r7": "b", "r8": "e", "r9": "e"}


@pytest.fixture(scope="module")
def fleet(worlds) -> Fresh:
    data = {name: {"site": site} for name, site in SITES.items()}
    return fresh(worlds([router(name) for name in SITES], Wish(host_data=data, unreachable=("away",))))


@pytest.fixture(autouse=True)
def as_new(fleet):
    fleet.reset()


def waves(told: Told) -> list[set[str]]:
    """Hosts that were begun before any other one of them was awaited: cut where everybody begun had ended."""
    found: list[set[str]] = [set()]
    running: set[str] = set()
    for line in told.journal():
        if line["event"] == "host-started":
            if not running and found[-1]:
                found.append(set())
            found[-1].add(line["host"])
            running.add(line["host"])
        if line["event"] == "host-finished":
            running.discard(line["host"])
    return found


def test_waves_come_one_after_the_other(fleet):
    """A count, a share of all, the rest: nobody of a wave begins before the wave before has ended."""
    told = fleet.go("rollout", "r?", waves="1,30%,rest")
    order = list(SITES)
    begun = [told.journal().index(line) for line in told.journal() if line["event"] == "host-started"]
    ended = {line["host"]: told.journal().index(line) for line in told.journal() if line["event"] == "host-finished"}
    cuts = [order[:1], order[1:4], order[4:]]
    for before, after in pairwise(cuts):
        first = min(begun[told.hosts_of("host-started").index(name)] for name in after)
        assert max(ended[name] for name in before) < first
    assert told.announcement == "rollout of 10 hosts in 3 waves (1, 3, 6); stops after 1 failed of 10"
    assert (told.code, set(told.states().values())) == (0, {"changed"})


def test_sizes_can_count_sites(fleet):
    """With a key the sizes count its values: whole sites, in the order in which the inventory names them."""
    told = fleet.go("rollout", "r?", waves="1,2,rest", wave_by="site")
    assert told.announcement.startswith("rollout of 10 hosts in 3 waves (2, 5, 3)")
    assert waves(told)[0] == {"r0", "r7"}
    assert set(told.hosts_of("host-started")[2:7]) == {"r1", "r2", "r3", "r4", "r5"}


def test_a_key_alone_makes_each_site_a_wave(fleet):
    """``--wave-by site`` and no sizes."""
    assert "5 waves (2, 2, 3, 1, 2)" in fleet.go("rollout", "r?", wave_by="site").announcement


def test_a_canary_whose_mail_fails_stops_the_run(fleet):
    """Exit code 3, the reason with the wave; the others are skipped, not even connected; the canary is as it was."""
    before = fleet.world.configured()
    with edited(fleet.world.config.parent / "inventory/hosts.yaml") as hosts:
        hosts["r0"]["data"] = {**usual_mail(password="wrong-password"), "site": "b"}
    try:
        told = fleet.go("rollout", "r?", waves="1,rest", max_failed="5")
    finally:
        with edited(fleet.world.config.parent / "inventory/hosts.yaml") as hosts:
            hosts["r0"]["data"] = {"site": "b"}
    assert (told.code, told.states()) == (3, {"r0": "failed", **dict.fromkeys(list(SITES)[1:], "skipped")})
    assert told.stopped == "wave 1 of 2 did not pass: none of its hosts ended well, so nothing is proven"
    assert told.hosts_of("host-started") == ["r0"]
    assert fleet.world.configured() == before


def test_an_unreachable_canary_proves_nothing(fleet):
    """Being out of reach is no failure, and no proof either."""
    told = fleet.go("rollout", "r1", "away", waves="1,1")
    assert told.states() == {"r1": "changed", "away": "unreachable"}
    with edited(fleet.world.config.parent / "inventory/hosts.yaml") as hosts:
        first = {"away": hosts.pop("away")}
        rest = dict(hosts)
        hosts.clear()
        hosts.update(first | rest)
    told = fleet.go("rollout", "r2", "away", waves="1,rest")
    assert (told.code, told.states()) == (3, {"away": "unreachable", "r2": "skipped"})


def test_without_test_mails_no_wave_could_pass(fleet):
    """Asking for both is refused before anything is touched."""
    with pytest.raises(UsageError, match="--waves with --test none"):
        fleet.go("rollout", waves="1,rest", test="none")


def test_the_configuration_may_name_the_waves(fleet):
    """Waves of config.yaml hold for a rollout; who looks or goes back is not slowed down by them."""
    with edited(fleet.world.config) as config:
        config["user_defined"]["mailtrust"] |= {"waves": "2,rest", "wave_by": "site"}
    try:
        rolled = fleet.go("rollout", "r?")
        looked = fleet.go("verify", "r?")
        back = fleet.go("rollback", undo=rolled.name)
    finally:
        with edited(fleet.world.config) as config:
            del config["user_defined"]["mailtrust"]["waves"], config["user_defined"]["mailtrust"]["wave_by"]
    assert "in 2 waves (4, 6)" in rolled.announcement
    assert "waves" not in looked.announcement
    assert "waves" not in back.announcement
    assert len(back.hosts_of("host-started")) == len(SITES)


@pytest.mark.parametrize("sizes", ["0,rest", "rest,1", "200%", "many", ""])
def test_sizes_that_cannot_be_meant_are_refused(fleet, sizes):
    """With the words of the option, before anything is touched."""
    with pytest.raises(UsageError, match="--waves"):
        fleet.go("rollout", waves=sizes or " ")
