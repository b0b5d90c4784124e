"""One lab router, what others do to it, journeys of the product to it without SSH, and the laws that each must keep.

The laws are judged from the inside of the router, not by what the product says of it.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from lab import cli
from lab.authority import Authority
from lab.certificate import Certificate
from lab.configuration import Config
from lab.mailclient import CONNECTING, REPLY, Delivery
from lab.personality import Personality
from lab.router import Router, utc_now
from lab.session import Session as Vty
from lab.validation import validate
from mailtrust.applet import TEST_APPLET, applet_text, proven, variables
from mailtrust.certificates import from_der, trustpoint_name
from mailtrust.kept import Kept, as_mapping, from_mapping
from mailtrust.model import Account, Applet, AppletText, Desired, Limits, Provider
from mailtrust.plan import plan
from mailtrust.redact import Redactor
from mailtrust.secret import Secret
from tasks.circle import _travel
from tasks.connection import Login
from tasks.gate import Gate
from tasks.observe import TERMINAL, observe
from tasks.order import Manner, Order, Record
from tests.support.line import PATIENT, Cut, Enter, Killed, Meddle, opened
from tests.support.world import emulated

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
GOOD, OLD, WRONG = "good-password", "old-password", "wrong-password"
ACTION = 'mail server "{}" to "a@b.c" from "a@b.c" subject "s" body "b" port 587 secure tls'
UNASKED = "ip route 10.0.0.0 255.0.0.0 Null0"
"""What somebody types while we are at work."""

_OUR_NAME = re.compile(r"CA-.+-([0-9a-f]{8})")
_MARK = re.compile(r"mailtrust [0-9a-f]{8}")

EXEC_LINES = re.compile(
    r"terminal (?:length 0|width 511)|show [^\x00-\x1f]*|configure terminal|write memory|end"
    rf"|event manager run {TEST_APPLET}|(?:no )?debug (?:crypto pki|ssl openssl) \w+"
)
"""All that may ever be typed at EXEC."""


# -- the mail server ------------------------------------------------------------------------------------------------


async def mailer(mail: Any, trust: Mapping[str, Any], hosts: Any, *, now: Any, timeout: float) -> Delivery:
    """A mail server without a network: its chain is judged as ever, then the login."""
    login, _, server = mail.server.rpartition("@")
    presented = PRESENTED[SERVERS[server]] if server in SERVERS else []
    anchors = {name: Certificate(emulated(each).der) for name, each in trust.items()}
    judged = validate(presented, anchors, now) if presented else None
    if judged is None or judged.trustpoint is None:
        return Delivery(CONNECTING, judged.debug if judged else ())
    return Delivery(None if login == f"alerts:{GOOD}" else REPLY, ())


@functools.cache
def accepted(anchors: frozenset[bytes]) -> frozenset[str]:
    """The chains that a router with these CA certificates accepts."""
    trust = {str(number): Certificate(der) for number, der in enumerate(anchors)}
    now = utc_now()
    return frozenset(name for name, sent in PRESENTED.items() if validate(sent, trust, now).trustpoint)


def trusted(config: Config) -> frozenset[str]:
    """The chains that this configuration accepts."""
    return accepted(frozenset(each.ca.certificate.der for each in config.trustpoints.values() if each.ca))


# -- what is wanted -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wish:
    """What a rollout wants of the router."""

    server: str = "smtp.one.test"
    password: str = GOOD
    trust: frozenset[str] = frozenset({"legacy", "root"})
    applets: tuple[str, ...] = ("Alerts",)
    body: str = "one"
    adopt: bool = False

    @functools.cached_property
    def account(self) -> Account:
        who = ("a@b.c", ("noc@b.c",), (), None, None, None, "_email", self.applets)
        return Account(self.server, "alerts", Secret(self.password), *who)

    @functools.cached_property
    def provider(self) -> Provider:
        return Provider(self.server, self.server, 587, "tls", "x.pem", "issuers", "any", Limits(None, None, None), None)

    @functools.cached_property
    def desired(self) -> Desired:
        who, at = self.account, self.provider
        applets = [applet_text(Applet(name, "none", "s", self.body, False), who, at) for name in self.applets]
        trust = tuple(from_der(emulated(CERTIFICATES[name]).der) for name in sorted(self.trust))
        return Desired(trust, variables(who, at), tuple(applets), frozenset(self.applets if self.adopt else ()))

    @property
    def trustpoints(self) -> frozenset[str]:
        return frozenset(map(trustpoint_name, self.desired.trust))

    @property
    def variables(self) -> Mapping[str, str]:
        return {each.name: each.value.reveal() for each in self.desired.variables}

    @property
    def names(self) -> frozenset[str]:
        """Everything that may come or change."""
        return frozenset({*self.trustpoints, *self.variables, *self.applets, TEST_APPLET})


# -- what a journey was ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Moment:
    """The router at one time, as it is inside."""

    config: Config
    startup: Config
    senders: frozenset[str]
    debugs: frozenset[str]

    def shown(self, *, hide_defaults: bool) -> dict[str, Any]:
        """All of the configuration that the product may have a hand in, as running-config has it."""
        return {
            **{f"variable {name}": value for name, value in self.config.environment.items()},
            **{f"applet {name}": applet for name, applet in self.config.applets.items() if name != TEST_APPLET},
            **{
                f"trustpoint {name}": (list(each.lines(hide_defaults=hide_defaults)), each.ca, each.own)
                for name, each in self.config.trustpoints.items()
            },
        }


@dataclass
class Ran:
    """One journey, and all that could be seen from inside."""

    wish: Wish
    order: Order
    manner: Manner
    before: Moment
    after: Moment
    record: Record | None
    """None when the product was killed."""
    faults: Sequence[str]
    """What was seen to be wrong while it went on."""
    meanwhile: bool
    """Somebody has typed ``UNASKED``."""
    checked: bool
    """The differences have been asked for since, and answered truly."""
    debt: Debt

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(each.code for each in self.record.outcome.findings) if self.record else frozenset()


@dataclass(frozen=True)
class Debt:
    """What an earlier run has left behind, as the ledger of runs has it."""

    origin: Kept | None = None
    debugs: tuple[str, ...] = ()
    then: Moment | None = None
    """How the router was before that, unless somebody else has changed it since."""
    wish: Wish | None = None
    """What that run wanted."""


@dataclass
class Seen:
    """What is typed on the lines of one journey, judged as it comes."""

    faults: list[str] = field(default_factory=list)

    def line(self, vty: Vty, line: str) -> None:
        typed = line.strip()
        # A page or a question takes the first letter of what is typed ahead.
        meant = (typed, *(letter + typed for letter in "cdenstw"))
        if typed and not vty.configuring and not vty.question and not any(map(EXEC_LINES.fullmatch, meant)):
            self.faults.append(f"typed at EXEC: {typed!r}")


@dataclass
class OneRouter:
    """A router, its owners, and the ledger of our runs."""

    make: Mapping[str, Any] = field(default_factory=dict)
    lines: Sequence[str] = ()

    def __post_init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.router = Router(Personality(**{"hostname": "R1", **self.make}), self._mailer)
        self.sent = 0
        self.debt = Debt()
        self.kept: Kept | None = None
        self.runs = 0
        if self.lines:
            self.typed(*self.lines)
            self.router.save()

    def close(self) -> None:
        self.loop.close()

    async def _mailer(self, *given: Any, **named: Any) -> Delivery:
        delivery = await mailer(*given, **named)
        self.sent += delivery.reason is None
        return delivery

    # -- others ---------------------------------------------------------------------------------------------------

    def typed(self, *lines: str) -> None:
        """Somebody configures the router; nobody can go back behind that."""

        async def type_() -> None:
            session = Vty(self.router, exempt=True)
            for line in ("configure terminal", *lines, "end"):
                await cli.enter(session, line)

        self.loop.run_until_complete(type_())
        self.debt = replace(self.debt, then=None)
        self.kept = None

    def exec(self, line: str) -> str:
        """Somebody types a command at EXEC."""
        return self.loop.run_until_complete(cli.enter(Vty(self.router, exempt=True), line))

    def reloaded(self) -> None:
        self.router.reload()
        self.debt = replace(self.debt, then=None)
        self.kept = None

    # -- how it is ------------------------------------------------------------------------------------------------

    def moment(self) -> Moment:
        router = self.router
        return Moment(router.config.snapshot(), router.startup, self._senders(), frozenset(router.debugs))

    def _senders(self) -> frozenset[str]:
        """The applets whose mail would go now."""

        async def sends(name: str) -> bool:
            known, sent = len(self.router.history), self.sent
            await cli.enter(Vty(self.router, exempt=True), f"event manager run {name}")
            jobs = self.router.history[known:]
            return bool(jobs) and jobs[-1].status == "success" and self.sent > sent

        async def all_of_them() -> frozenset[str]:
            names = [name for name in self.router.config.applets if name in self.router.registered]
            return frozenset([name for name in names if name != TEST_APPLET and await sends(name)])

        blocking, self.router.personality = self.router.personality, replace(self.router.personality, blocking_run=True)
        try:
            return self.loop.run_until_complete(all_of_them())
        finally:
            self.router.personality = blocking

    def wanting(self, wish: Wish) -> tuple[Any, ...]:
        """What is left to be done for this wish."""
        with opened(self.router, self.loop) as session:
            return plan(wish.desired, observe(session, *TERMINAL).observed)

    # -- we -------------------------------------------------------------------------------------------------------

    def run(
        self,
        wish: Wish,
        *,
        cut: Cut | None = None,
        meddle: Meddle | None = None,
        back: Kept | None = None,
        **manner: Any,
    ) -> Ran:
        """One journey; ``back`` makes it a way back. The ledger is kept as runs keep it."""
        self.runs += 1
        cut, seen, before, debt = cut or Cut(), Seen(), self.moment(), self.debt
        changing = manner.get("until") != "plan"
        order = Order(
            Login("a", Secret("b"), Secret("")), wish.account, wish.provider, wish.desired, (), kept=back,
            origin=debt.origin if changing else None, debugs=debt.debugs if changing else (),
        )  # fmt: skip
        how = Manner(
            run_id=f"{self.runs:08x}", until="save", test="changed", save="proven", save_others=False, keep=False,
            deadlines=PATIENT, connect_attempts=1, stopping=lambda: False, remember=self._remember,
            orders={"R1": order}, jot=self._jot, redact=Redactor((Secret(wish.password),)).redact,
        )  # fmt: skip
        how = replace(how, **manner)
        self._wish, self._then = wish, debt.then if debt.origin else before
        record = None
        with suppress(Killed):
            record = self._travel(order, how, cut, seen, meddle)
        if record is not None and record.settled and changing:
            self.debt = Debt()
        after, meanwhile = self.moment(), getattr(meddle, "meanwhile", False)
        return Ran(
            wish, order, how, before, after, record, seen.faults, meanwhile, getattr(meddle, "checked", False), debt
        )

    def _travel(self, order: Order, manner: Manner, cut: Cut, seen: Seen, meddle: Meddle | None) -> Record:
        trust = trusted(self.router.config)
        if order.origin:  # the way back leads to before that run
            trust &= trusted(self.debt.then.config) if self.debt.then else frozenset()

        def after_line() -> None:
            if order.kept is None and not trust <= trusted(self.router.config):
                seen.faults.append(f"at line {cut.typed} the router trusts less than before")

        async def heard(vty: Vty, line: str, true: Enter) -> str:
            seen.line(vty, line)
            return await (meddle(vty, line, true) if meddle else true(vty, line))

        @contextmanager
        def open_(*given: Any) -> Iterator[Any]:
            with opened(self.router, self.loop, cut, after_line, given[6], heard) as session:
                yield session

        task: Any = SimpleNamespace(host=SimpleNamespace(name="R1"), nornir=SimpleNamespace(config=None))
        with patch("tasks.circle.opened", open_), patch("tasks.testmail.time", _Clock()), _no_pause():
            return _travel(task, order, manner, Gate(Limits(None, None, None)))

    def _remember(self, name: str, before: Any, steps: Any) -> None:
        data = as_mapping(before, steps, Redactor(()), lambda text: text[::-1])
        self.kept = from_mapping(data, lambda text: text[::-1])
        self.debt = replace(self.debt, origin=self.kept, then=self._then, wish=self._wish)

    def _jot(self, event: str, name: str, words: Sequence[str]) -> None:
        if event == "host-debugging":
            self.debt = replace(self.debt, debugs=tuple(words))


class _Clock:
    """Time goes on when somebody sleeps, and only then."""

    def __init__(self) -> None:
        self._now = 0.0

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds


def _no_pause() -> Any:
    return patch("tasks.configuration_mode._PAUSE_SECONDS", 0)


# -- the laws -------------------------------------------------------------------------------------------------------


def broken(ran: Ran, here: OneRouter) -> list[str]:
    """The laws that this journey has broken, in words."""
    return [*ran.faults, *_foreign(ran), *_plan(ran), *_saved(ran), *_secrets(ran), *_told(ran, here)]


def _foreign(ran: Ran) -> Iterator[str]:
    """Law 2: what is not provably ours is the same before and after."""
    before, after, wish = ran.before.config, ran.after.config, ran.wish
    if before.hostname != after.hostname or before.blocks != after.blocks:
        yield "hostname or blocks are not the same"
    if list(dict.fromkeys([*before.lines, *([UNASKED] if ran.meanwhile else [])])) != list(after.lines):
        yield "global lines are not the same"
    if not ran.debt.debugs and ran.before.debugs - ran.after.debugs:
        yield f"debugs of others are off: {set(ran.before.debugs - ran.after.debugs)}"
    mine = (*wish.names, *(step.target for kept in (ran.order.kept, ran.order.origin) if kept for step in kept.steps))
    for kind in ("trustpoints", "environment", "applets"):
        was, now = getattr(before, kind), getattr(after, kind)
        for name in sorted({*was, *now}):
            if was.get(name) != now.get(name) and (name not in mine or _somebodys(kind, name, ran)):
                yield f"{kind} {name}: {was.get(name)} became {now.get(name)}"


def _somebodys(kind: str, name: str, ran: Ran) -> bool:
    """Whether a thing of a name that we want is not ours to change."""
    before, wish = ran.before.config, ran.wish
    if ran.order.kept or ran.order.origin:
        return False  # what is put back may be anybody's
    if kind == "trustpoints":
        there = before.trustpoints.get(name)
        return there is not None and there.ca is not None and not _hashes_to(there.ca.certificate.der, name)
    if kind == "applets":
        there = before.applets.get(name)
        if there is None or name in wish.desired.adopt:
            return False
        return not _is_ours(there, wish) and not (name == TEST_APPLET and not list(there.lines())[1:])
    if name not in before.environment:
        return False
    users = [each for each in before.applets.values() if f"${name}" in re.findall(r"\$\w+", " ".join(each.lines()))]
    adopted = [each for each in wish.desired.applets if each.name in wish.desired.adopt]
    if any(not _is_ours(each, wish) and each.name not in wish.desired.adopt for each in users):
        return True
    scripts = any(line.startswith("event manager policy ") for line in before.lines)
    return scripts and not users and not (adopted and name in wish.variables)


def _hashes_to(der: bytes, name: str) -> bool:
    match = _OUR_NAME.fullmatch(name)
    return match is not None and hashlib.sha256(der).hexdigest().startswith(match[1])


def _is_ours(applet: Any, wish: Wish) -> bool:
    """By a mark that fits, or by our mark under a name that we want."""
    marked = _MARK.fullmatch(applet.description) or _MARK.search(applet.actions.get("0000", ""))
    lines = tuple(line.strip() for line in list(applet.lines())[1:])
    return bool(marked) and (applet.name in {*wish.applets, TEST_APPLET} or proven(AppletText(applet.name, lines)))


def _plan(ran: Ran) -> Iterator[str]:
    """Who only looks changes nothing."""
    was = ran.before.config.snapshot()
    if ran.meanwhile:
        was.lines.setdefault(UNASKED)
    if ran.manner.until == "plan" and (was != ran.after.config or ran.before.debugs != ran.after.debugs):
        yield "a plan has changed the router"
    if ran.manner.until == "plan" and ran.before.startup is not ran.after.startup:
        yield "a plan has saved"


def _saved(ran: Ran) -> Iterator[str]:
    """Nothing is saved that is not proven, and nothing of others."""
    was, now = ran.before.startup, ran.after.startup
    outcome = ran.record.outcome if ran.record else None
    if was is now:
        if outcome and outcome.saved:
            yield "it says saved, and nothing was"
        return
    if outcome and not ran.order.kept and not (outcome.mail and outcome.mail.sent) and ran.manner.save == "proven":
        yield "saved without a proof"
    if TEST_APPLET in now.applets:
        yield "the test applet has been saved"
    if ran.manner.save_others:
        return
    mine = (*ran.wish.names, *(step.target for step in (ran.order.kept.steps if ran.order.kept else ())))
    but = () if ran.checked else (UNASKED,)
    if _without(was, mine, but) != _without(now, mine, but):
        yield "saved what somebody else had left unsaved"


def _without(config: Config, mine: Collection[str], but: Collection[str]) -> tuple[Any, ...]:
    parts = (config.trustpoints, config.environment, config.applets)
    lines = [line for line in config.lines if line not in but]
    rest = [{name: each for name, each in part.items() if name not in mine} for part in parts]
    return config.hostname, lines, config.blocks, rest


def _secrets(ran: Ran) -> Iterator[str]:
    """Law 9: neither our password nor somebody's stands in what the journey brings back."""
    for secret in (ran.wish.password, OLD):
        if ran.record and secret in ran.record.transcript:
            yield f"{secret} stands in the transcript"
        if ran.record and secret in repr(ran.record.outcome):
            yield f"{secret} stands in the outcome"


