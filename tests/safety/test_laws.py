"""The laws of safety as a game against the inside of a lab router: anybody does anything, in any order, and lines break.

What is foreign stays as it is; whom the router trusted before a run it trusts at every line of it; an applet that could
send can send when the run is over; every run ends with exactly one outcome.
"""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from lab import cli, fleet
from lab.authority import Authority
from lab.certificate import Certificate
from lab.mailclient import CONNECTING, REPLY, Delivery
from lab.personality import Personality
from lab.router import Router, utc_now
from lab.session import Session as Vty
from lab.validation import validate
from mailtrust import kept as kept_file
from mailtrust.applet import TEST_APPLET, applet_text, variables
from mailtrust.certificates import from_der, is_ours, trustpoint_name
from mailtrust.model import Account, Applet, Desired, Limits, Provider
from mailtrust.plan import plan
from mailtrust.redact import Redactor
from mailtrust.secret import Secret
from tasks.circle import _travel
from tasks.connection import Login
from tasks.gate import Gate
from tasks.observe import TERMINAL, observe
from tasks.order import Manner, Order, Record
from tests.support.line import PATIENT, Cut, opened
from tests.support.world import emulated

pytestmark = pytest.mark.slow

AUTHORITY = Authority.mint()
CHAINS = {name: AUTHORITY.chain(name) for name in ("cross-signed", "root switched")}
PRESENTED = {name: [emulated(each) for each in chain.presented] for name, chain in CHAINS.items()}
CERTIFICATES = {
    "legacy": AUTHORITY.legacy.certificate,
    "root": AUTHORITY.root.certificate,
    "issuing": AUTHORITY.issuing.certificate,
    "other": AUTHORITY.chain("root switched").anchor,
}
SERVERS = {"smtp.one.test": "cross-signed", "smtp.two.test": "root switched"}
GOOD, OLD = "good-password", "old-password"
MARKED = re.compile(r"mailtrust [0-9a-f]{8}")
APPLETS = ("Alerts", "Reports")
FOREIGN = ("Corporate", "Somebodys")
OURS = ("_email_server", "_email_from", "_email_to", "_email_cc")
ACTION = 'mail server "{}" to "a@b.c" from "a@b.c" subject "s" body "b" port 587 secure tls'


async def mailer(mail: Any, trust: Mapping[str, Any], hosts: Any, *, now: Any, timeout: float) -> Delivery:
    """A mail server without a network: its chain is judged as ever, then the login."""
    login, _, server = mail.server.rpartition("@")
    presented = PRESENTED[SERVERS[server]] if server in SERVERS else []
    anchors = {name: Certificate(emulated(each).der) for name, each in trust.items()}
    if not presented or validate(presented, anchors, now).trustpoint is None:
        return Delivery(CONNECTING, ())
    return Delivery(None if login == f"alerts:{GOOD}" else REPLY, ())


@functools.cache
def accepted(anchors: frozenset[bytes]) -> frozenset[str]:
    """The chains that a router with these CA certificates accepts."""
    trust = {str(number): Certificate(der) for number, der in enumerate(anchors)}
    now = utc_now()
    return frozenset(name for name, sent in PRESENTED.items() if validate(sent, trust, now).trustpoint)


def provider(server: str) -> Provider:
    return Provider(server, server, 587, "tls", "x.pem", "issuers", "any", Limits(None, None, None), None)


def account(server: str, password: str, names: list[str]) -> Account:
    return Account(
        server, "alerts", Secret(password), "a@b.c", ("noc@b.c",), (), None, None, None, "_email", tuple(names)
    )


wishes = st.fixed_dictionaries(
    {
        "server": st.sampled_from(sorted(SERVERS)),
        "password": st.sampled_from([GOOD, GOOD, GOOD, "wrong-password"]),
        "trust": st.sets(st.sampled_from(sorted(CERTIFICATES)), min_size=1),
        "applets": st.lists(st.sampled_from(APPLETS), min_size=1, unique=True),
        "body": st.sampled_from(["one", "two"]),
        "adopt": st.booleans(),
    }
)
cuts = st.builds(Cut, at=st.integers(0, 125), how=st.sampled_from(["drop-before", "drop-after", "hang"]))
trustpoints = st.tuples(
    st.sampled_from([*FOREIGN, *(trustpoint_name(from_der(emulated(each).der)) for each in CERTIFICATES.values())]),
    st.sampled_from([None, *sorted(CERTIFICATES)]),
    st.sampled_from(["none", "crl"]),
)


