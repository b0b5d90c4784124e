"""Laws 1 to 3 of the design, over wishes and routers of every kind, and each rule of the plan by itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.authority import Authority
from mailtrust.applet import TEST_APPLET, digest, mark, references, same
from mailtrust.certificates import from_der, is_ours, trustpoint_name
from mailtrust.model import (
    AppletText,
    Authenticate,
    Certificate,
    ConfigureTrustpoint,
    Desired,
    InstallApplet,
    Observed,
    RemoveApplet,
    SetVariable,
    Trustpoint,
    Variable,
)
from mailtrust.obstacles import obstacles
from mailtrust.plan import blocked, foreign, named, overwritten, plan, predict, serves, trustpoint_settings, unsaved
from mailtrust.secret import Secret
from tests.support.world import emulated

AUTHORITY = Authority.mint()
USUAL, STRANGE = AUTHORITY.chain(), AUTHORITY.chain("unknown issuer")
POOL: tuple[Certificate, ...] = tuple(from_der(emulated(each).der) for each in (*USUAL.issuers, *STRANGE.issuers))
LEAF = from_der(emulated(USUAL.leaf).der)
NAMES = ("_email_to", "_email_from", "_email_server", "other_to")
APPLETS = ("Alarm", "Backup", TEST_APPLET)


# --- wishes and routers ----------------------------------------------------------------------------------------------


def ours(name: str, *lines: str) -> AppletText:
    return AppletText(name, (f"description mailtrust {digest(lines, name)}", *lines))


SETTINGS = st.sampled_from(
    [
        trustpoint_settings(POOL[0]),
        ("enrollment terminal", "revocation-check none", "chain-validation stop"),
        ("enrollment terminal", "revocation-check none"),
        ("enrollment terminal", "revocation-check crl none", "chain-validation continue Other"),
        ("enrollment terminal", "revocation-check crl"),
        ("enrollment url http://ca.example.net", "usage ike"),
        (),
    ]
)
VALUES = st.sampled_from(["noc@example.com", "old@example.com", "alerts:pw@mail", ""])
ACTIONS = st.lists(
    st.sampled_from(
        [
            'action 0010 mail server "$_email_server" to "$_email_to" from "$_email_from" subject "s" body "b"',
            'action 0020 syslog msg "$other_to"',
            'action 0030 cli command "enable"',
            'action 0040 cli command "tclsh flash:/mail.tcl"',
        ]
    ),
    min_size=1,
    max_size=2,
    unique=True,
)


@st.composite
def trustpoints(draw: st.DrawFn) -> Trustpoint:
    """Ours, ours without a certificate, ours with somebody else's, foreign with one, none or several."""
    name = draw(st.sampled_from([*(trustpoint_name(each) for each in POOL), "Corporate", "CA-gmail-SMTP"]))
    chain = draw(st.lists(st.sampled_from([each.der for each in (*POOL, LEAF)] + [b"junk"]), max_size=2, unique=True))
    return Trustpoint(name, draw(SETTINGS), tuple(chain))


@st.composite
def applets(draw: st.DrawFn) -> AppletText:
    """Ours, ours and edited since, or somebody's; the test applet is one of the names."""
    name, lines = draw(st.sampled_from(APPLETS)), ("event none maxrun 60", *draw(ACTIONS))
    whose = draw(st.sampled_from(["ours", "edited", "comment", "foreign"]))
    if whose == "foreign":
        return AppletText(name, lines)
    if whose == "edited":
        return AppletText(name, ("description mailtrust 0badc0de", *lines))
    if whose == "comment":
        return AppletText(name, (lines[0], f"action 0000 comment mailtrust {digest(lines, name)}", *lines[1:]))
    return ours(name, *lines)


def variables() -> st.SearchStrategy[Variable]:
    return st.builds(Variable, st.sampled_from(NAMES), VALUES.map(Secret))


def unique(things: Any, of: Any = lambda thing: thing.name) -> st.SearchStrategy[Any]:
    return st.lists(things, max_size=5, unique_by=of).map(tuple)