@dataclass(frozen=True)
class Told:
    """What a journey says of itself, beside what can be seen."""

    ran: Ran
    here: OneRouter

    @property
    def outcome(self) -> Any:
        assert self.ran.record is not None
        return self.ran.record.outcome

    @property
    def forth(self) -> bool:
        """Whether it was to bring something about, and to go back if that could not be proven."""
        manner = self.ran.manner
        untested = manner.test == "none" and self.outcome.state == "changed"
        return self.ran.order.kept is None and manner.until != "plan" and not manner.keep and not untested

    @property
    def proven(self) -> bool:
        return self.outcome.mail is not None and self.outcome.mail.sent

    @property
    def admits(self) -> bool:
        """Whether it says that it could not take everything back."""
        return bool(self.ran.codes & {"MT423", "MT439"})

    @property
    def then(self) -> Moment | None:
        """The router when it was last proven; None when somebody else has changed it since."""
        return self.ran.before if self.ran.debt.origin is None else self.ran.debt.then

    @property
    def changed(self) -> list[str]:
        return self._differing(self.ran.before)

    def _differing(self, moment: Moment) -> list[str]:
        hide = self.here.router.personality.hides_defaults
        was, now = moment.shown(hide_defaults=hide), self.ran.after.shown(hide_defaults=hide)
        return sorted(name for name in {*was, *now} if was.get(name) != now.get(name))

    def says(self) -> Iterator[str]:
        """State and findings belong together and are true."""
        outcome, codes = self.outcome, self.ran.codes
        failed = any(each.severity == "error" for each in outcome.findings)
        states = {"planned", "unchanged", "failed"} if self.ran.manner.until == "plan" else _ENDS
        if codes & {"MT499", "MT416"}:
            yield f"no error of ours: {[each.text for each in outcome.findings]}"
        if failed != (outcome.state == "failed") or outcome.state not in states:
            yield f"{outcome.state} with {sorted(codes)}"
        if outcome.state == "unchanged" and self.changed:
            yield f"says unchanged: {self.changed}"
        if outcome.state == "changed" and not self.ran.order.kept and (left := self.here.wanting(self.ran.wish)):
            yield f"says changed, and still wants {left}"
        same_again = self.ran.debt.then is not None and self.ran.debt.wish == self.ran.wish and self.forth
        if same_again and codes & {"MT213", "MT221", "MT222", "MT225"}:
            yield f"what an earlier run has left is in its own way: {sorted(codes)}"
        undone = "MT421" in codes or any(step.state == "undone" for step in outcome.steps)
        if undone and self.then is not None and (differing := self._differing(self.then)):
            yield f"says taken back: {differing}"

    def leaves(self) -> Iterator[str]:
        """What was there only for the test is gone, or it is told."""
        before, after = self.ran.before, self.ran.after
        old = TEST_APPLET in before.config.applets and self.outcome.state == "failed"
        if self.ran.manner.until == "plan":
            return
        if TEST_APPLET in after.config.applets and not self.admits and not old:
            yield "the test applet is left and nobody says so"
        if after.debugs - before.debugs and not (self.admits and self.here.debt.debugs):
            yield "debugging is left on, and nobody will see to it"

    def keeps(self) -> Iterator[str]:
        """Law 7: who could send still can, whatever failed; what is left otherwise is told, and the ledger knows."""
        if not self.forth:
            return
        could = self.ran.before.senders
        if self.ran.order.origin:  # what an unproven run has added may go
            could &= self.then.senders if self.then else frozenset()
        if (lost := could - self.ran.after.senders) and (self.proven or not self.admits):
            yield f"cannot send any more: {set(lost)}"
        if self.proven or self.admits:
            return
        if empty := _empty(self.ran.after) - _empty(self.ran.before):
            yield f"empty trustpoints are left: {empty}"
        if self.changed and not self.ran.codes & {"MT421", "MT437"} and not self.ran.debt.origin:
            yield f"left changed without a word: {self.changed}"

    def settles(self) -> Iterator[str]:
        """What the ledger forgets is proven, or as it was."""
        if not self.forth or self.proven or not self.ran.record or not self.ran.record.settled:
            return
        if self.then is not None and (gone := self.then.senders - self.ran.after.senders):
            yield f"settled, and these cannot send any more: {set(gone)}"


_ENDS = {"changed", "unchanged", "failed"}


def _told(ran: Ran, here: OneRouter) -> Iterator[str]:
    told = Told(ran, here)
    if ran.record is not None:
        yield from (*told.says(), *told.leaves(), *told.keeps(), *told.settles())
    elif told.changed and here.debt.origin is None and ran.order.kept is None:  # a way back is gone again
        yield "killed, and the ledger knows nothing"


def _empty(moment: Moment) -> set[str]:
    return {name for name, each in moment.config.trustpoints.items() if each.ca is None and each.own is None}
