"""Answers that are not the true ones, commands that are not authorized, silence, and messages behind a prompt."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lab.console import Console, screen
from lab.fleet import configure
from lab.personality import Answer, Faults, Message
from lab.session import Session

BUSY = "Unable to get configuration. Try again later.\n"
DENIED = "Command authorization failed.\n\n"
CLOCK = "10:20:30.123 UTC Thu Mar 5 2026\n"
SAID = "SECURITY WARNING - Module: SSH"


def said(on: Console, *typed: str) -> list[str]:
    return [on.type(line) for line in typed]


@pytest.mark.parametrize(
    ("answers", "typed", "printed"),
    [
        ([Answer("show clock", "later\n")], ["show clock", " show clock ", "show clock detail"], ["later\n"] * 2),
        ([Answer("show clock.*", "")], ["show clock detail"], [""]),
        ([Answer("show clock", cut=5)], ["show clock"], ["10:20"]),
        ([Answer("show clock", "later\n", cut=3)], ["show clock"], ["lat"]),
        ([Answer("sh.*", "x", after=1, times=2)], ["show clock"] * 4, [CLOCK, "x", "x", CLOCK]),
        ([Answer("sh.*", "a", times=1), Answer("sh.*", "b", times=1)], ["show clock"] * 3, ["a", "b", CLOCK]),
        ([Answer("sh.*", "a", after=1), Answer("sh.*", "b", times=1)], ["show clock"] * 2, ["b", "a"]),
        ([Answer("do show clock", "later\n")], ["configure terminal", "do show clock"], [None, "later\n"]),
        ([Answer("", "later\n")], ["", "! comment"], ["", ""]),
    ],
)
def test_any_line_may_get_another_answer(
    answers: list[Answer], typed: list[str], printed: list[str | None], console: Callable[..., Console]
) -> None:
    """The line as typed is matched as a whole; after so many true answers the other one comes so many times."""
    heard = said(console(faults=Faults(answers=tuple(answers))), *typed)
    assert [a for a, b in zip(heard, printed, strict=False) if b is not None] == [b for b in printed if b is not None]


@pytest.mark.parametrize(
    ("answer", "prompt", "saved"),
    [
        (Answer("configure terminal", "% Sorry\n"), "R1#", False),
        (Answer("configure terminal", "% Sorry\n", executes=True), "R1(config)#", True),
        (Answer("configure terminal", cut=0), "R1(config)#", True),
        (Answer("do write memory", "", executes=True), "R1(config)#", True),
        (Answer("do write memory", ""), "R1(config)#", False),
    ],
)
def test_a_replaced_answer_has_no_effect_unless_it_executes(
    answer: Answer, prompt: str, saved: bool, console: Callable[..., Console]
) -> None:
    """Without `executes` the mode and the router stay as they were; the true answer, cut or not, always takes effect."""
    on = console(faults=Faults(answers=(answer,)))
    said(on, "configure terminal", "do write memory")
    assert (on.session.prompt, on.router.saved) == (prompt, saved)


def test_strikes_are_counted_by_the_router(console: Callable[..., Console]) -> None:
    """A new login finds the fault as far used up as the last one left it."""
    on = console(faults=Faults(answers=(Answer("show clock", BUSY, times=1),)))
    other = Console(Session(on.router))
    assert (on.type("show clock"), other.type("show clock")) == (BUSY, CLOCK)


def test_a_question_may_be_answered_otherwise_and_a_paste_may_not(
    console: Callable[..., Console], pem: Callable[[str], list[str]]
) -> None:
    """The lines of a certificate reach the router whatever the faults; at a question the fault leaves it open."""
    on = console(faults=Faults(answers=(Answer("yes|MII.*|quit", "% No such luck\n", times=1),)))
    said(on, "conf t", "crypto pki trustpoint TP", "enrollment terminal", "crypto pki authenticate TP")
    assert "Certificate has the following" in said(on, *pem("root"), "quit")[-1]
    assert on.type("yes") == "% No such luck\n"
    assert on.session.prompt.startswith("% Do you accept")
    assert "% Certificate successfully imported" in on.type("yes")


@pytest.mark.parametrize(
    ("denied", "typed", "refused"),
    [
        ("configure", "configure terminal", True),
        ("configure", "show clock", False),
        ("show running-config", "show running-config | section x", True),
        ("running-config", "show running-config", False),
        ("show clock$", "show clock detail", False),
    ],
)
def test_what_is_not_authorized_is_refused(
    denied: str, typed: str, refused: bool, console: Callable[..., Console]
) -> None:
    """A line that begins as denied gets AAA's words and has no effect."""
    on = console(deny=(denied,))
    assert (on.type(typed) == DENIED) is refused
    assert on.session.prompt == "R1#" or not refused


def test_authorization_holds_in_every_mode(console: Callable[..., Console]) -> None:
    """Sub-modes, global configuration and `do` are no way around it, and the words may be others."""
    on = console(deny=("event none", "show run", "crypto"), deny_words="Command rejected: not allowed\n")
    on.type("configure terminal", "event manager applet A")
    assert (
        said(on, "event none", "do show running-config", "crypto pki trustpoint TP")
        == ["Command rejected: not allowed\n"] * 3
    )
    assert on.session.prompt == "R1(config-applet)#"
    assert (on.router.config.applets["A"].event, on.router.config.trustpoints) == ("", {})


