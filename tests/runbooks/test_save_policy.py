"""What is saved, and when: never what somebody else has left unsaved, unless told to."""

from __future__ import annotations

import pytest

from lab.fleet import applet_lines
from tests.support.runs import Fresh, fresh
from tests.support.world import APPLET, Wish, router

TYPED = (
    "snmp-server contact somebody",
    "enable password 5omebodys-pw",
    "interface GigabitEthernet2",
    "description new",
)


@pytest.fixture(scope="module")
def fleet(worlds) -> Fresh:
    return fresh(
        worlds(
            [
                router("r1"),
                router("fails", differences="fails"),
                router("denied", deny=("show archive",)),
                router("asks", save="asks"),
                router("says-ok", save="ok-but-failed"),
                router("slow", save_seconds=2.0),
            ],
            Wish(product={"burst_seconds": 1}),
        )
    )


@pytest.fixture(autouse=True)
def as_new(fleet):
    fleet.reset()


def saved(fleet: Fresh, name: str = "r1") -> str:
    return fleet.world.shows(name, "show startup-config")


@pytest.mark.parametrize(
    ("save", "test", "kept", "codes"),
    [
        ("proven", "changed", True, []),
        ("proven", "none", False, ["MT415"]),
        ("changed", "none", True, []),
        ("changed", "changed", True, []),
        ("never", "changed", False, ["MT415"]),
    ],
)
def test_the_policy_decides(fleet, save, test, kept, codes):
    """``proven`` after the test mail went, ``changed`` after any change, ``never``; what is not saved is told."""
    told = fleet.go("rollout", "r1", save=save, test=test)
    assert (told.states()["r1"], told.codes("r1"), told.hosts["r1"].saved) == ("changed", codes, kept)
    assert (f"event manager applet {APPLET}" in saved(fleet)) is kept


def test_what_was_not_saved_is_saved_by_the_next_run(fleet):
    """Nothing is installed again, but the mail goes and then the configuration is kept."""
    fleet.go("rollout", "r1", save="never")
    assert fleet.go("verify", "r1").states()["r1"] == "planned"
    told = fleet.go("rollout", "r1")
    assert [(step.kind, step.state) for step in told.hosts["r1"].steps] == [("save", "done")]
    assert f"event manager applet {APPLET}" in saved(fleet)
    assert fleet.go("verify", "r1").states()["r1"] == "unchanged"


def test_somebodys_unsaved_changes_are_not_saved(fleet):
    """MT425 shows where and how the lines begin, and no more; the router works, unsaved; the next run is as careful."""
    fleet.type("r1", *TYPED)
    for told in (fleet.go("rollout", "r1"), fleet.go("rollout", "r1")):
        host = told.hosts["r1"]
        assert (host.state, told.codes("r1"), host.saved) == ("changed", ["MT425"], False)
        assert host.findings[0].text == (
            "3 lines, so nothing was saved: interface GigabitEthernet2: +description ...; "
            "+snmp-server contact ...; +enable password ***"
        )
        assert host.mail is not None
        assert host.mail.sent
        left = b"".join(path.read_bytes() for path in told.path.rglob("*") if path.is_file())
        assert b"5omebodys-pw" not in left
    assert "somebody" not in saved(fleet)
    assert APPLET not in saved(fleet)


def test_it_can_be_told_to_save_them(fleet):
    """``--save-others`` saves all of it."""
    fleet.type("r1", *TYPED)
    told = fleet.go("rollout", "r1", save_others=True)
    assert (told.codes("r1"), told.hosts["r1"].saved) == ([], True)
    assert "snmp-server contact somebody" in saved(fleet)
    assert APPLET in saved(fleet)


def test_our_own_unsaved_changes_are_nobody_elses(fleet):
    """What an earlier run of ours left unsaved, its test applet among it, holds nothing up."""
    fleet.go("rollout", "r1", save="never")
    mark = "description mailtrust 0badc0de"
    fleet.type("r1", *applet_lines("mailtrust-test", mark, "event none", 'action 1 syslog msg "x"'))
    fleet.type("r1", "event manager environment _email_to other@lab.example")
    told = fleet.go("rollout", "r1")
    assert (told.states()["r1"], told.codes("r1"), told.hosts["r1"].saved) == ("changed", [], True)
    assert "mailtrust-test" not in saved(fleet)


@pytest.mark.parametrize("name", ["fails", "denied"])
def test_what_nobody_can_tell_is_not_saved(fleet, name):
    """Where the router does not say what others have left unsaved: it works, unsaved, MT434; it can be told to save."""
    fleet.type(name, *TYPED)
    told = fleet.go("rollout", name)
    host = told.hosts[name]
    assert (host.state, told.codes(name), host.saved, host.mail.sent) == ("changed", ["MT434"], False, True)
    assert APPLET not in saved(fleet, name)
    assert "somebody" not in saved(fleet, name)
    told = fleet.go("rollout", name, save_others=True)
    assert (told.codes(name), told.hosts[name].saved) == ([], True)
    assert "snmp-server contact somebody" in saved(fleet, name)


@pytest.mark.parametrize(("name", "words"), [("asks", "got no"), ("says-ok", "the router said")])
def test_what_is_not_seen_to_be_saved_is_not_called_saved(fleet, name, words):
    """An unknown question is answered with no; an ``[OK]`` that something follows is none: MT414 says what was said."""
    told = fleet.go("rollout", name)
    host = told.hosts[name]
    assert (host.state, told.codes(name), host.saved) == ("failed", ["MT414"], False)
    assert words in host.findings[0].text
    assert APPLET not in saved(fleet, name)


def test_saving_may_take_its_time(fleet):
    """Longer than an answer may: a router that writes to flash is waited for."""
    told = fleet.go("rollout", "slow")
    assert (told.codes("slow"), told.hosts["slow"].saved) == ([], True)
    assert APPLET in saved(fleet, "slow")