POLICIES = st.sampled_from([(), ("sl_intf_down.tcl",), ("mail.tcl", "watch.py")])
ROUTERS = st.builds(Observed, unique(trustpoints()), unique(variables()), unique(applets()), POLICIES)
WISHES = st.builds(
    Desired,
    trust=st.lists(st.sampled_from(POOL), max_size=4).map(tuple),  # the same one twice among them
    variables=unique(variables()),
    applets=unique(
        st.builds(ours, st.sampled_from(APPLETS[:2]), st.just("event none maxrun 60"), ACTIONS.map(" ".join))
    ),
    adopt=st.frozensets(st.sampled_from(APPLETS[:2])),
)


# --- the laws --------------------------------------------------------------------------------------------------------


@given(WISHES, ROUTERS)
def test_law_1_a_plan_that_is_carried_out_leaves_nothing_to_plan(want: Desired, have: Observed) -> None:
    """plan(want, predict(have, plan(want, have))) == () for every wish and every router."""
    assert plan(want, predict(have, plan(want, have))) == ()


@given(WISHES, ROUTERS)
def test_law_2_what_is_not_provably_ours_stays(want: Desired, have: Observed) -> None:
    """Foreign trustpoints, applets and the variables that they use, or may use, are the same before and after."""
    after = predict(have, plan(want, have))
    theirs = [each for each in have.trustpoints if each.chain and not is_ours(each)]
    assert [named(after.trustpoints, each.name) for each in theirs] == theirs
    relied = {name for each in have.applets if somebodys(each, want) for name in references(each)}
    if have.policies or any("tclsh" in line for each in have.applets if somebodys(each, want) for line in each.lines):
        relied |= {each.name for each in have.variables} - used_by_ours(want, have)
    for each in have.applets:
        if somebodys(each, want):
            assert named(after.applets, each.name) == each
    for each in have.variables:
        if each.name in relied:
            assert named(after.variables, each.name) == each
    assert after.policies == have.policies
    wanted = {each.name for each in want.variables}
    assert [each for each in after.variables if each.name not in wanted] == [
        each for each in have.variables if each.name not in wanted
    ]


def somebodys(applet: AppletText, want: Desired) -> bool:
    """A mark proves nothing unless it fits the lines, or the name is one that only ours would have it under."""
    name_is_ours = applet.name in {TEST_APPLET, *(each.name for each in want.applets)}
    fits = mark(applet) == digest(applet.lines, applet.name)
    return not fits and not (name_is_ours and mark(applet) is not None) and applet.name not in want.adopt


def used_by_ours(want: Desired, have: Observed) -> set[str]:
    """What an applet of ours uses, or one that we were told to adopt."""
    proven = [each for each in have.applets if mark(each) == digest(each.lines, each.name)]
    adopted = [each for each in want.applets if each.name in want.adopt]
    return {name for each in (*proven, *adopted) for name in references(each)}


@given(WISHES, ROUTERS)
def test_no_certificate_ever_leaves_a_router(want: Desired, have: Observed) -> None:
    """No step takes a certificate away, or puts another one into a trustpoint that holds one."""
    after = predict(have, plan(want, have))
    for each in have.trustpoints:
        there = named(after.trustpoints, each.name)
        assert there is not None
        assert there.chain == (each.chain or there.chain)


@given(WISHES, ROUTERS)
def test_law_3_trust_comes_before_what_relies_on_it(want: Desired, have: Observed) -> None:
    """At no prefix of the steps has a router less trust than before, and mail changes only after all trust is there."""
    steps = plan(want, have)
    trusted = _trusted(have)
    for count in range(len(steps) + 1):
        now = predict(have, steps[:count])
        assert _trusted(now) >= trusted
        if (now.variables, now.applets) != (have.variables, have.applets):
            assert _trusted(now) == _trusted(predict(have, steps))