class Game(RuleBasedStateMachine):
    """One router, its owners, and us."""

    @initialize(
        make=st.fixed_dictionaries(
            {
                "demands_fingerprint": st.booleans(),
                "asks_even_with_fingerprint": st.booleans(),
                "hides_defaults": st.booleans(),
                "applet_description": st.booleans(),
                "mail_tls": st.sampled_from([True, True, True, False]),
                "save": st.sampled_from(["ok", "compressed", "overwrite", "busy"]),
            }
        ),
        wish=wishes,
    )
    def begin(self, make: dict[str, Any], wish: dict[str, Any]) -> None:
        self.loop = asyncio.new_event_loop()
        self.router = Router(Personality(hostname="R1", **make), mailer)
        self.wish = wish
        self.last: tuple[kept_file.Kept | None, Any] = (None, None)
        self.failures: list[str] = []

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            self.loop.close()

    # -- what others do -------------------------------------------------------------------------------------------

    def _type(self, *lines: str) -> None:
        async def typed() -> None:
            session = Vty(self.router)
            for line in ("configure terminal", *lines, "end"):
                await cli.enter(session, line)

        self.loop.run_until_complete(typed())
        self.last = (None, None)

    @rule(trustpoint=trustpoints)
    def somebody_makes_a_trustpoint(self, trustpoint: tuple[str, str | None, str]) -> None:
        name, held, check = trustpoint
        if name in self.router.config.trustpoints:
            return
        certificate = None if held is None else emulated(CERTIFICATES[held])
        self._type(*fleet.trustpoint_lines(name, certificate, "enrollment terminal", f"revocation-check {check}"))

    @rule(
        name=st.sampled_from([*OURS, "site", "_x_server"]),
        value=st.sampled_from([f"alerts:{GOOD}@smtp.one.test", f"alerts:{OLD}@smtp.two.test", "x@y.z"]),
    )
    def somebody_sets_a_variable(self, name: str, value: str) -> None:
        self._type(f"event manager environment {name} {value}")

    @rule(
        name=st.sampled_from([*APPLETS, "Backup"]),
        server=st.sampled_from(["$_email_server", f"alerts:{GOOD}@smtp.one.test", f"alerts:{GOOD}@smtp.two.test"]),
        marked=st.booleans(),
    )
    def somebody_writes_an_applet(self, name: str, server: str, marked: bool) -> None:
        mark = ["action 0000 comment mailtrust 0badc0de"] if marked else []
        action = f"action 0010 {ACTION.format(server)}"
        self._type(f"no event manager applet {name}", *fleet.applet_lines(name, "event none", *mark, action))

    @rule(name=st.sampled_from([*APPLETS, "Backup"]))
    def somebody_removes_an_applet(self, name: str) -> None:
        self._type(f"no event manager applet {name}")

    @rule()
    def somebody_saves(self) -> None:
        self.router.save()

    @rule()
    def the_router_reloads(self) -> None:
        self.router.reload()
        self.last = (None, None)

    # -- what we do -----------------------------------------------------------------------------------------------

    @rule()
    def rollout(self) -> None:
        self._rollout(Cut(), keep=False)

    @rule(cut=cuts, keep=st.sampled_from([False, False, False, True]))
    def rollout_on_a_line_that_breaks(self, cut: Cut, keep: bool) -> None:
        self._rollout(cut, keep=keep)

    @rule(wish=wishes)
    def rollout_of_another_wish(self, wish: dict[str, Any]) -> None:
        self.wish = wish
        self._rollout(Cut(), keep=False)

    def _rollout(self, cut: Cut, *, keep: bool) -> None:
        self._plan_touches_nothing()
        before, senders, startup = self.router.config.snapshot(), self._senders(), self.router.startup
        foreign = self._foreign()
        record = self._run(self._order(), cut, keep=keep)
        outcome = record.outcome
        assert outcome.state in {"changed", "unchanged", "failed"}, outcome
        assert not [each for each in outcome.findings if each.code == "MT499"], outcome.findings
        assert self._foreign(outside=before) == foreign
        undone = any(each.code == "MT421" for each in outcome.findings)
        proven = outcome.mail is not None and outcome.mail.sent
        if outcome.state == "failed" and undone:
            self._same(before)
        if outcome.state == "changed":
            assert self._left() == ()
            assert proven
        if not keep and not proven and not any(each.code == "MT423" for each in outcome.findings):
            assert senders <= self._senders()
            assert self._empty_ones() <= {name for name, each in before.trustpoints.items() if each.ca is None}
        if outcome.state == "unchanged":
            self._same(before)
        if not outcome.saved and outcome.state != "failed":
            assert self.router.startup is startup
        self.last = (self.remembered, before)

    @rule()
    def rollback(self) -> None:
        self._rollback(Cut())

    @rule(cut=cuts)
    def rollback_on_a_line_that_breaks(self, cut: Cut) -> None:
        self._rollback(cut)

    def _rollback(self, cut: Cut) -> None:
        remembered, before = self.last
        if remembered is None:
            return
        foreign = self._foreign(outside=before)
        record = self._run(self._order(kept=remembered), cut, keep=False)
        assert record.outcome.state in {"changed", "unchanged", "failed"}
        assert not [each for each in record.outcome.findings if each.code == "MT499"], record.outcome.findings
        assert self._foreign(outside=before) == foreign
        if record.outcome.state != "failed":
            self._same(before)
            self.last = (None, None)

    def _plan_touches_nothing(self) -> None:
        before, changed = self.router.config.snapshot(), self.router.changed
        record = self._run(self._order(), Cut(), keep=False, until="plan")
        assert record.outcome.state in {"planned", "unchanged", "failed"}
        assert (self.router.config, self.router.changed) == (before, changed)

    # -- how it is seen -------------------------------------------------------------------------------------------

    @invariant()
    def nobody_is_left_in_between(self) -> None:
        if hasattr(self, "router"):
            assert self.router.lock is None
            assert not self.failures

    def _desired(self) -> tuple[Account, Provider, Desired]:
        at, who = (
            provider(self.wish["server"]),
            account(self.wish["server"], self.wish["password"], self.wish["applets"]),
        )
        applets = [applet_text(Applet(n, "none", "s", self.wish["body"], False), who, at) for n in self.wish["applets"]]
        trust = tuple(from_der(emulated(CERTIFICATES[name]).der) for name in sorted(self.wish["trust"]))
        adopt = frozenset(self.wish["applets"] if self.wish["adopt"] else ())
        return who, at, Desired(trust, variables(who, at), tuple(applets), adopt)

    def _order(self, kept: kept_file.Kept | None = None) -> Order:
        who, at, wish = self._desired()
        return Order(Login("a", Secret("b"), Secret("")), who, at, wish, (), kept=kept)

    def _run(self, order: Order, cut: Cut, *, keep: bool, until: Any = "save") -> Record:
        self.remembered = None

        def remember(name: str, before: Any, steps: Any) -> None:
            data = kept_file.as_mapping(before, steps, Redactor(()), lambda text: text[::-1])
            self.remembered = kept_file.from_mapping(data, lambda text: text[::-1])

        manner = Manner(
            "0123abcd", until, "changed", "proven", True, keep, PATIENT, 1, lambda: False, remember, {"R1": order}
        )
        trusted = self._trusted()
        going_back = order.kept is not None

        def after_line() -> None:
            if not going_back and not trusted <= self._trusted():
                self.failures.append(f"line {cut.typed}: {trusted - self._trusted()} no longer trusted")

        @contextmanager
        def open_(*_: object) -> Any:
            with opened(self.router, self.loop, cut, after_line) as session:
                yield session

        task: Any = SimpleNamespace(host=SimpleNamespace(name="R1"), nornir=SimpleNamespace(config=None))
        with patch("tasks.circle.opened", open_):
            return _travel(task, order, manner, Gate(Limits(None, None, None)))

    def _trusted(self) -> frozenset[str]:
        """The servers whose chain this router accepts."""
        return accepted(
            frozenset(each.ca.certificate.der for each in self.router.config.trustpoints.values() if each.ca)
        )

    def _senders(self) -> frozenset[str]:
        """The applets whose mail would go now."""
        return frozenset(
            name for name in self.router.config.applets if name in self.router.registered and self._sends(name)
        )

    def _sends(self, name: str) -> bool:
        async def run() -> bool:
            kept_log = len(self.router.history)
            await cli.enter(Vty(self.router), f"event manager run {name}")
            jobs = self.router.history[kept_log:]
            return bool(jobs) and jobs[-1].status == "success"

        return self.loop.run_until_complete(run())

    def _foreign(self, outside: Any = None) -> dict[str, Any]:
        """What is provably not ours, by what was there before we came."""
        config, known = self.router.config, outside or self.router.config
        wish = self._desired()[2]
        mine = {each.name for each in wish.variables}
        with opened(self.router, self.loop) as session:
            seen = observe(session, *TERMINAL).observed
        ours = {each.name for each in seen.trustpoints if is_ours(each) or not (each.chain or each.name in FOREIGN)}
        taken = set(wish.adopt)
        return {
            "hostname": config.hostname,
            "lines": list(config.lines),
            "blocks": config.blocks,
            "trustpoints": {name: each for name, each in config.trustpoints.items() if name not in ours},
            "variables": {name: value for name, value in config.environment.items() if name not in mine},
            "applets": {
                name: each
                for name, each in config.applets.items()
                if name not in taken and name in known.applets and not _marked(known.applets[name])
            },
        }

    def _left(self) -> tuple[Any, ...]:
        with opened(self.router, self.loop) as session:
            return plan(self._desired()[2], observe(session, *TERMINAL).observed)

    def _empty_ones(self) -> set[str]:
        return {name for name, each in self.router.config.trustpoints.items() if each.ca is None}

    def _same(self, before: Any) -> None:
        now = self.router.config
        assert now.environment == before.environment
        left_over = {name: each for name, each in before.applets.items() if name == TEST_APPLET}
        assert {**left_over, **now.applets} == before.applets, "only a test applet of an earlier run may have gone"
        assert self._shown(now) == self._shown(before)

    def _shown(self, config: Any) -> dict[str, Any]:
        """The trustpoints as running-config has them: a default that it does not show is none that was set."""
        hide = self.router.personality.hides_defaults
        return {
            name: (list(each.lines(hide_defaults=hide)), each.ca and each.ca.certificate)
            for name, each in config.trustpoints.items()
        }


def _marked(applet: Any) -> bool:
    return bool(MARKED.fullmatch(applet.description)) or any(
        MARKED.search(action) for label, action in applet.actions.items() if label == "0000"
    )


Game.TestCase.settings = settings(
    max_examples=250,
    stateful_step_count=14,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
TestLaws = Game.TestCase
