"""One journey over one router, line by line and without SSH: what is done when something comes in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from lab import cli
from lab.fleet import applet_lines, variable_lines
from lab.session import Session as Vty
from mailtrust.applet import TEST_APPLET
from tasks.diagnose import DEBUGS
from tasks.testmail import RUN
from tests.support.line import Cut, Enter
from tests.support.one_router import UNASKED, WRONG, OneRouter, Wish, broken

BUSY = "Unable to get configuration. Try again later.\n"
DENIED = "Command authorization failed.\n\n"


@pytest.fixture
def another() -> Iterator[Callable[[], OneRouter]]:
    """Routers, all of one make."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(OneRouter()))


@pytest.fixture
def here(another: Any) -> OneRouter:
    return another()


class Says:
    """A router that gives another answer to lines that begin so: ``skip`` times the truth first, then so often this."""

    def __init__(self, begin: str, words: str, *, skip: int = 0, times: int = 99) -> None:
        self.begin, self.words, self.skip, self.times = begin, words, skip, times
        self.typed: list[str] = []

    async def __call__(self, vty: Vty, line: str, true: Enter) -> str:
        self.typed.append(line.strip())
        if line.strip().startswith(self.begin):
            self.skip -= 1
            if self.skip < 0 < self.times:
                self.times -= 1
                return self.words
        return await true(vty, line)


class Typed(Says):
    """Somebody else configures the router just before a line that begins so is carried out."""

    def __init__(self, begin: str, *lines: str) -> None:
        super().__init__(begin, "")
        self.lines: Sequence[str] = lines
        self.meanwhile = UNASKED in lines

    async def __call__(self, vty: Vty, line: str, true: Enter) -> str:
        if line.strip().startswith(self.begin) and self.lines:
            lines, self.lines = self.lines, ()
            other = Vty(vty.router, exempt=True)
            lock, vty.router.lock = vty.router.lock, None
            for each in ("configure terminal", *lines, "end"):
                await true(other, each)
            vty.router.lock = lock
        return await true(vty, line)


class Kills(Says):
    """Kills the product at the line after the one that begins the test."""

    def __init__(self, cut: Cut) -> None:
        super().__init__("event manager run", "")
        self.cut = cut

    async def __call__(self, vty: Vty, line: str, true: Enter) -> str:
        if line.strip().startswith(self.begin):
            self.cut.at = self.cut.typed
        return await true(vty, line)


def codes(ran: Any) -> list[str]:
    return [each.code for each in ran.record.outcome.findings]


def state(ran: Any) -> str:
    return ran.record.outcome.state


def shown(here: OneRouter) -> dict[str, Any]:
    return here.moment().shown(hide_defaults=False)


def started(here: OneRouter) -> str:
    """The startup-config as text."""
    return here.loop.run_until_complete(cli.enter(Vty(here.router, exempt=True), "show startup-config"))


def test_all_is_well(here: OneRouter) -> None:
    """Changed, mailed once, saved; the second time nothing is left to be done."""
    says = Says("nothing", "")
    first, second = here.run(Wish(), meddle=says), here.run(Wish(), meddle=says)
    assert (state(first), codes(first), first.record.settled) == ("changed", [], True)
    assert (state(second), codes(second), second.record.outcome.steps) == ("unchanged", [], ())
    assert says.typed.count(RUN) == 1
    assert broken(first, here) == broken(second, here) == []


def test_what_was_taken_and_is_not_there_is_found(here: OneRouter) -> None:
    """A router that takes a line and forgets it: MT214, no mail is tried, and what was done is taken back."""
    before = shown(here)
    ran = here.run(Wish(), meddle=Says("event manager environment _email_to", ""))
    assert (state(ran), codes(ran)) == ("failed", ["MT214", "MT421"])
    assert "variable _email_to" in ran.record.outcome.findings[0].text
    assert (shown(here), here.sent, ran.record.outcome.mail) == (before, 0, None)


@pytest.mark.parametrize("skip", [0, 1, 2])
def test_nothing_is_done_upon_an_answer_that_proves_nothing(here: OneRouter, skip: int) -> None:
    """Before the work, or right ahead of its first line, it is not begun; after it it is taken back."""
    before = shown(here)
    says = Says("show running-config", BUSY, skip=skip, times=1)
    ran = here.run(Wish(), meddle=says)
    assert (state(ran), codes(ran)) == ("failed", ["MT427", *["MT421"] * (skip == 2)])
    assert BUSY.strip() in ran.record.outcome.findings[0].text
    assert shown(here) == before
    assert ("configure terminal" in says.typed) is bool(skip)


