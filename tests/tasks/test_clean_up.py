"""After a failure midway: what was begun is taken back, what was for the test goes, and what stays is told."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from lab.fleet import applet_lines, variable_lines
from lab.personality import Answer, Faults
from mailtrust.applet import TEST_APPLET, digest
from mailtrust.errors import Silence, Unreachable
from mailtrust.findings import finding
from mailtrust.model import AppletText, InstallApplet, Observed, SetVariable, Variable
from mailtrust.secret import Secret
from tasks.clean_up import clean_up
from tasks.connection import Deadlines
from tasks.diary import Diary
from tasks.observe import TERMINAL, observe
from tasks.order import Manner

BODY = ("event none", 'action 0010 syslog msg "new"')
ALARM = AppletText("Alarm", (f"description mailtrust {digest(BODY, 'Alarm')}", *BODY))
OLD_LINES = ("event none", 'action 1.0 syslog msg "old"')
NEW_TO, OLD_TO = (Variable("_email_to", Secret(value)) for value in ("new@example.com", "old@example.com"))
STEPS = (SetVariable(NEW_TO), InstallApplet(ALARM))
DEBUGS = ("debug crypto pki messages", "debug ssl openssl errors")
DONE = (*variable_lines({"_email_to": "new@example.com"}), *applet_lines("Alarm", *ALARM.lines))
TEST = applet_lines(TEST_APPLET, "description mailtrust 0badc0de", "event none", 'action 1 syslog msg "x"')


@dataclass
class Scene:
    """A router midway, and what one of us has written down about it."""

    router: Any
    talk: Any
    diary: Diary
    jotted: list[Any] = field(default_factory=list)
    opened: int = 0
    lost: int = 0
    """So many lines are lost before anybody can type."""
    sent: list[str] = field(default_factory=list)

    @contextmanager
    def opening(self) -> Any:
        self.opened += 1
        with self.talk(self.router) as session:
            self.diary.sessions.append(session)
            if self.opened <= self.lost:
                raise Silence(finding("MT405", "the connection was lost"))
            try:
                yield session
            finally:
                self.sent += [line for write in session.sent for line in write]

    def clean_up(self, **changed: Any) -> list[tuple[str, str]]:
        clean_up(self.opening, manner(jot=lambda *words: self.jotted.append(words), **changed), "r1", self.diary)
        return [(each.code, each.text) for each in self.diary.findings]


def manner(**changed: Any) -> Manner:
    usual = {
        "run_id": "id", "until": "save", "test": "changed", "save": "proven", "save_others": False, "keep": False,
        "deadlines": Deadlines(60, 600), "connect_attempts": 1, "stopping": lambda: False,
        "remember": lambda *_: None, "orders": {},
    }  # fmt: skip
    return Manner(**{**usual, **changed})


@pytest.fixture
def scene(make: Any, talk: Any) -> Any:
    """``scene("a line", diary={...}, ...)``: lines and habits of the router as it is now; it was empty before."""

    def made(*lines: str, diary: Any = None, **habits: Any) -> Scene:
        usual = {"before": Observed((), (), ()), "begun": list(STEPS), "sessions": [Greeted()]}
        return Scene(make(*lines, **habits), talk, Diary(**{**usual, **(diary or {})}))

    return made


@dataclass
class Greeted:
    greeted: bool = True


def configured(scene: Scene) -> tuple[dict[str, str], list[str]]:
    return dict(scene.router.config.environment), list(scene.router.config.applets)


def test_what_was_begun_is_taken_back_and_seen_to_be(scene: Any) -> None:
    """MT421 says what; the steps count as undone, and nothing waits for being saved."""
    here = scene(*DONE, diary={"save_pending": True})
    assert here.clean_up() == [("MT421", "remove-applet Alarm, unset-variable _email_to")]
    assert configured(here) == ({}, [])
    assert (here.diary.undone, here.diary.save_pending, here.opened) == (True, False, 1)
    assert here.router.lock is None


def test_what_never_arrived_needs_no_way_back(scene: Any) -> None:
    """Begun, and nothing of it is there: that is told, and no configuration mode entered."""
    here = scene()
    assert here.clean_up() == [("MT421", "nothing was left of it")]
    assert "configure terminal" not in here.sent


def test_old_values_and_applets_come_back(scene: Any) -> None:
    """To the letter, what stands behind an applet's name too."""
    bypass = "authorization bypass"
    old, made = AppletText("Alarm", OLD_LINES, bypass), replace(ALARM, options=bypass)
    before = Observed((), (OLD_TO,), (old,))
    lines = (DONE[0], f"event manager applet Alarm {bypass}", *ALARM.lines, "exit")
    here = scene(*lines, diary={"before": before, "begun": [STEPS[0], InstallApplet(made)]})
    assert here.clean_up() == [("MT421", "applet Alarm, variable _email_to")]
    with here.talk(here.router) as session:
        assert observe(session, *TERMINAL).observed == before