@given(WISHES, ROUTERS)
def test_every_wish_is_fulfilled_or_an_obstacle(want: Desired, have: Observed) -> None:
    """A router without obstacles has afterwards all that was wanted: an empty plan is never an excuse."""
    after = predict(have, plan(want, have))
    if obstacles(want, have):
        return
    held = {der for each in after.trustpoints for der in each.chain}
    assert {each.der for each in want.trust} <= held
    assert all(each in after.variables for each in want.variables)
    for each in want.applets:
        there = named(after.applets, each.name)
        assert there is not None
        assert same(there, each)


@given(WISHES, ROUTERS)
def test_a_plan_touches_nothing_twice(want: Desired, have: Observed) -> None:
    """Each kind of step comes at most once for each target."""
    steps = [(step.kind, step.target) for step in plan(want, have)]
    assert len(steps) == len(set(steps))


@given(WISHES, ROUTERS)
def test_what_is_saved_is_not_unsaved(want: Desired, have: Observed) -> None:
    """A router that would come back as it is has nothing to lose; one that comes back empty has all that is wanted."""
    assert not unsaved(want, have, have)
    kept = any(each.der in there.chain for each in want.trust for there in have.trustpoints)
    kept = kept or any(each in have.variables for each in want.variables)
    kept = kept or any(same(each, there) for each in want.applets for there in have.applets)
    assert unsaved(want, have, Observed((), (), ())) == kept


def _trusted(router: Observed) -> set[bytes]:
    return {der for each in router.trustpoints if serves(each) for der in each.chain}


# --- rule by rule ----------------------------------------------------------------------------------------------------

ROOT = POOL[0]
NOTHING = Observed((), (), ())


@dataclass(frozen=True)
class Case:
    promise: str
    want: Desired
    have: Observed
    steps: tuple[object, ...]


def wish(trust: Any = (), variables: Any = (), applets: Any = (), adopt: Any = ()) -> Desired:
    return Desired(trust, variables, applets, frozenset(adopt))