def test_a_router_that_is_busy_for_ever_is_left_as_it_is(here: OneRouter) -> None:
    """Nobody can see what is there any more, so nothing is undone, MT423 says so, and the next run knows of it."""
    ran = here.run(Wish(), meddle=Says("show running-config", BUSY, skip=2))
    assert codes(ran) == ["MT427", "MT423"]
    assert not ran.record.settled
    assert here.debt.origin is not None
    healed = here.run(Wish())
    assert (state(healed), codes(healed), here.debt.origin) == ("changed", ["MT438"], None)


def test_the_end_of_a_run_leaves_routers_alone_that_were_only_looked_at(here: OneRouter) -> None:
    """Between the look and the first line there is time to stop: interrupted, and not a line of configuration."""
    before, says = shown(here), Says("nothing", "")
    ran = here.run(Wish(), meddle=says, stopping=lambda: True)
    assert (state(ran), codes(ran), ran.record.settled) == ("interrupted", [], True)
    assert {step.state for step in ran.record.outcome.steps} == {"planned"}
    assert "configure terminal" not in says.typed
    assert shown(here) == before


def test_before_the_first_line_all_is_written_down(here: OneRouter) -> None:
    """How the router was, and all that will be done to it: then the first line that changes something is typed."""
    says = Says("nothing", "")
    told: list[Any] = []

    def remember(*words: Any) -> None:
        told.append((says.typed[-1], *words))

    here.run(Wish(), meddle=says, remember=remember)
    ((last, name, before, steps),) = told
    assert (last, name, before.variables, before.applets) == ("show privilege", "R1", (), ())
    assert [step.kind for step in steps] == ["trustpoint", "authenticate"] * 2 + ["variable"] * 3 + ["applet"]


def test_the_test_is_written_down_before_it_is_typed(here: OneRouter) -> None:
    """The journal hears of it while no line of the test applet is on the router."""
    says, told = Says("nothing", ""), []
    here.run(Wish(), meddle=says, jot=lambda event, *_: told.append((event, list(says.typed))))
    ((event, typed),) = told
    assert event == "host-testing"
    assert not [line for line in typed if TEST_APPLET in line]


@pytest.mark.parametrize(
    ("words", "code"), [(DENIED, "MT408"), ("% Configuration mode locked exclusively by user 'x'\n", "MT407")]
)
def test_a_test_applet_that_does_not_go_is_never_saved(here: OneRouter, words: str, code: str) -> None:
    """The answers to its removal are looked at before ``write memory``; what the router keeps, it keeps unsaved."""
    says = Says(f"no event manager applet {TEST_APPLET}", words)
    ran = here.run(Wish(), meddle=says)
    assert (state(ran), codes(ran)[0], ran.record.outcome.saved) == ("failed", code, False)
    assert "write memory" not in says.typed
    assert TEST_APPLET not in started(here)
    assert codes(ran)[-1] == "MT439"
    healed = here.run(Wish())
    assert (state(healed), TEST_APPLET in here.router.config.applets) == ("changed", False)


@pytest.mark.parametrize("begin", [RUN, f"no event manager applet {TEST_APPLET}"])
@pytest.mark.parametrize("save_others", [False, True])
def test_what_others_typed_while_we_tested_is_not_saved(here: OneRouter, begin: str, save_others: bool) -> None:
    """MT425: it is asked again just before saving; unless the user wants all of it saved."""
    ran = here.run(Wish(), meddle=Typed(begin, UNASKED), save_others=save_others)
    assert (state(ran), codes(ran)) == ("changed", [] if save_others else ["MT425"])
    assert ran.record.outcome.saved is save_others
    assert (UNASKED in started(here)) is save_others
    assert ("Alerts" in started(here)) is save_others


@pytest.mark.parametrize("words", [DENIED, "% Invalid input detected at '^' marker.\n", "", "some other words\n"])
def test_what_nobody_can_tell_is_not_saved_along(here: OneRouter, words: str) -> None:
    """No answer to the question for differences: the router works, MT434, unsaved; with --save-others it is saved."""
    ran = here.run(Wish(), meddle=Says("show archive config differences", words))
    assert (state(ran), codes(ran), ran.record.outcome.saved) == ("changed", ["MT434"], False)
    assert "Alerts" not in started(here)
    ran = here.run(Wish(), meddle=Says("show archive config differences", words), save_others=True)
    assert (state(ran), codes(ran), ran.record.outcome.saved) == ("changed", [], True)


