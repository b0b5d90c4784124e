"""Variables and applets as they are typed: nothing into a mode that was not seen, and read back in the last burst."""

from __future__ import annotations

from typing import Any

import pytest

from lab.fleet import applet_lines, variable_lines
from lab.personality import Answer, Faults
from mailtrust.applet import TEST_APPLET, digest, mark
from mailtrust.errors import Refused
from mailtrust.model import (
    AppletText,
    InstallApplet,
    Observed,
    RemoveApplet,
    SetVariable,
    UnsetVariable,
    Variable,
)
from mailtrust.reading import QUESTIONS, ReadingError
from mailtrust.secret import Secret
from tasks.applets import applet_block, configure_applets, install_applets, single_lines
from tasks.configuration_mode import enter
from tasks.observe import TERMINAL, observe

BODY = ("event none", 'action 0010 syslog msg "new"')
ALARM = AppletText("Alarm", (f"description mailtrust {digest(BODY, 'Alarm')}", *BODY))
SECOND = AppletText("Second", BODY)
MAIL = AppletText(
    "Mail",
    ("event none", 'action 0010 mail server "a" to "b" from "c" subject "s" body "b" port 587 secure tls'),
)
TO = Variable("_email_to", Secret("new@example.com"))
OLD = applet_lines("Alarm", "event none", 'action 1.0 syslog msg "old"', 'action 2.0 syslog msg "older"')
NOTHING = Observed((), (), ())
STEPS = (SetVariable(TO), InstallApplet(ALARM))


def installed(talk: Any, router: Any, steps: Any, **manner: Any) -> Any:
    """What was read afterwards, what had been begun, each write since configuration mode, and where that ended."""
    begun: list[Any] = []
    with talk(router) as session:
        before = observe(session, *TERMINAL).observed
        enter(session)
        del session.sent[:]
        after = install_applets(session, steps, before, begun.append, **manner)
        return after.observed, begun, session.sent, session.mode


def refused(talk: Any, router: Any, steps: Any) -> Any:
    """What the router did not take, what had been begun then, and each write."""
    begun: list[Any] = []
    with talk(router) as session:
        before = observe(session, *TERMINAL).observed
        enter(session)
        del session.sent[:]
        with pytest.raises(Refused) as error:
            install_applets(session, steps, before, begun.append)
        return error.value.findings[0], begun, session.sent


def test_a_step_of_one_line_is_one_line() -> None:
    """Variables are set and unset, applets removed; an applet that comes is more than a line."""
    steps = (SetVariable(TO), UnsetVariable("old"), RemoveApplet("Old"), InstallApplet(ALARM))
    assert list(single_lines(steps)) == [
        "event manager environment _email_to new@example.com",
        "no event manager environment old",
        "no event manager applet Old",
    ]


@pytest.mark.parametrize(
    ("options", "head"),
    [("", "event manager applet Alarm"), ("authorization bypass", "event manager applet Alarm authorization bypass")],
)
def test_an_applet_is_typed_whole(options: str, head: str) -> None:
    """With what stands behind its name; one that is replaced is removed first, so that no line of it stays."""
    applet = AppletText("Alarm", BODY, options)
    block = applet_block(applet, replaces=False)
    assert (block.before, block.head, block.lines) == ((), head, BODY)
    assert applet_block(applet, replaces=True).before == ("no event manager applet Alarm",)


def test_the_lines_of_an_applet_wait_for_its_mode(make: Any, talk: Any) -> None:
    """One write to its first line, one with all the rest: its lines, the way out, and the second look."""
    after, begun, sent, mode = installed(talk, make(), STEPS)
    assert sent == [
        ["event manager environment _email_to new@example.com", "event manager applet Alarm"],
        [*ALARM.lines, "end", *QUESTIONS],
    ]
    assert (after, begun, mode) == (Observed((), (TO,), (ALARM,)), list(STEPS), None)


def test_one_can_stay_for_more(make: Any, talk: Any) -> None:
    """The last burst enters configuration mode again: that is seen, and costs no write."""
    after, _, sent, mode = installed(talk, make(), STEPS, stay=True)
    assert (len(sent), sent[-1][-1], mode) == (2, "configure terminal", "config")
    assert after.applets == (ALARM,)


def test_of_several_applets_each_waits_for_its_own(make: Any, talk: Any) -> None:
    """The first line of one comes with the lines of the one before."""
    steps = (InstallApplet(ALARM), InstallApplet(SECOND))
    after, begun, sent, _ = installed(talk, make(), steps)
    assert sent == [
        ["event manager applet Alarm"],
        [*ALARM.lines, "event manager applet Second"],
        [*SECOND.lines, "end", *QUESTIONS],
    ]
    assert (after.applets, begun) == ((ALARM, SECOND), list(steps))


def test_without_a_step_nothing_but_the_look_is_typed(make: Any, talk: Any) -> None:
    """Trust alone was to be done: the second look all the same."""
    _, begun, sent, _ = installed(talk, make(), ())
    assert (begun, sent) == ([], [["end", *QUESTIONS]])


def test_nothing_of_an_older_applet_stays(make: Any, talk: Any) -> None:
    """Whatever its lines were, afterwards it is the new one alone."""
    after, _, sent, _ = installed(talk, make(*OLD), (InstallApplet(ALARM),))
    assert after.applets == (ALARM,)
    assert sent[2][-2:] == ["no event manager applet Alarm", "event manager applet Alarm"]