def test_half_an_applet_goes(scene: Any) -> None:
    """Of whatever had been typed when the line broke."""
    here = scene(*applet_lines("Alarm", *ALARM.lines[:2]))
    assert here.clean_up() == [("MT421", "remove-applet Alarm")]
    assert configured(here) == ({}, [])


def test_what_somebody_has_changed_since_stays_and_is_told(scene: Any) -> None:
    """MT423 names it; all else goes back; nothing counts as undone."""
    edited = applet_lines("Alarm", "event none", 'action 9 syslog msg "somebody"')
    here = scene(DONE[0], *edited)
    assert here.clean_up() == [("MT423", "applet Alarm")]
    assert configured(here) == ({}, ["Alarm"])
    assert not here.diary.undone


@pytest.mark.parametrize(
    ("came", "told"),
    [
        (applet_lines("LinkDown", "event none", 'action 1 syslog msg "$_email_to"'), "variable _email_to"),
        (("event manager policy mail.tcl type user",), "variable _email_to"),
    ],
)
def test_what_somebody_relies_on_stays_and_is_told(scene: Any, came: Any, told: str) -> None:
    """An applet or a script that came in between is not left without what it uses."""
    here = scene(*DONE, *came)
    assert here.clean_up() == [("MT423", told)]
    assert here.router.config.environment == {"_email_to": "new@example.com"}
    assert "Alarm" not in here.router.config.applets


def test_what_was_not_kept_is_told(scene: Any) -> None:
    """An earlier run has hidden it and the key is gone: MT423 names it, though all else is back."""
    here = scene(*DONE, diary={"lost": ("_email_server",)})
    assert here.clean_up() == [("MT423", "_email_server")]
    assert configured(here) == ({}, [])


def test_keep_keeps_all_but_the_test(scene: Any) -> None:
    """``--keep`` leaves a host as it is; the test applet and the debugs are not part of the work."""
    here = scene(*DONE, *TEST, diary={"testing": True, "debugs": DEBUGS})
    assert here.clean_up(keep=True) == []
    assert configured(here) == ({"_email_to": "new@example.com"}, ["Alarm"])
    assert here.router.debugs == {}
    assert not here.diary.undone
    assert scene(*DONE).clean_up(keep=True) == []


def test_what_is_proven_is_not_taken_back(scene: Any) -> None:
    """A test mail has gone: whatever failed afterwards, the work stays; the test applet does not."""
    here = scene(*DONE, *TEST, diary={"proven": True, "testing": True})
    assert here.clean_up() == []
    assert configured(here) == ({"_email_to": "new@example.com"}, ["Alarm"])
    here = scene(*DONE, diary={"proven": True})
    assert (here.clean_up(), here.opened) == ([], 0)


def test_a_look_that_was_wrong_undoes_nothing(scene: Any) -> None:
    """The router has contradicted what it showed first: nobody goes in, and what stays is told."""
    here = scene(*DONE, diary={"findings": [finding("MT437", "it holds one already")]})
    assert here.clean_up()[1:] == [("MT423", "left as it is: variable _email_to, applet Alarm")]
    assert (configured(here), here.opened) == (({"_email_to": "new@example.com"}, ["Alarm"]), 0)


def test_whom_nobody_let_in_is_left_alone(scene: Any) -> None:
    """A refused login is not tried again, and nothing was begun."""
    here = scene(*DONE, diary={"sessions": [Greeted(False)]})
    assert (here.clean_up(), here.opened) == ([], 0)