def test_a_test_may_answer_any_line(console: Callable[..., Console], pem: Callable[[str], list[str]]) -> None:
    """`Router.answering` is asked for every command and answer, before faults and AAA, but not within a paste."""
    on = console(deny=("show clock",), faults=Faults(answers=(Answer("show clock", BUSY),)))
    heard: list[str] = []

    def answering(session: Session, line: str) -> Answer | None:
        heard.append(line)
        return Answer("", "mine\n") if line == "show clock" else None

    on.router.answering = answering
    assert on.type(" show clock ") == "mine\n"
    on.type("conf t", "crypto pki trustpoint TP", "enrollment terminal", "crypto pki authenticate TP")
    on.type(*pem("root"), "quit", "yes", "! comment", "end")
    assert heard == [
        *("show clock", "conf t", "crypto pki trustpoint TP", "enrollment terminal", "crypto pki authenticate TP"),
        *("yes", "end"),
    ]
    assert list(on.router.trust()) == ["TP"]


def test_somebody_who_is_exempt_is_answered_truly(console: Callable[..., Console]) -> None:
    """A session that is exempt, and the configuration a router starts with, meet neither faults nor AAA nor blanks."""
    on = console(deny=(".",), privilege=1, faults=Faults(answers=(Answer(".*", BUSY),)))
    on.session.exempt = True
    assert on.type("show clock") == CLOCK
    assert "hostname R1" in on.type("show running-config")
    with pytest.raises(StopIteration):
        configure(on.router, ["hostname R2"]).send(None)
    assert on.router.config.hostname == "R2"


@pytest.mark.parametrize(
    ("faults", "habits"),
    [
        (Faults(answers=(Answer("show clock", delay=0.001),)), {}),
        (Faults(), {"seconds_per_line": 0.001}),
    ],
)
def test_silence_comes_before_the_answer(faults: Faults, habits: dict, console: Callable[..., Console]) -> None:
    """The line is echoed, then nothing, then all of the answer."""
    pieces: list[str] = []
    screen(console(faults=faults, **habits), "show clock\r", pieces=pieces)
    assert pieces == ["R1#show clock\r\n", f"{CLOCK[:-1]}\r\nR1#"]


def test_an_answer_may_drip(console: Callable[..., Console]) -> None:
    """Line by line, and the next command as fast as ever."""
    pieces: list[str] = []
    screen(
        console(faults=Faults(answers=(Answer("show clock", "1\n2\n3\n", drip=0.001),))),
        "show clock\rshow privilege\r",
        pieces=pieces,
    )
    assert pieces == [
        "R1#show clock\r\n1\r\n",
        "2\r\n",
        "3\r\n",
        "R1#show privilege\r\nCurrent privilege level is 15\r\nR1#",
    ]


PASTE = ["conf t", "crypto pki trustpoint TP", "enrollment terminal", "crypto pki authenticate TP"]


@pytest.mark.parametrize(
    ("command", "same_line", "typed", "shown"),
    [
        ("", False, [""], f"R1#\r\n{SAID}\r\n\r\nR1#"),
        ("", True, [""], f"R1#{SAID}\r\n\r\nR1#"),
        ("show clock", False, ["show clock"], f"{CLOCK[:-1]}\r\nR1#\r\n{SAID}\r\n"),
        ("show.*", True, ["show clock", ""], f"R1#{SAID}\r\n\r\nR1#"),
        ("write memory", False, ["write memory"], f"[OK]\r\nR1#\r\n{SAID}\r\n"),
        ("conf t", False, ["conf t"], f"R1(config)#\r\n{SAID}\r\n"),
    ],
)
def test_a_message_behind_a_prompt_has_no_prompt_behind_it(
    command: str, same_line: bool, typed: list[str], shown: str, console: Callable[..., Console]
) -> None:
    """It stands behind the prompt that follows the command, once; a Return brings the next prompt."""
    on = console(faults=Faults(messages=(Message(command, SAID, same_line=same_line),)))
    written = screen(on, *(f"{line}\r" for line in typed))
    assert shown in written
    assert written.count(SAID) == 1


def test_a_message_waits_until_the_dialogue_is_over(
    console: Callable[..., Console], pem: Callable[[str], list[str]]
) -> None:
    """Neither in a paste nor at a question, but behind the prompt that follows them; as often as it says."""
    on = console(
        faults=Faults(messages=(Message("crypto pki authenticate .*", SAID), Message("wr", SAID))), save="asks"
    )
    written = screen(
        on, "".join(f"{line}\r" for line in [*PASTE, *pem("root"), "quit", "yes", "end", "wr", "yes", "wr"])
    )
    assert f"% Certificate successfully imported\r\n\r\nR1(config)#\r\n{SAID}\r\nend\r\n" in written
    assert f"[OK]\r\nR1#\r\n{SAID}\r\nwr\r\n" in written
    assert written.count(SAID) == 2
