"""Configuration mode: it is seen before it is used, and so is each mode within it."""

from __future__ import annotations

from typing import Any

import pytest

from lab.personality import Answer, Faults
from mailtrust.errors import Refused
from tasks.configuration_mode import Block, blocks, enter, open_blocks
from tasks.observe import TERMINAL, observe

LOCKED = "Configuration mode locked exclusively by user 'x' process '3' from terminal '0'. Please try later.\n"
TRUST = Block("crypto pki trustpoint A", "trustpoint", ("enrollment terminal", "revocation-check none"))
APPLET = Block("event manager applet B", "applet", ("event none", "action 1 syslog msg x"))


def failing(talk: Any, router: Any, *wanted: Block) -> tuple[str, str, list[list[str]]]:
    """Why the blocks were not taken, and each write since the look."""
    with talk(router) as session:
        observe(session, *TERMINAL)
        del session.sent[:]
        with pytest.raises(Refused) as error:
            _typed(session, wanted)
        found = error.value.findings[0]
        return found.code, found.text, session.sent


def _typed(session: Any, wanted: Any) -> None:
    enter(session)
    blocks(session, wanted)


def test_the_questions_ahead_are_answered(make: Any, talk: Any) -> None:
    """In the same write; their answers come back, configuration mode is seen."""
    with talk(make()) as session:
        observe(session, *TERMINAL)
        del session.sent[:]
        (privilege,) = enter(session, "show privilege")
        assert privilege.strip() == "Current privilege level is 15"
        assert (session.sent, session.mode) == ([["show privilege", "configure terminal"]], "config")


@pytest.mark.parametrize(("times", "tries"), [(0, 1), (1, 2), (2, 3)])
def test_a_lock_may_go(make: Any, talk: Any, times: int, tries: int) -> None:
    """A configuration that somebody holds is tried again, twice; what was asked ahead is not asked again."""
    locked = Faults(answers=(Answer("configure terminal", LOCKED, times=times),))
    with talk(make(faults=locked)) as session:
        observe(session, *TERMINAL)
        del session.sent[:]
        enter(session, "show privilege")
        assert [write[-1] for write in session.sent] == ["configure terminal"] * tries
        assert [len(write) for write in session.sent] == [2] + [1] * (tries - 1)


@pytest.mark.parametrize(
    ("words", "code", "text", "tries"),
    [
        (LOCKED, "MT407", f"the router said: {LOCKED.strip()}", 3),
        ("Command authorization failed.\n", "MT408", "'configure terminal': Command authorization failed.", 1),
        (
            "words that nobody has heard before\n",
            "MT408",
            "'configure terminal': no configuration mode was seen; the router said 'words that nobody has heard before'",
            1,
        ),
        ("", "MT408", "'configure terminal': no configuration mode was seen; the router said 'nothing'", 1),
    ],
)
def test_who_does_not_get_in_types_nothing(make: Any, talk: Any, words: str, code: str, text: str, tries: int) -> None:
    """A lock that stays, a refusal in any words, silence: nothing that belongs in configuration mode is typed at EXEC."""
    refusing = Faults(answers=(Answer("configure terminal", words),))
    told = failing(talk, make(faults=refusing), TRUST)
    assert told == (code, text, [["configure terminal"]] * tries)


@pytest.mark.parametrize(
    "habits",
    [
        {},
        {"hostname": "Floor.12(2.7)"},
        {"hostname": "a-router-with-a-very-long-name.example.net"},
        {"lines": ("prompt %h-STP-7%p",)},
        {"lines": ("prompt [%h] %p",)},
        {"lines": ("no service prompt config",)},
        {"lines": ("no service prompt config",), "hostname": "Floor.12(2.7)"},
        {"lines": ("no service prompt config", "prompt %h-STP-7%p")},
    ],
)
def test_whatever_the_prompt_looks_like(make: Any, talk: Any, habits: dict[str, Any]) -> None:
    """Names with brackets, long ones, prompts of somebody's own, and none at all that names the mode."""
    habits = dict(habits)
    router = make(*habits.pop("lines", ()), **habits)
    with talk(router) as session:
        observe(session, *TERMINAL)
        enter(session)
        (privilege,) = blocks(session, [TRUST, APPLET], after=("end", "show privilege"))[1:]
        assert "15" in privilege
    assert list(router.config.trustpoints) == ["A"]
    assert list(router.config.applets) == ["B"]
    assert router.lock is None


