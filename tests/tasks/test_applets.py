"""Variables and applets as they are typed."""

from __future__ import annotations

import pytest

from mailtrust.errors import Refused
from mailtrust.model import AppletText, InstallApplet, Observed, RemoveApplet, SetVariable, Variable
from mailtrust.prompts import Prompt
from mailtrust.reading import QUESTIONS
from mailtrust.secret import Secret
from tasks.applets import applet_lines, configuration, install_applets

ALARM = AppletText("Alarm", ("description mailtrust 12345678", "event none", "action 0010 mail x"))
OLD = AppletText("Alarm", ("event none", "action 1.0 syslog msg old"))
TO = Variable("_email_to", Secret("new@example.com"))
OLD_TO = Variable("_email_to", Secret("old@example.com"))
NOTHING = Observed((), (), ())
SHOWN = (
    "Cisco IOS XE Software, Version 17.09.05\n",
    "10:00:00.000 UTC Mon Jun 1 2026\n",
    "Embedded Event Manager Version 4.00\n",
    "",
    "",
)
INVALID = "    ^\n% Invalid input detected at '^' marker.\n\n"


class Router:
    """A session that refuses what begins with one of ``refuses``, and keeps every line that was typed."""

    prompt = Prompt("R1")

    def __init__(self, *refuses: str) -> None:
        self.refuses = refuses
        self.typed: list[str] = []

    def ask(self, *lines: str, seconds: float | None = None) -> tuple[str, ...]:
        self.typed += lines
        return tuple(self._say(line.strip()) for line in lines)

    def _say(self, line: str) -> str:
        if line in QUESTIONS:
            return SHOWN[QUESTIONS.index(line)]
        return INVALID if self.refuses and line.startswith(self.refuses) else ""


def test_an_applet_is_typed_whole() -> None:
    """What replaces another is removed first, so that no line of it stays; the applet is left at its end."""
    assert list(applet_lines(ALARM, replaces=True)) == [
        "no event manager applet Alarm",
        "event manager applet Alarm",
        " description mailtrust 12345678",
        " event none",
        " action 0010 mail x",
        " exit",
    ]
    assert next(applet_lines(ALARM, replaces=False)) == "event manager applet Alarm"


def test_each_step_has_its_lines() -> None:
    """Variables are set, applets made or replaced as the router needs it, what is left over is removed."""
    steps = (SetVariable(TO), InstallApplet(ALARM), RemoveApplet("mailtrust-test"))
    lines = list(configuration(steps, Observed((), (), (OLD,))))
    assert lines[:2] == ["event manager environment _email_to new@example.com", "no event manager applet Alarm"]
    assert lines[-1] == "no event manager applet mailtrust-test"
    assert "no event manager applet Alarm" not in configuration(steps, NOTHING)


def test_all_of_it_is_one_burst() -> None:
    """Lines, the way out and the second look go in one write."""
    router = Router()
    install_applets(router, (SetVariable(TO), InstallApplet(ALARM)), NOTHING)
    assert router.typed[-len(QUESTIONS) - 1 :] == ["end", *QUESTIONS]


def test_what_is_refused_is_put_back() -> None:
    """After a refusal variables and applets are as they were: an old value set again, an old applet made again."""
    router = Router("action 0010 mail")
    with pytest.raises(Refused) as refused:
        install_applets(router, (SetVariable(TO), InstallApplet(ALARM)), Observed((), (OLD_TO,), (OLD,)))
    assert [found.code for found in refused.value.findings] == ["MT224"]
    back = router.typed[router.typed.index(QUESTIONS[-1]) + 1 :]
    assert back[0] == "configure terminal"
    assert "event manager environment _email_to old@example.com" in back
    assert back.index("no event manager applet Alarm") < back.index(" action 1.0 syslog msg old")
    assert back[-1] == "end"


def test_what_was_not_there_is_taken_away_again() -> None:
    """A variable that nobody had set is unset, an applet that was not there is removed."""
    router = Router("action 0010 mail")
    with pytest.raises(Refused):
        install_applets(router, (SetVariable(TO), InstallApplet(ALARM)), NOTHING)
    assert "no event manager environment _email_to" in router.typed
    assert router.typed.count("no event manager applet Alarm") == 1


def test_a_release_without_descriptions_gets_a_comment() -> None:
    """The mark goes into ``action 0000 comment``; nothing else is typed again."""
    router = Router("description")
    install_applets(router, (InstallApplet(ALARM),), NOTHING)
    assert " action 0000 comment mailtrust 12345678" in router.typed
    assert router.typed.count(" action 0010 mail x") == 1


def test_a_refused_value_is_not_repeated() -> None:
    """The error names the variable; its value may hold a password."""
    router = Router("event manager environment")
    with pytest.raises(Refused) as refused:
        install_applets(router, (SetVariable(Variable("_email_server", Secret("a:pa55word@mail"))),), NOTHING)
    assert "pa55word" not in str(refused.value)
    assert "_email_server" in str(refused.value)