TO = Variable("_email_to", Secret("noc@example.com"))
OLD_TO = replace(TO, value=Secret("old@example.com"))
ALARM = ours("Alarm", "event none maxrun 60", 'action 0010 mail server "$_email_server" to "$_email_to"')
HAND_MADE = AppletText("Alarm", ("event none", 'action 1.0 syslog msg "mine"'))
USER = AppletText("Mine", ("event none", 'action 1.0 syslog msg "$_email_to"'))
COPY = AppletText("Mine", (ours("Mine", "event none").lines[0], *USER.lines))
SCRIPT = AppletText("Mine", ("event none", 'action 1.0 cli command "tclsh flash:/mail.tcl"'))
USES_TO = ours("Alarm", "event none maxrun 60", 'action 0010 syslog msg "$_email_to"')
TCL = ("sl_intf_down.tcl",)
MADE = ConfigureTrustpoint(trustpoint_name(ROOT), trustpoint_settings(ROOT))
FILLED = Trustpoint(trustpoint_name(ROOT), trustpoint_settings(ROOT), (ROOT.der,))
LAX = ("enrollment terminal", "revocation-check crl")
CASES = [
    Case("an empty router gets all", wish((ROOT,), (TO,), (ALARM,)), NOTHING,
         (MADE, Authenticate(MADE.name, ROOT), SetVariable(TO), InstallApplet(ALARM))),
    Case("an empty trustpoint of our name is filled", wish((ROOT,)), Observed((replace(FILLED, chain=()),), (), ()),
         (MADE, Authenticate(MADE.name, ROOT))),
    Case("a foreign trustpoint with the wanted certificate serves", wish((ROOT,)),
         Observed((replace(FILLED, name="Corporate"),), (), ()), ()),
    Case("even one that checks revocation is somebody's", wish((ROOT,)),
         Observed((replace(FILLED, name="Corporate", settings=LAX),), (), ()), ()),
    Case("ours is set right again, and not authenticated again", wish((ROOT,)),
         Observed((replace(FILLED, settings=LAX),), (), ()), (MADE,)),
    Case("even ours is left when another one serves", wish((ROOT,)),
         Observed((replace(FILLED, settings=LAX), replace(FILLED, name="Corporate")), (), ()), ()),
    Case("and when another one, which is somebody's, does not", wish((ROOT,)),
         Observed((replace(FILLED, settings=LAX), replace(FILLED, name="Corporate", settings=LAX)), (), ()), ()),
    Case("a default that is not shown is not missing", wish((ROOT,)),
         Observed((replace(FILLED, settings=("revocation-check none",)),), (), ()), ()),
    Case("a taken name gets no step", wish((ROOT,)), Observed((replace(FILLED, chain=(POOL[1].der,)),), (), ()), ()),
    Case("the same certificate twice is one wish", wish((ROOT, ROOT)), NOTHING, (MADE, Authenticate(MADE.name, ROOT))),
    Case("a variable that nobody uses is changed", wish((), (TO,)), Observed((), (OLD_TO,), ()), (SetVariable(TO),)),
    Case("a variable that somebody uses is not", wish((), (TO,)), Observed((), (OLD_TO,), (USER,)), ()),
    Case("unless it has the wanted value", wish((), (TO,)), Observed((), (TO,), (USER,)), ()),
    Case("an applet of ours may use it", wish((), (TO,), (ALARM,)), Observed((), (OLD_TO,), (ALARM,)),
         (SetVariable(TO),)),
    Case("one with our mark that somebody has copied may not", wish((), (TO,), (ALARM,)),
         Observed((), (OLD_TO,), (COPY,)), ()),
    Case("a variable that a registered script may read is not changed", wish((), (TO,)),
         Observed((), (OLD_TO,), (), TCL), ()),
    Case("nor one that a script of an applet may read", wish((), (TO,)), Observed((), (OLD_TO,), (SCRIPT,)), ()),
    Case("a variable that is new is no script's", wish((), (TO,)), Observed((), (), (SCRIPT,), TCL), (SetVariable(TO),)),
    Case("nor is one that an applet of ours uses already", wish((), (TO,), (USES_TO,)),
         Observed((), (OLD_TO,), (USES_TO, SCRIPT), TCL), (SetVariable(TO),)),
    Case("nor is one of an applet that is adopted", wish((), (TO,), (USES_TO,), ("Alarm",)),
         Observed((), (OLD_TO,), (HAND_MADE,), TCL), (SetVariable(TO), InstallApplet(USES_TO))),
    Case("no applet of ours mails with somebody else's value", wish((), (TO,), (USES_TO, ours("Other", "event none"))),
         Observed((), (OLD_TO,), (), TCL), (InstallApplet(ours("Other", "event none")),)),
    Case("somebody's applet is left alone", wish((), (), (ALARM,)), Observed((), (), (HAND_MADE,)), ()),
    Case("unless it is adopted", wish((), (), (ALARM,), ("Alarm",)), Observed((), (), (HAND_MADE,)),
         (InstallApplet(ALARM),)),
    Case("what stands behind its name stays there", wish((), (), (ALARM,), ("Alarm",)),
         Observed((), (), (replace(HAND_MADE, options="authorization bypass"),)),
         (InstallApplet(replace(ALARM, options="authorization bypass")),)),
    Case("an edited applet of ours is put back", wish((), (), (ALARM,)),
         Observed((), (), (AppletText("Alarm", (ALARM.lines[0], "event none")),)), (InstallApplet(ALARM),)),
    Case("the same lines without our mark are enough", wish((), (), (ALARM,)),
         Observed((), (), (AppletText("Alarm", ALARM.lines[1:]),)), ()),
    Case("a test applet that was left over goes", wish(), Observed((), (), (ours(TEST_APPLET, "event none"),)),
         (RemoveApplet(TEST_APPLET),)),
    Case("also one that came no further than its name", wish(), Observed((), (), (AppletText(TEST_APPLET, ()),)),
         (RemoveApplet(TEST_APPLET),)),
    Case("somebody's test applet does not", wish(), Observed((), (), (AppletText(TEST_APPLET, ("event none",)),)), ()),
    Case("what is not wanted any more is left alone", wish(), Observed((FILLED,), (TO,), (ALARM,)), ()),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.promise)