def test_who_has_begun_nothing_has_nothing_to_say(scene: Any) -> None:
    """A host that failed by its first look costs no second line."""
    here = scene(diary={"begun": []})
    assert (here.clean_up(), here.opened) == ([], 0)


def test_the_debugs_are_switched_off_and_that_is_written_down(scene: Any) -> None:
    """Exactly those; the journal hears of it when it is so."""
    here = scene(diary={"begun": [], "debugs": DEBUGS})
    here.router.debugs = {"crypto pki messages": "on", "ip packet": "somebody's"}
    assert here.clean_up() == []
    assert here.router.debugs == {"ip packet": "somebody's"}
    assert (here.jotted, here.diary.debugs) == ([("host-debugging", "r1", ())], ())
    assert "configure terminal" not in here.sent


def test_debugs_that_stay_keep_nothing_else(scene: Any) -> None:
    """MT439 names them, the next run will know of them, and what was begun is taken back all the same."""
    here = scene(*DONE, diary={"debugs": DEBUGS}, deny=("no debug",))
    codes = here.clean_up()
    assert [code for code, _ in codes] == ["MT439", "MT421"]
    assert codes[0][1].startswith(f"{DEBUGS[0]}, {DEBUGS[1]}: ")
    assert "Command authorization failed." in codes[0][1]
    assert (here.diary.debugs, here.jotted, configured(here)) == (DEBUGS, [], ({}, []))


def test_a_line_that_is_lost_is_opened_once_more(scene: Any) -> None:
    """As often as a journey may be made; then what is left to do is told, with the reason."""
    here = scene(*DONE)
    here.lost = 1
    assert here.clean_up() == [("MT421", "remove-applet Alarm, unset-variable _email_to")]
    assert here.opened == 2
    for journeys, lost in ((1, 1), (2, 2), (3, 3)):
        here = scene(*DONE)
        here.lost = lost
        told = here.clean_up(journeys=journeys)
        assert told == [("MT423", "variable _email_to, applet Alarm: MT405 the connection was lost")]
        assert (here.opened, here.diary.undone) == (journeys, False)


def test_a_router_that_cannot_be_read_is_left_as_it_is(scene: Any) -> None:
    """Nothing is undone upon an answer that does not prove itself."""
    busy = Faults(answers=(Answer("show running-config.*", "Unable to get configuration. Try again later.\n"),))
    here = scene(*DONE, faults=busy)
    ((code, text),) = here.clean_up()
    assert code == "MT423"
    assert "Unable to get configuration" in text
    assert "configure terminal" not in here.sent
    assert configured(here) == ({"_email_to": "new@example.com"}, ["Alarm"])


def test_a_way_back_that_is_refused_is_told(scene: Any) -> None:
    """With the router's words."""
    here = scene(*DONE, deny=("no event manager applet",))
    ((code, text),) = here.clean_up()
    assert (code, "Command authorization failed." in text) == ("MT423", True)
    assert not here.diary.undone


def test_a_test_applet_that_stays_is_told(scene: Any) -> None:
    """The router takes the line and keeps the applet: MT439, and whoever comes next knows of it."""
    deaf = Faults(answers=(Answer(f"no event manager applet {TEST_APPLET}", ""),))
    here = scene(*DONE, *TEST, diary={"testing": True}, faults=deaf)
    assert [code for code, _ in here.clean_up()] == ["MT439", "MT423"]
    assert here.diary.testing
    assert TEST_APPLET in here.router.config.applets


@pytest.mark.parametrize("error", [Unreachable(finding("MT401", "nobody listens")), ValueError("secret words")])
def test_whatever_goes_wrong_is_told_and_raises_nothing(scene: Any, error: Exception) -> None:
    """The report must not lose what was done so far; a foreign error is told by its kind alone."""
    here = scene(*DONE)

    def opening() -> Any:
        raise error

    here.opening = opening
    ((code, text),) = here.clean_up()
    told = "MT401 nobody listens" if isinstance(error, Unreachable) else "ValueError"
    assert (code, text) == ("MT423", f"variable _email_to, applet Alarm: {told}")
