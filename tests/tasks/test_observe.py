"""One look at a router: one wait, and nothing believed that does not prove itself."""

from __future__ import annotations

from typing import Any

import pytest

from lab.fleet import applet_lines, trustpoint_lines, variable_lines
from lab.personality import Answer, Faults
from mailtrust.errors import RouterError
from mailtrust.model import AppletText, Trustpoint, Variable
from mailtrust.reading import QUESTIONS, ReadingError
from mailtrust.secret import Secret
from tasks.observe import TERMINAL, observe

LINES = (
    *trustpoint_lines("Corporate"),
    *variable_lines({"_email_to": "a@b.c"}),
    *applet_lines("Mine", "event none", "action 1 syslog msg x"),
    "event manager policy mail.tcl type user",
)


def test_everything_is_asked_in_one_write(make: Any, talk: Any) -> None:
    """What the router is and what it has; what is typed ahead has an answer of its own and spoils none."""
    with talk(make(*LINES)) as session:
        reading = observe(session, *TERMINAL)
        assert session.sent == [[*TERMINAL, *QUESTIONS]]
        assert observe(session, "show clock").observed == observe(session).observed == reading.observed
    observed = reading.observed
    assert observed.applets == (AppletText("Mine", ("event none", 'action 1 syslog msg "x"')),)
    assert observed.variables == (Variable("_email_to", Secret("a@b.c")),)
    assert [each.name for each in observed.trustpoints] == ["Corporate"]
    assert isinstance(observed.trustpoints[0], Trustpoint)
    assert observed.policies == ("mail.tcl",)
    assert reading.startup.applets == observed.applets
    assert (reading.facts.hostname, reading.facts.privilege, reading.facts.eem) == ("r1", 15, True)


@pytest.mark.parametrize(
    ("habits", "code", "text"),
    [
        ({"privilege": 7}, "MT426", "the login sees the router at privilege 7"),
        ({"view": "NOC"}, "MT426", "the login sees the router through the view 'NOC'"),
        ({"maintenance": "maint-mode"}, "MT430", "the router's prompt says maint-mode"),
        ({"maintenance": "recovery-mode"}, "MT430", "the router's prompt says recovery-mode"),
        (
            {"deny": ("terminal width",)},
            "MT408",
            "'terminal width 511': Command authorization failed.",
        ),
    ],
)
def test_a_router_that_shows_less_than_all_is_not_read(make: Any, talk: Any, habits: Any, code: str, text: str) -> None:
    """A view, few rights, another mode, a terminal too narrow for our lines: with the reason, and nothing is planned."""
    with talk(make(*LINES, **habits)) as session:
        with pytest.raises(RouterError) as error:
            observe(session, *TERMINAL)
        assert [(each.code, each.text) for each in error.value.findings] == [(code, text)]
        assert "configure terminal" not in {line for write in session.sent for line in write}


def test_where_paging_stays_the_pages_are_turned(make: Any, talk: Any) -> None:
    """``terminal length 0`` refused: the look is the same, only slower, and so is every one after it."""
    long = [line for number in range(30) for line in applet_lines(f"A{number}", "event none", "action 1 syslog msg x")]
    with talk(make(*long)) as session:
        usual = observe(session, *TERMINAL)
    with talk(make(*long, deny=("terminal length",))) as session:
        assert observe(session, *TERMINAL).observed == usual.observed
        assert session.paged
        assert observe(session).observed == usual.observed
        assert max(len(write) for write in session.sent[1:]) == 1


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
@pytest.mark.parametrize("words", ["Command authorization failed.\n\n", "Unable to get it. Try again later.\n", ""])
def test_whichever_question_is_not_answered(make: Any, talk: Any, number: int, words: str) -> None:
    """Refused, busy or silent: an error that names the question, not a smaller router."""
    question = QUESTIONS[number].partition(" |")[0]
    silent = Faults(answers=(Answer(f"{question}.*", words),))
    with talk(make(*LINES, faults=silent)) as session, pytest.raises(ReadingError, match=question):
        observe(session, *TERMINAL)


def test_what_it_calls_itself_is_known_from_then_on(make: Any, talk: Any) -> None:
    """Whatever its prompt says: configuration prompts are made of the name that ``show version`` tells."""
    with talk(make("prompt [%h-7] %p")) as session:
        observe(session, *TERMINAL)
        assert (session.prompt.hostname, session.prompt.name) == ("[r1-7] ", "r1")