def test_a_proof_is_not_asked_for_twice(another: Any) -> None:
    """The line is lost at ``write memory``: on the second journey no mail is sent, and the rest is done."""
    cut = Cut()

    class Counting(Says):
        async def __call__(self, vty: Vty, line: str, true: Enter) -> str:
            if line.strip() == self.begin:
                self.at = cut.typed - 1
            return await super().__call__(vty, line, true)

    counting = Counting("write memory", "never said", times=0)
    another().run(Wish(), cut=cut, meddle=counting)
    says = Says("nothing", "")
    ran = another().run(Wish(), cut=Cut(counting.at, "drop-before"), meddle=says)
    assert (state(ran), codes(ran), ran.record.outcome.saved) == ("changed", ["MT435"], True)
    assert (says.typed.count(RUN), says.typed.count("write memory")) == (1, 1)
    ran = another().run(Wish(), cut=Cut(counting.at, "drop-before"), journeys=1)
    assert (state(ran), codes(ran), ran.record.settled) == ("failed", ["MT405"], True), "proven is not undone"


def test_waiting_for_a_place_is_not_the_routers_time(here: OneRouter) -> None:
    """However long the mail provider's limits hold a host back."""
    clock = SimpleNamespace(now=0.0)
    time = SimpleNamespace(monotonic=lambda: clock.now)

    @contextmanager
    def passing(_: Any) -> Iterator[float]:
        clock.now += 10_000
        yield 10_000

    with patch("tasks.session.time", time), patch("tasks.gate.Gate.passing", passing):
        ran = here.run(Wish())
    assert (state(ran), codes(ran)) == ("changed", [])


# --- after a mail that did not go ----------------------------------------------------------------------------------


def test_a_wish_that_breaks_the_mail_is_taken_back(here: OneRouter) -> None:
    """A router that could mail can mail again, with what it had before."""
    here.run(Wish())
    before, senders = shown(here), here.moment().senders
    ran = here.run(Wish(password=WRONG))
    assert (state(ran), codes(ran)) == ("failed", ["MT303", "MT421"])
    assert (shown(here), here.moment().senders, ran.record.settled) == (before, senders, True)


def test_after_a_crash_the_way_back_leads_to_before_it(here: OneRouter) -> None:
    """A run that was killed before its proof, and a next one whose mail fails: back to the last proven state."""
    here.run(Wish())
    proven = shown(here)
    cut = Cut(how="kill")
    killed = here.run(Wish(password=WRONG), cut=cut, meddle=Kills(cut))
    assert (killed.record, shown(here) != proven, here.debt.origin is not None) == (None, True, True)
    ran = here.run(Wish(password=WRONG))
    assert codes(ran)[0] == "MT438"
    assert (state(ran), codes(ran)[-1]) == ("failed", "MT421")
    assert shown(here) == proven


def test_keep_leaves_it_to_the_next_run(here: OneRouter) -> None:
    """With ``--keep`` nothing is taken back and nothing is settled: the next run leads back to before both."""
    here.run(Wish())
    proven = shown(here)
    kept = here.run(Wish(password=WRONG), keep=True)
    assert (state(kept), codes(kept), kept.record.settled) == ("failed", ["MT303"], False)
    assert shown(here) != proven
    assert TEST_APPLET not in here.router.config.applets
    ran = here.run(Wish(password=WRONG, body="two"))
    assert codes(ran) == ["MT438", "MT303", "MT421"]
    assert shown(here) == proven


# --- debugs --------------------------------------------------------------------------------------------------------


UNTRUSTED = Wish(server="smtp.two.test")
"""The server presents another chain than the router trusts."""


def test_debugs_are_written_down_before_and_after(here: OneRouter) -> None:
    """What will be on before it is typed, nothing when all of it is off again; one of the provider's routers is enough."""
    says, told = Says("nothing", ""), []

    def jot(event: str, _: str, words: Sequence[str]) -> None:
        told.append((event, tuple(words), sum(line.startswith("debug ") for line in says.typed)))

    ran = here.run(UNTRUSTED, meddle=says, jot=jot)
    assert codes(ran) == ["MT301", "MT421"]
    count = len(DEBUGS)
    assert told == [("host-testing", (), 0), ("host-debugging", DEBUGS, 0), ("host-debugging", (), count)]
    assert (here.router.debugs, ran.record.settled) == ({}, True)