def test_a_router_that_shows_no_prompt_there_is_left_alone(make: Any, talk: Any) -> None:
    """What cannot be seen is not used; the finding says what would help."""
    router = make("no service prompt config", hidden_prompt="none")
    code, text, sent = failing(talk, router, TRUST)
    assert (code, text) == ("MT408", "configuration mode shows no prompt here; 'service prompt config' would")
    assert sent == [["configure terminal"]]
    assert list(router.config.trustpoints) == []


@pytest.mark.parametrize("lines", [(), ("no service prompt config",)])
def test_what_follows_a_refused_first_line_is_not_typed(make: Any, talk: Any, lines: tuple[str, ...]) -> None:
    """Whether prompts name the mode or not: a word to a line that enters a mode is a no."""
    for words in ("Command authorization failed.\n", "words that nobody has heard before\n"):
        router = make(*lines, faults=Faults(answers=(Answer(TRUST.head, words),)))
        code, text, sent = failing(talk, router, TRUST, APPLET)
        assert (code, text) == ("MT408", f"'{TRUST.head}': {words.strip()}")
        assert sent[1:] == [[TRUST.head]]


def test_a_line_that_is_refused_ends_it(make: Any, talk: Any) -> None:
    """The next block is begun with the lines of the one before: when one of them is refused nothing more is typed."""
    router = make(deny=("revocation-check",))
    code, text, sent = failing(talk, router, TRUST, APPLET, Block("event manager applet C", "applet", ("event none",)))
    assert (code, text) == ("MT408", "'revocation-check none': Command authorization failed.")
    assert sent[1:] == [[TRUST.head], [*TRUST.lines, APPLET.head]]


def test_our_mark_alone_may_be_refused(make: Any, talk: Any) -> None:
    """A release that knows no ``description`` takes all else; another text of that word is not ours to lose."""
    for text, taken in (("mailtrust 01234567", True), ("of somebody", False)):
        described = Block(APPLET.head, "applet", (f"description {text}", *APPLET.lines))
        router = make(applet_description=False)
        with talk(router) as session:
            observe(session, *TERMINAL)
            enter(session)
            if taken:
                blocks(session, [described], after=("end",))
                assert list(router.config.applets) == ["B"]
            else:
                with pytest.raises(Refused, match="description of somebody"):
                    blocks(session, [described], after=("end",))


def test_the_last_lines_may_wait_for_company(make: Any, talk: Any) -> None:
    """``open_blocks`` leaves the router in the mode of the last block, and its lines to whoever types on."""
    router = make()
    with talk(router) as session:
        observe(session, *TERMINAL)
        enter(session)
        assert open_blocks(session, [TRUST, APPLET], first=("event manager environment x 1",)) == APPLET.lines
        assert session.mode == "config-applet"
        assert open_blocks(session, (), first=("one", "two")) == ("one", "two")
    assert router.config.environment == {"x": "1"}


def test_nothing_is_nothing(make: Any, talk: Any) -> None:
    """Without a block and without a line nothing is typed."""
    with talk(make()) as session:
        observe(session, *TERMINAL)
        enter(session)
        del session.sent[:]
        assert (blocks(session, ()), session.sent) == ((), [])


def test_who_begins_is_told_in_time(make: Any, talk: Any) -> None:
    """Before the first line of a block is typed, and after all lines of the one before were taken along."""
    told: list[int] = []
    with talk(make()) as session:
        observe(session, *TERMINAL)
        enter(session)
        del session.sent[:]
        begun = [Block(each.head, each.mode, each.lines, begun=lambda: told.append(len(session.sent))) for each in (TRUST, APPLET)]  # fmt: skip
        blocks(session, begun, after=("end",))
    assert told == [0, 1]


def test_a_block_may_wait_for_all_that_is_ahead(make: Any, talk: Any) -> None:
    """Its first lines are not typed along: when one ahead is refused nothing of it has happened."""
    last = Block(APPLET.head, APPLET.mode, APPLET.lines, before=("no event manager applet Old",), waits=True)
    _, _, sent = failing(talk, make(deny=("revocation-check",)), TRUST, last)
    assert sent[1:] == [[TRUST.head], list(TRUST.lines)]
    with talk(make()) as session:
        observe(session, *TERMINAL)
        enter(session)
        del session.sent[:]
        blocks(session, [TRUST, last], after=("end",))
        assert session.sent[1:] == [list(TRUST.lines), [*last.before, last.head], [*last.lines, "end"]]
