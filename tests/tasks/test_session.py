"""One line to a router: when an answer is whole, how long it is waited for, and what is never typed.

A router that is a script; seconds pass at once. Bad lines over SSH: test_lost_lines.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import pytest

from mailtrust.errors import Refused, Silence
from mailtrust.prompts import Prompt
from mailtrust.secret import Secret
from tasks.connection import Deadlines
from tasks.session import Session, must_be_taken


@dataclass
class Clock:
    now: float = 0.0

    def monotonic(self) -> float:
        return self.now


@dataclass
class Script:
    """A line with a router that says, after each write, what stands in the script: texts, and seconds of silence."""

    clock: Clock
    answers: list[list[str | float]]
    timeout_transport: float = 0.0
    written: list[str] = field(default_factory=list)
    coming: list[str | float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    @property
    def channel(self) -> Script:
        return self

    transport = channel

    def _set_timeout(self, seconds: float) -> None:
        """Whoever has it can time out by itself."""

    def isalive(self) -> bool:
        return True

    def write(self, text: str, *, redacted: bool) -> None:
        assert redacted
        self.written.append(text)
        self.coming += self.answers.pop(0) if self.answers else []

    def read(self) -> bytes:
        self.waits.append(self.timeout_transport)
        while self.coming and isinstance(self.coming[0], float):
            if self.coming[0] > self.timeout_transport:
                self.coming[0] -= self.timeout_transport
                self._over()
            self.clock.now += self.coming.pop(0)
        if not self.coming:
            self._over()
        return self.coming.pop(0).encode()

    def _over(self) -> None:
        self.clock.now += self.timeout_transport
        raise TimeoutError


BURST_SECONDS, HOST_SECONDS = 30.0, 300.0


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    """``script([...], [...])``: a session with a router that says so after each write; seconds pass at once."""
    clock = Clock()
    monkeypatch.setattr("tasks.session.time", clock)

    def made(*answers: list[str | float], first: Any = ()) -> tuple[Session, Script]:
        line = Script(clock, [list(each) for each in answers], coming=list(first))
        session = Session(line, Deadlines(BURST_SECONDS, HOST_SECONDS))
        session.prompt = Prompt("R1")
        return session, line

    return made


def text_of(error: Any) -> tuple[str, str]:
    (found,) = error.value.findings
    return found.code, found.text


def test_what_counts_is_silence(script: Any) -> None:
    """A router that says something every 29 seconds is waited for, for minutes."""
    slow = [each for number in range(9) for each in (29.0, f"line {number}\n")]
    session, line = script(["show it\n", *slow, 29.0, "R1#"])
    (answer,) = session.ask("show it")
    assert answer.splitlines() == [f"line {number}" for number in range(9)]
    assert line.clock.now == 290


def test_a_router_that_keeps_silent_is_given_up(script: Any) -> None:
    """After the seconds of one answer, with what was heard last."""
    session, line = script(["show it\n", "the last words\n", 31.0, "R1#"])
    with pytest.raises(Silence) as error:
        session.ask("show it")
    assert text_of(error) == ("MT404", "nothing to understand came within 30 s; heard last: 'the last words'")
    assert line.clock.now == 30


def test_a_router_that_never_ends_has_the_time_of_its_host(script: Any) -> None:
    """However much it talks."""
    session, line = script(["show it\n", *[each for _ in range(40) for each in (29.0, "and on\n")]])
    with pytest.raises(Silence) as error:
        session.ask("show it")
    assert text_of(error) == ("MT404", "the time for this host is over (host_seconds); heard last: 'and on'")
    assert line.clock.now == HOST_SECONDS


@pytest.mark.parametrize(("seconds", "given_up"), [(40.0, 40.0), (math.inf, HOST_SECONDS), (10.0, 10.0)])
def test_some_answers_may_take_longer(script: Any, seconds: float, given_up: float) -> None:
    """As long as they are said to, and never longer than the host may."""
    session, line = script(["write memory\n", 1000.0])
    with pytest.raises(Silence):
        session.ask("write memory", seconds=seconds)
    assert line.clock.now == given_up


def test_time_that_others_needed_is_not_the_routers(script: Any) -> None:
    """Who has waited for a place has as much time afterwards as before."""
    session, line = script(["show it\n", "on\n", 1000.0])
    line.clock.now += 290
    session.allow(290)
    with pytest.raises(Silence):
        session.ask("show it", seconds=math.inf)
    assert line.clock.now == HOST_SECONDS + 290


def test_what_was_typed_ahead_and_lost_is_typed_once_more(script: Any) -> None:
    """A prompt and five seconds of quiet: then line by line; nobody waits for the whole of an answer's time."""
    session, line = script(["show one\n1\nR1#"], ["show one\n1\nR1#"], ["show two\n2\nR1#"])
    assert session.ask("show one", "show two") == ("1\n", "2\n")
    assert line.written == ["show one\nshow two\n", "show one\n", "show two\n"]
    assert line.clock.now == 5