def test_a_rule(case: Any) -> None:
    """Each rule of the plan, alone."""
    assert plan(case.want, case.have) == case.steps


def test_trust_is_planned_before_variables_and_applets() -> None:
    """Roots come first, the applet that needs everything comes last."""
    kinds = [step.kind for step in plan(wish(POOL[:3], (TO,), (ALARM,)), NOTHING)]
    assert kinds == ["trustpoint", "authenticate"] * 3 + ["variable", "applet"]


@pytest.mark.parametrize(
    ("settings", "serving"),
    [
        (("revocation-check none",), True),
        (("revocation-check crl none",), True),
        (("revocation-check crl",), False),
        ((), False),
        (("revocation-check none", "revocation-check crl"), False),
        (("revocation-check crl", "revocation-check none"), True),
        (("revocation-check none", "chain-validation continue Parent"), False),
        (("revocation-check none", "chain-validation stop"), True),
        (("subject-name CN=revocation-check none",), False),
    ],
)
def test_what_serves(settings: tuple[str, ...], serving: bool) -> None:
    """The last word on revocation counts, ``none`` must be in it, and no parent is asked for."""
    assert serves(Trustpoint("T", settings, ())) is serving


@pytest.mark.parametrize(
    ("have", "who"),
    [
        (NOTHING, None),
        (Observed((), (OLD_TO,), ()), None),
        (Observed((), (TO,), (USER,), TCL), None),
        (Observed((), (OLD_TO,), (USER,), TCL), "applet Mine, which is not ours, uses it"),
        (Observed((), (OLD_TO,), (COPY,)), "applet Mine, which is not ours, uses it"),
        (Observed((), (OLD_TO,), (SCRIPT,)), "the script of applet Mine may read it"),
        (Observed((), (OLD_TO,), (), ("a.tcl", "b.py")), "the script of a.tcl may read it"),
        (Observed((), (OLD_TO,), (USES_TO,), TCL), None),
        (Observed((), (OLD_TO,), (USES_TO, USER), TCL), "applet Mine, which is not ours, uses it"),
        (Observed((), (OLD_TO,), (AppletText("Alarm", (USES_TO.lines[0], "event none")),), TCL),
         "the script of sl_intf_down.tcl may read it"),
    ],
)  # fmt: skip
def test_who_relies_on_another_value_is_named(have: Observed, who: str | None) -> None:
    """Somebody's applet by what it says, a script because nobody can tell; nobody where the value is the wanted one."""
    assert blocked(TO, wish((), (TO,), (USES_TO,)), have) == who


@pytest.mark.parametrize(
    ("applet", "theirs"),
    [
        (ALARM, False),
        (HAND_MADE, True),
        (USER, True),
        (COPY, True),
        (AppletText("Alarm", (ALARM.lines[0], "event none")), False),
        (replace(ALARM, name="Renamed"), True),
        (AppletText(TEST_APPLET, (ALARM.lines[0], "event none")), False),
        (AppletText(TEST_APPLET, ("event none",)), True),
    ],
)
def test_whose_an_applet_is(applet: AppletText, theirs: bool) -> None:
    """Ours by a mark that fits, or that stands under a name of ours; what is adopted is nobody else's any more."""
    assert foreign(applet, wish((), (), (ALARM,))) is theirs
    assert foreign(applet, wish((), (), (ALARM,), (applet.name,))) is False


def test_what_would_be_overwritten_is_told() -> None:
    """What stands there under the names that the steps write, and not what goes anyway."""
    have = Observed((FILLED,), (OLD_TO,), (HAND_MADE, USER))
    steps = (
        MADE,
        SetVariable(TO),
        InstallApplet(ALARM),
        InstallApplet(ours("New", "event none")),
        RemoveApplet("Mine"),
    )
    assert overwritten(steps, have) == (FILLED, OLD_TO, HAND_MADE)
    assert overwritten(steps, NOTHING) == ()