def test_another_of_the_same_provider_does_not_debug(here: OneRouter) -> None:
    """Its mail failed for the same cause: the mail error alone is told."""
    says = Says("nothing", "")
    ran = here.run(UNTRUSTED, meddle=says, may_diagnose=lambda _: False)
    assert codes(ran) == ["MT302", "MT421"]
    assert not [line for line in says.typed if line.startswith(("debug", "show debugging"))]


def test_debugs_that_a_run_has_left_go_first(here: OneRouter) -> None:
    """They could not be switched off: the journal does not say so, and the next run begins with them (MT436)."""
    told: list[Any] = []
    ran = here.run(UNTRUSTED, meddle=Says("no debug", DENIED), jot=lambda event, _, words: told.append((event, words)))
    assert {"MT408", "MT439", "MT421"} == set(codes(ran))
    assert told[-1] == ("host-debugging", DEBUGS)
    assert here.router.debugs
    here.debt = replace(here.debt, debugs=DEBUGS)
    says = Says("nothing", "")
    healed = here.run(Wish(), meddle=says)
    assert (state(healed), codes(healed)[0]) == ("changed", "MT436")
    assert (here.router.debugs, here.debt.debugs) == ({}, ())
    assert says.typed.index(f"no {DEBUGS[0]}") < says.typed.index("configure terminal")


def test_who_cannot_tell_whether_somebody_debugs_leaves_it(here: OneRouter) -> None:
    """``show debugging`` is refused: nothing is switched on."""
    says = Says("show debugging", DENIED)
    assert codes(here.run(UNTRUSTED, meddle=says)) == ["MT302", "MT421"]
    assert not [line for line in says.typed if line.startswith("debug")]


# --- going back ----------------------------------------------------------------------------------------------------


def test_going_back_is_all_or_nothing(here: OneRouter) -> None:
    """With something in the way (MT422) not a line is typed: neither a variable nor trust goes."""
    here.run(Wish())
    kept = here.kept
    here.typed(*applet_lines("LinkDown", "event none", 'action 1 syslog msg "$_email_to"'))
    before, says = shown(here), Says("nothing", "")
    ran = here.run(Wish(), back=kept, meddle=says)
    assert (state(ran), codes(ran)) == ("failed", ["MT422"])
    assert "applet LinkDown relies on variable _email_to" in ran.record.outcome.findings[0].text
    assert (shown(here), "configure terminal" in says.typed) == (before, False)


def test_going_back_asks_about_others_before_it_saves(another: Any) -> None:
    """What somebody typed while we went back stays unsaved; so does what nobody could tell of."""
    for meddle, code in (
        (Typed("no event manager applet Alerts", UNASKED), "MT425"),
        (Says("show archive config differences", DENIED, skip=1), "MT434"),
    ):
        router = another()
        router.run(Wish())
        ran = router.run(Wish(), back=router.kept, meddle=meddle)
        assert (state(ran), codes(ran), ran.record.outcome.saved) == ("changed", [code], False)
        assert (UNASKED in started(router), shown(router)) == (False, {})


def test_going_back_upon_half_an_answer_is_not_begun(here: OneRouter) -> None:
    """The same proof of wholeness as going forth."""
    here.run(Wish())
    before, says = shown(here), Says("show running-config", "version 17.9\ncrypto pki trustpoint A\n")
    ran = here.run(Wish(), back=here.kept, meddle=says)
    assert (state(ran), codes(ran)) == ("failed", ["MT427"])
    assert (shown(here), "configure terminal" in says.typed) == (before, False)


def test_what_was_there_before_comes_back(here: OneRouter) -> None:
    """Old values, an adopted applet with all that stands behind its name; and all of it is saved."""
    old = ("event manager applet Alerts authorization bypass", "event none", 'action 1 syslog msg "mine"', "exit")
    here.typed(*variable_lines({"_email_to": "old@b.c"}), *old)
    here.router.save()
    before = shown(here)
    here.run(Wish(adopt=True))
    assert shown(here) != before
    ran = here.run(Wish(), back=here.kept)
    assert (state(ran), codes(ran), ran.record.outcome.saved) == ("changed", [], True)
    assert shown(here) == before
    assert "authorization bypass" in started(here)