def test_with_must_a_refusal_ends_it(script: Any) -> None:
    """Where lines are typed one by one the next one is not typed after one that is refused."""
    session, line = script(["show one\n% Invalid input\nR1#"])
    session.paged = True
    with pytest.raises(Refused, match="MT408 'show one': % Invalid input"):
        session.ask("show one", "show two", must=True)
    assert line.written == ["show one\n"]


def test_a_line_that_is_not_echoed_is_not_answered(script: Any) -> None:
    """A prompt alone says nothing about a line of ours."""
    session, line = script(["R1#"])
    with pytest.raises(Silence, match="'show it'"):
        session.ask("show it")
    assert line.clock.now == 5


@pytest.mark.parametrize("behind", ["\n*Jun  1 12:00:00: %SYS-5-CONFIG_I: x\n", "SECURITY WARNING - Module: x\n"])
def test_a_message_behind_the_prompt_costs_a_return(script: Any, behind: str) -> None:
    """And two seconds; the answer is whole."""
    session, line = script([f"show it\n1\nR1#{behind}"], [f"R1#{behind}"], ["R1#"])
    (answer,) = session.ask("show it")
    assert answer.startswith("1\n")
    assert line.written == ["show it\n", "\n", "\n"]
    assert line.clock.now <= 4


def test_messages_without_end_are_an_end(script: Any) -> None:
    """Three returns, then the router is given up."""
    behind = "R1#\n*Jun  1 12:00:00: %SYS-5-CONFIG_I: x\n"
    session, line = script(["show it\n1\n" + behind], *[[behind]] * 9)
    with pytest.raises(Silence, match="heard last"):
        session.ask("show it")
    assert line.written == ["show it\n", "\n", "\n", "\n"]


@pytest.mark.parametrize(
    ("question", "key"), [("Really? [yes/no]: ", "no\n"), ("Clear it [confirm]", "n"), ("Proceed? [no]: ", "no\n")]
)
def test_a_question_that_nobody_expects_gets_a_no(script: Any, question: str, key: str) -> None:
    """MT408 repeats it; one key where a return would be a yes."""
    session, line = script([f"show it\n{question}"])
    with pytest.raises(Refused) as error:
        session.ask("show it")
    assert text_of(error) == ("MT408", f"the router asked {question.strip()!r}, and got no")
    assert line.written == ["show it\n", key]


def test_pages_are_turned(script: Any) -> None:
    """Where a router pages all the same; from then on lines are typed one by one, for a key may be eaten."""
    wiped = "\x08" * 9 + " " * 8 + "\x08" * 9
    session, line = script(["show it\none\n --More-- "], [f"{wiped} two\n --More-- "], [f"{wiped}three\nR1#"])
    assert session.ask("show it") == ("one\n two\nthree\n",)
    assert line.written == ["show it\n", " ", " "]
    line.answers = [["show one\n1\nR1#"], ["show two\n2\nR1#"]]
    assert session.ask("show one", "show two") == ("1\n", "2\n")
    assert line.written[3:] == ["show one\n", "show two\n"]


@pytest.mark.parametrize("bad", ["vrf M\x1awrite", "a\nb", "why?", "Zürich", "x" * 255])
def test_nothing_is_written_that_would_be_something_else(script: Any, bad: str) -> None:
    """One bad line holds back all of its burst: MT103, and the pipe has seen nothing."""
    session, line = script()
    with pytest.raises(Refused, match="MT103"):
        session.ask("show it", bad)
    with pytest.raises(Refused, match="MT103"):
        session.converse(["show it", bad], None)
    assert line.written == []


