"""The laws of safety as a game against the inside of a lab router: anybody does anything, in any order, and lines break.

What is foreign stays as it is; whom the router trusted before a run it trusts at every line of it; an applet that could
send can send when the run is over, or when the next one is; every run ends with exactly one outcome.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.support.line import Cut
from tests.support.one_router import OneRouter, Ran, Wish, broken
from tests.support.owners import Owners, makes, wishes

pytestmark = pytest.mark.slow

cuts = st.builds(Cut, at=st.integers(0, 140), how=st.sampled_from(["drop-before", "drop-after", "hang", "kill"]))


class Game(Owners, RuleBasedStateMachine):
    """One router, its owners, and us."""

    @initialize(make=makes, wish=wishes)
    def begin(self, make: dict[str, Any], wish: Wish) -> None:
        self.here = OneRouter(make)
        self.wish = wish

    def teardown(self) -> None:
        if hasattr(self, "here"):
            self.here.close()

    @rule()
    def plan(self) -> None:
        self._judge(self.here.run(self.wish, until="plan"))

    @rule()
    def rollout(self) -> None:
        self._judge(self.here.run(self.wish))

    @rule(save=st.sampled_from(["proven", "never", "changed"]))
    def rollout_without_a_test(self, save: str) -> None:
        self._judge(self.here.run(self.wish, test="none", save=save))

    @rule(wish=wishes, others=st.booleans())
    def rollout_of_another_wish(self, wish: Wish, others: bool) -> None:
        self.wish = wish
        self._judge(self.here.run(wish, save_others=others))

    @rule(cut=cuts, keep=st.sampled_from([False, False, False, True]), journeys=st.sampled_from([1, 2, 2]))
    def rollout_on_a_line_that_breaks(self, cut: Cut, keep: bool, journeys: int) -> None:
        self._judge(self.here.run(self.wish, cut=cut, keep=keep, journeys=journeys))

    @rule(cut=cuts)
    def rollback(self, cut: Cut) -> None:
        if self.here.kept is not None:
            self._judge(self.here.run(self.wish, cut=cut, back=self.here.kept))

    def _judge(self, ran: Ran) -> None:
        faults = broken(ran, self.here)
        assert faults == [], faults

    @invariant()
    def nobody_holds_the_lock(self) -> None:
        if hasattr(self, "here"):
            assert self.here.router.lock is None


Game.TestCase.settings = settings(
    max_examples=250,
    stateful_step_count=14,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
TestLaws = Game.TestCase
