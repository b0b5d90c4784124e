"""A router that may answer any line with anything, executed or not: nothing foreign suffers, and who could send still can.

Whatever is typed at EXEC or in configuration mode may be refused in any words, be met with silence, with a true answer
that is cut or has a message in it, with another command's answer, or with a question that nobody expected.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from lab.session import Ask, Dialogue
from lab.session import Session as Vty
from tests.support.line import Cut, Enter
from tests.support.one_router import UNASKED, OneRouter, Wish, broken
from tests.support.owners import Owners, makes, wishes

pytestmark = pytest.mark.slow

# -- what a router may say ------------------------------------------------------------------------------------------

REFUSALS = (
    "Command authorization failed.\n\n",
    "% Authorization failed.\n",
    "Not authorized, says TACACS\n",
    "This command is not permitted for you\n",
    "% Access denied by policy 17\n",
    "Unable to get configuration. Try again later.\n",
    "%% Low on memory; try again later\n",
    "% Error: could not allocate memory\n",
    "%Error opening system:/running-config (Device or resource busy)\n",
    "startup-config file open failed (Device or resource busy)\n",
    "% Permission denied\n",
    "Command rejected: not now\n",
    "^\n% Invalid input detected at '^' marker.\n\n",
    "% Incomplete command.\n\n",
    "% Unknown command or computer name, or unable to find computer address\n",
    "Configuration mode locked exclusively by user 'x' process '3' from terminal '0'. Please try later.\n",
    "Configuration mode is locked by process '227' user 'NETCONF'. Please try later.\n",
    "Please ask the network department first.\n",
    "Zugriff verweigert\n",
    "no\n",
)
MESSAGES = (
    "*Mar  1 00:00:01.000: %SYS-5-CONFIG_I: Configured from console by vty0\n",
    "%LINEPROTO-5-UPDOWN: Line protocol on Interface GigabitEthernet2, changed state to down\n",
    "SECURITY WARNING - Module: x, Command: y\n",
    "***\n*** --- SHUTDOWN in 0:05:00 ---\n***\n",
    "Somebody says hello\n",
)
COMMANDS = (
    "show version",
    "show clock",
    "show privilege",
    "show event manager version",
    "show running-config | section crypto pki|event manager|^version |^end",
    "show startup-config | section crypto pki|event manager|^version |^end",
    "show archive config differences nvram:startup-config system:running-config",
    "show debugging",
    "show logging | include Buffer logging|HA.EM-",
    "terminal width 511",
)
QUESTIONS = (
    "Proceed with reload? [confirm]",
    "System configuration has been modified. Save? [yes/no]: ",
    "Continue anyway? [yes/no]: ",
    "Delete bootflash:/vlan.dat? [confirm]",
    "Erase of nvram? [no]: ",
)
_PAUSE = 12
"""Lines between two questions: each takes a letter of what is typed ahead, and some letter of a line is a blank."""
YES = re.compile(r"\s*|y|yes", re.IGNORECASE)

PLACES = (
    r"terminal length 0",
    r"terminal width 511",
    r"show version",
    r"show clock",
    r"show privilege",
    r"show event manager version",
    r"show running-config .*",
    r"show startup-config .*",
    r"show archive config differences .*",
    r"show debugging",
    r"show logging .*",
    r"(?:no )?debug .*",
    r"configure terminal",
    r"crypto pki trustpoint .*",
    r"enrollment .*|revocation-check .*|chain-validation .*|fingerprint .*",
    r"crypto pki authenticate .*",
    r"no crypto pki trustpoint .*",
    r"event manager environment .*",
    r"no event manager environment .*",
    r"event manager applet .*",
    r"no event manager applet .*",
    r"description .*|event .*|action .*",
    r"action \d+ mail .*",
    r"no event manager applet mailtrust-test",
    r"event manager applet mailtrust-test",
    r"event manager run .*",
    r"end",
    r"write memory",
    r"yes|no|",
    r".*",
)


@dataclass(frozen=True)
class Says:
    """Other words than the true ones."""

    text: str
    executed: bool


@dataclass(frozen=True)
class Short:
    """The true answer, cut."""

    at: int


@dataclass(frozen=True)
class Talks:
    """The true answer, with something unasked in it, at a line of it."""

    text: str
    at: int


@dataclass(frozen=True)
class Other:
    """What another command would have been answered; None: the answer to the line before."""

    command: str | None
    executed: bool


@dataclass(frozen=True)
class Asks:
    """A question in words that nobody knows; any answer leaves everything as it is."""

    prompt: str
    executed: bool


@dataclass(frozen=True)
class Meanwhile:
    """The truth, but somebody else has typed something before."""


Twist = Says | Short | Talks | Other | Asks | Meanwhile


@dataclass(frozen=True)
class Odd:
    """An odd answer: to lines of that kind, so many times, after so many true ones."""

    place: str
    after: int
    times: int
    twist: Twist


twists = st.one_of(
    st.builds(Says, st.sampled_from(REFUSALS), st.booleans()),
    st.builds(Says, st.just(""), st.booleans()),
    st.builds(Short, st.integers(-60, 60) | st.integers(-4000, 4000)),
    st.builds(Talks, st.sampled_from(MESSAGES), st.integers(0, 60)),
    st.builds(Other, st.sampled_from((None, *COMMANDS)), st.booleans()),
    st.builds(Asks, st.sampled_from(QUESTIONS), st.booleans()),
    st.just(Meanwhile()),
)
odds = st.builds(
    Odd,
    place=st.sampled_from(PLACES),
    after=st.integers(0, 3) | st.integers(0, 60),
    times=st.sampled_from([1, 1, 1, 2, 3, 1000]),
    twist=twists,
)
cuts = st.builds(Cut, at=st.none() | st.integers(0, 140), how=st.sampled_from(["drop-before", "hang", "kill"]))


class Moody:
    """A router that gives these odd answers; what must never be said to it is held against whoever says it."""

    def __init__(self, here: OneRouter, odd: Sequence[Odd]) -> None:
        self._here = here
        self._odd = list(odd)
        self._met = [0] * len(self._odd)
        self._last = ""
        self._lines = self._asked = 0
        self.faults: list[str] = []
        self.meanwhile = False
        self.checked = False

    async def __call__(self, vty: Vty, line: str, true: Enter) -> str:
        if vty.question and vty.question.prompt in QUESTIONS:
            return await true(vty, line)
        self._lines += 1
        twist = self._strikes(line.strip())
        if line.startswith("show archive config differences") and twist is None:
            self.checked = True
        answer = await (true(vty, line) if twist is None else self._twisted(twist, vty, line, true))
        self._last = answer
        return answer

    def _strikes(self, typed: str) -> Twist | None:
        for number, odd in enumerate(self._odd):
            if re.fullmatch(odd.place, typed):
                self._met[number] += 1
                if odd.after < self._met[number] <= odd.after + odd.times:
                    return odd.twist
        return None

    async def _twisted(self, twist: Twist, vty: Vty, line: str, true: Enter) -> str:
        asked = vty.question is not None
        match twist:
            case Says(text, executed):
                told = await true(vty, line) if executed else ""
                return told if asked and executed else text
            case Short(at):
                text = await true(vty, line)
                return text if _ENDLESS.fullmatch(line.strip()) else text[:at]
            case Talks(text, at):
                lines = (await true(vty, line)).splitlines(keepends=True)
                return "".join([*lines[:at], text, *lines[at:]])
            case Other(command, executed):
                return await self._other(command, executed, vty, line, true)
            case Asks(prompt, executed):
                return await self._question(prompt, executed, vty, line, true)
            case Meanwhile():
                if not self.meanwhile:
                    self.meanwhile, self.checked = True, False
                    self._here.router.config.lines.setdefault(UNASKED)
                    self._here.router.touch()
                return await true(vty, line)

    async def _other(self, command: str | None, executed: bool, vty: Vty, line: str, true: Enter) -> str:
        text = self._last if command is None else await true(Vty(self._here.router, exempt=True), command)
        told = await true(vty, line) if executed else ""
        return told if vty.question or _lies(line, text) else text

    async def _question(self, prompt: str, executed: bool, vty: Vty, line: str, true: Enter) -> str:
        text = await true(vty, line) if executed else ""
        if vty.question or vty.closed or self._lines - self._asked < _PAUSE:
            return text
        self._asked = self._lines
        return text + vty.begin(self._asking(prompt, line))

    def _asking(self, prompt: str, line: str) -> Dialogue:
        answer = yield Ask("", prompt, "key" if "[confirm]" in prompt else "line")
        if YES.fullmatch(answer):
            self.faults.append(f"{prompt!r} behind {line!r} was answered with {answer!r}")
        return ""


def _lies(line: str, text: str) -> bool:
    """No router says that it has done what it has not done, or shows another configuration than it was asked for."""
    return any(line.strip().startswith(start) and words in text for start, words in _LIES.items())


_LIES = {
    "configure terminal": "Enter configuration",
    "write memory": "[OK]",
    "no debug": "debugging is off",
    "show running-config": "\nend\n",
    "show startup-config": "\nend\n",
}


_ENDLESS = re.compile(r"show (?:archive|debugging|logging) .*|show debugging")
"""Their true answers have no last line that could be missed."""


# -- the game -------------------------------------------------------------------------------------------------------


class Moods(Owners, RuleBasedStateMachine):
    """One router with moods, its owners, and us."""

    @initialize(make=makes, wish=wishes)
    def begin(self, make: dict[str, Any], wish: Wish) -> None:
        self.here = OneRouter(make)
        self.wish = wish

    def teardown(self) -> None:
        if hasattr(self, "here"):
            self.here.close()

    @rule()
    def rollout(self) -> None:
        self._go(())

    @rule(odd=st.lists(odds, min_size=1, max_size=3), others=st.sampled_from([False, False, True]))
    def rollout_in_a_mood(self, odd: list[Odd], others: bool) -> None:
        self._go(odd, save_others=others)

    @rule(wish=wishes, odd=st.lists(odds, max_size=2))
    def rollout_of_another_wish(self, wish: Wish, odd: list[Odd]) -> None:
        self.wish = wish
        self._go(odd)

    @rule(odd=st.lists(odds, min_size=1, max_size=2), cut=cuts)
    def rollout_in_a_mood_on_a_line_that_breaks(self, odd: list[Odd], cut: Cut) -> None:
        self._go(odd, cut=cut)

    @rule(odd=st.lists(odds, min_size=1, max_size=2))
    def plan_in_a_mood(self, odd: list[Odd]) -> None:
        self._go(odd, until="plan")

    @rule(odd=st.lists(odds, max_size=2))
    def rollback_in_a_mood(self, odd: list[Odd]) -> None:
        if self.here.kept is not None:
            self._go(odd, back=self.here.kept)

    def _go(self, odd: Sequence[Odd], **how: Any) -> None:
        mood = Moody(self.here, odd)
        ran = self.here.run(self.wish, meddle=mood, **how)
        faults = [*mood.faults, *broken(ran, self.here)]
        assert faults == [], faults

    @invariant()
    def nobody_holds_the_lock(self) -> None:
        if hasattr(self, "here"):
            assert self.here.router.lock is None


Moods.TestCase.settings = settings(
    max_examples=250,
    stateful_step_count=10,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
TestAnyAnswer = Moods.TestCase