def test_a_refused_line_shows_no_value(script: Any) -> None:
    """Neither at the gate nor when the router refuses it; a long line is cut."""
    value = "event manager environment _x hunter2"
    long = " ".join(["word"] * 30)
    session, _ = script([f"{value}\n% Invalid input\nR1#"], [f"{long}\n% Invalid input\nR1#"])
    for typed, shown in ((value, "'event manager environment _x ***'"), (long, " word ...'"), (f"{value}?", "_x ***'")):
        with pytest.raises(Refused) as error:
            session.configure(typed)
        assert shown in str(error.value)
        assert "hunter2" not in str(error.value)
        assert long not in str(error.value)


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        (["", ""], None),
        (["% Note: slow", ""], None),
        (["% Invalid input detected at '^' marker.", ""], "MT224"),
        (["", "% Invalid input detected at '^' marker."], "MT408"),
        (["Command authorization failed.", ""], "MT408"),
        (["Configuration mode locked exclusively by user 'x'", ""], "MT407"),
        (["", "", "% Invalid input"], None),
    ],
)
def test_lines_must_be_taken(answers: list[str], code: str | None) -> None:
    """The first refusal counts, with a code of its own for a lock and for a mail action that is not known."""
    lines = ("action 0010 mail server x", "end")
    if code is None:
        must_be_taken(lines, answers)
        return
    with pytest.raises(Refused, match=code):
        must_be_taken(lines, answers)


# --- at the door ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heard", "sent"),
    [
        (["R1#"], []),
        (["Welcome\n\nR1#"], []),
        (["Keep out!R1#"], ["\n"]),
        (["[R1] #"], ["\n"]),
        (["R1#\n*Jun  1 12:00:00: %SYS-5-CONFIG_I: x\n"], ["\n"]),
        (["use R1#\nintranet>\n", 1.0, "R1#"], []),
    ],
)
def test_the_door_is_found(script: Any, heard: list[str | float], sent: list[str]) -> None:
    """A prompt at once; what hides it, or looks like no prompt, costs one return and two seconds."""
    name = "[R1] " if "[" in heard[0] else "R1"
    session, line = script([f"{name}#"], first=heard)
    session.greet(Secret(""))
    assert (session.greeted, session.prompt.hostname, line.written) == (True, name, sent)
    assert line.clock.now <= 3


def test_what_looks_like_no_prompt_is_told(script: Any) -> None:
    """Quickly, with the line that was heard."""
    session, line = script(["Press any key\n"], first=["Maintenance\n"])
    with pytest.raises(Silence) as error:
        session.greet(Secret(""))
    assert text_of(error) == ("MT404", "this does not look like a prompt: 'Press any key'")
    assert line.clock.now <= 10
    assert not session.greeted


def test_who_says_nothing_at_all_is_waited_for_and_given_up(script: Any) -> None:
    """After the time of one answer."""
    session, line = script()
    with pytest.raises(Silence, match="nothing to understand came within 30 s; heard last: 'nothing'"):
        session.greet(Secret(""))
    assert (line.written, line.clock.now) == ([], BURST_SECONDS)


QUESTIONS_OF_ENABLE = ("Password: ", "PIN:", "Corp_Password: ", "Enter PASSCODE: ", "Password for level 15: ", "Code?")


@pytest.mark.parametrize("question", QUESTIONS_OF_ENABLE)
def test_whatever_enable_asks_is_the_question(script: Any, question: str) -> None:
    """In whatever words: one answer, and the prompt is privileged."""
    session, line = script([f"enable\n{question}"], ["\nR1#"], first=["R1>"])
    session.greet(Secret("en4ble"))
    assert line.written == ["enable\n", "en4ble\n"]
    assert "en4ble" not in "".join(session.transcript)


@pytest.mark.parametrize("question", QUESTIONS_OF_ENABLE)
def test_an_enable_secret_is_said_once(script: Any, question: str) -> None:
    """Who asks again has refused it: MT406 repeats both words, and nothing is said a second time."""
    again = "Try harder: "
    session, line = script([f"enable\n{question}"], [f"\n{again}"], first=["R1>"])
    with pytest.raises(Refused) as error:
        session.greet(Secret("en4ble"))
    assert text_of(error) == ("MT406", f"the router asked {question.strip()!r}, then said {again.strip()!r}")
    assert line.written == ["enable\n", "en4ble\n"]
    assert line.clock.now < BURST_SECONDS