def test_what_replaces_is_rehearsed_first(make: Any, talk: Any) -> None:
    """Under the test applet's name, with our mark and no event that could happen: nothing goes before that is taken."""
    after, begun, sent, _ = installed(talk, make(*OLD), (InstallApplet(ALARM),))
    assert sent[0] == [f"event manager applet {TEST_APPLET}"]
    assert "event none" in sent[1]
    assert sent[1][0].startswith("action 0000 comment mailtrust ")
    assert not [line for line in sent[1] if line.startswith("no event manager applet")]
    assert sent[2].index(f"no event manager applet {TEST_APPLET}") < sent[2].index("no event manager applet Alarm")
    assert (begun[0], after.applets) == (RemoveApplet(TEST_APPLET), (ALARM,))


@pytest.mark.parametrize("denied", [r"event manager applet mailtrust", "action 0010", "event none"])
def test_who_may_not_write_an_applet_takes_none_away(make: Any, talk: Any, denied: str) -> None:
    """AAA allows the ``no`` and denies a line of what should come instead: the old applet is still there."""
    router = make(*OLD, deny=(denied,))
    found, _, _ = refused(talk, router, (InstallApplet(ALARM),))
    assert (found.code, "Command authorization failed." in found.text) == ("MT408", True)
    assert list(router.config.applets["Alarm"].lines())[1:] == [f" {line}" for line in OLD[1:-1]]


def test_what_is_begun_is_told_before_it_is_typed(make: Any, talk: Any) -> None:
    """Single lines all at once, an applet when its turn comes: what is told of and not typed costs a look, no more."""
    told: list[tuple[str, int]] = []
    steps = (InstallApplet(ALARM), SetVariable(TO), InstallApplet(SECOND))
    with talk(make()) as session:
        observe(session, *TERMINAL)
        enter(session)
        del session.sent[:]
        install_applets(session, steps, NOTHING, lambda step: told.append((step.target, len(session.sent))))
    assert told == [("_email_to", 0), ("Alarm", 0), ("Second", 1)]


def test_the_answers_to_what_is_typed_behind_come_back(make: Any, talk: Any) -> None:
    """In their order, and nothing of the configuration lines among them."""
    with talk(make()) as session:
        observe(session, *TERMINAL)
        enter(session)
        answers = configure_applets(session, STEPS, NOTHING, lambda _: None, ("end", "show privilege"))
    assert [answer.strip() for answer in answers] == ["", "Current privilege level is 15"]


@pytest.mark.parametrize(
    "words", ["Command authorization failed.", "words that nobody has heard before", "Command rejected: not allowed"]
)
def test_a_mode_that_is_not_entered_gets_no_line(make: Any, talk: Any, words: str) -> None:
    """The first line of an applet is refused, in whatever words: its lines are never typed, MT408 quotes the router."""
    found, begun, sent = refused(talk, make(deny=("event manager applet",), deny_words=f"{words}\n\n"), STEPS)
    assert (found.code, found.text) == ("MT408", f"'event manager applet Alarm': {words}")
    assert begun == list(STEPS)
    assert sent == [["event manager environment _email_to new@example.com", "event manager applet Alarm"]]


def test_a_mode_that_is_not_seen_gets_no_line(make: Any, talk: Any) -> None:
    """Taken without a word, and yet the prompt says nothing of an applet: nothing is typed on trust."""
    silent = Faults(answers=(Answer("event manager applet Alarm", ""),))
    found, _, sent = refused(talk, make(faults=silent), STEPS)
    assert (found.code, found.text) == ("MT408", "'event manager applet Alarm': the prompt shows the mode config")
    assert len(sent) == 1


def test_a_variable_that_is_refused_is_not_repeated(make: Any, talk: Any) -> None:
    """The error names the variable; its value may hold a password; nothing more is typed."""
    router = make(deny=("event manager environment",))
    server = Variable("_email_server", Secret("a:pa55word@mail"))
    found, _, sent = refused(talk, router, (SetVariable(server), InstallApplet(ALARM)))
    assert found.code == "MT408"
    assert found.text == "'event manager environment _email_server ***': Command authorization failed."
    assert len(sent) == 1


def test_a_mail_action_that_is_not_known(make: Any, talk: Any) -> None:
    """A release without ``secure tls`` is told by its code."""
    found, begun, _ = refused(talk, make(mail_tls=False), (InstallApplet(MAIL),))
    assert (found.code, begun) == ("MT224", [InstallApplet(MAIL)])
    assert "Invalid input" in found.text


def test_a_value_that_would_be_two_lines_is_not_typed(make: Any, talk: Any) -> None:
    """MT103, and nothing is written at all."""
    router = make()
    found, _, sent = refused(talk, router, (SetVariable(Variable("x", Secret("a\nend\nreload"))),))
    assert (found.code, sent) == ("MT103", [])
    assert router.config.environment == {}


@pytest.mark.parametrize("stay", [False, True])
def test_a_release_without_descriptions_gets_a_comment(make: Any, talk: Any, stay: bool) -> None:
    """The mark goes into ``action 0000 comment``; nothing else is typed again, and one is where one was."""
    after, _, sent, mode = installed(talk, make(applet_description=False), (InstallApplet(ALARM),), stay=stay)
    assert mark(after.applets[0]) == mark(ALARM)
    assert f"action 0000 comment mailtrust {mark(ALARM)}" in after.applets[0].lines
    assert [line for write in sent for line in write].count(BODY[1]) == 1
    assert mode == ("config" if stay else None)


def test_a_second_look_that_is_cut_is_no_look(make: Any, talk: Any) -> None:
    """What was typed cannot be seen to be there, so nobody says that it is."""
    cut = Faults(answers=(Answer(r"show running-config.*", "version 17.9\n", after=1),))
    with talk(make(*variable_lines({"x": "1"}), faults=cut)) as session:
        before = observe(session, *TERMINAL).observed
        enter(session)
        with pytest.raises(ReadingError, match="show running-config"):
            install_applets(session, STEPS, before, lambda _: None)