def test_without_an_enable_secret_nothing_is_said(script: Any) -> None:
    """MT406 repeats what was asked."""
    session, line = script(["enable\nEnter PASSCODE: "], first=["R1>"])
    with pytest.raises(Refused) as error:
        session.greet(Secret(""))
    assert text_of(error) == ("MT406", "the router asked 'Enter PASSCODE:', and there is no enable secret")
    assert line.written == ["enable\n"]


@pytest.mark.parametrize("said", ["% Bad secrets", "% Error in authentication.", "Access denied"])
def test_a_refused_enable_secret_is_told_in_the_routers_words(script: Any, said: str) -> None:
    """The unprivileged prompt has come back."""
    session, _ = script(["enable\nPassword: "], [f"\n{said}\n\nR1>"], first=["R1>"])
    with pytest.raises(Refused) as error:
        session.greet(Secret("wr0ng"))
    assert text_of(error) == ("MT406", f"the router said {said!r}")


def test_enable_may_need_no_secret(script: Any) -> None:
    """Some routers open at once."""
    session, line = script(["enable\nR1#"], first=["R1>"])
    session.greet(Secret("en4ble"))
    assert line.written == ["enable\n"]


# --- what a prompt says --------------------------------------------------------------------------------------------


def test_the_prompt_is_learned_from_an_echo(script: Any) -> None:
    """A banner may have looked like one; from the second line's echo on it stays."""
    session, _ = script(["terminal length 0\nlab#terminal width 511\nlab#"], ["show it\n1\nlab#"])
    session.prompt = Prompt("authorized use of R1")
    session.ask("terminal length 0", "terminal width 511")
    assert session.prompt == Prompt("lab")
    assert session.ask("show it") == ("1\n",)


def test_a_learned_prompt_is_not_learned_again(script: Any) -> None:
    """Text of a router that looks like another prompt and an echo of ours changes nothing."""
    session, _ = script(["one\nR1#two\nR1#"], ["one\nfoo#two\nR1#two\nR1#"])
    session.ask("one", "two")
    assert session.ask("one", "two") == ("foo#two\n", "")
    assert session.prompt == Prompt("R1")


def test_configuration_prompts_bear_the_routers_own_name(script: Any) -> None:
    """Whatever stands before ``#`` at EXEC."""
    session, _ = script(["configure terminal\nEnter configuration commands\nLoc-1(config)#"])
    session.prompt = Prompt("Loc-1-STP-2")
    session.knows("Loc-1")
    session.ask("configure terminal")
    assert session.mode == "config"


def test_a_line_of_configuration_is_not_typed_at_exec(script: Any) -> None:
    """Once prompts have shown modes, what was last seen at EXEC gets none but lines of EXEC."""
    session, line = script(
        ["configure terminal\nEnter configuration commands\nR1(config)#"], ["end\nR1#"], ["show it\n1\nR1#"]
    )
    session.ask("configure terminal")
    session.ask("end")
    for wrong in ("event manager environment _x 1", "crypto pki trustpoint A", "no event manager applet A", "reload"):
        with pytest.raises(Silence, match="does not belong"):
            session.ask(wrong)
        with pytest.raises(Silence, match="does not belong"):
            session.converse([wrong], None)
    assert session.ask("show it") == ("1\n",)
    assert len(line.written) == 3


def test_what_was_lost_in_configuration_mode_is_not_typed_elsewhere(script: Any) -> None:
    """A burst that does not come back as expected is typed again only where the same mode is seen again."""
    entered = ["configure terminal\nEnter configuration commands\nR1(config)#"]
    session, line = script(entered, ["hostname x\n1\nR1(config)#"], ["\nR1#"])
    session.ask("configure terminal")
    with pytest.raises(Silence, match="it cannot be told what became of 'hostname x' and the lines behind it"):
        session.ask("hostname x", "no hostname")
    assert line.written[1:] == ["hostname x\nno hostname\n", "\n"]
    session, line = script(entered, ["a\nR1(config)#"], ["\nR1(config)#"], ["a\nR1(config)#"], ["b\nR1(config)#"])
    session.ask("configure terminal")
    assert session.ask("a", "b") == ("", "")


def test_all_that_is_heard_is_kept(script: Any) -> None:
    """The transcript is what came, in order."""
    session, _ = script(["show it\n", "1\nR1#"], ["show two\n2\nR1#"])
    session.ask("show it")
    session.ask("show two")
    assert "".join(session.transcript) == "show it\n1\nR1#show two\n2\nR1#"
    assert session.round_trips == 2
