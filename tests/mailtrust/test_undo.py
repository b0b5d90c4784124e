"""The way back, as values: only what the steps touched, and only where it is as they left it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrust.applet import TEST_APPLET, normal
from mailtrust.certificates import trustpoint_name
from mailtrust.kept import stamp
from mailtrust.model import (
    AppletText,
    Authenticate,
    ConfigureTrustpoint,
    Desired,
    InstallApplet,
    Observed,
    RemoveApplet,
    RemoveTrustpoint,
    SetVariable,
    Trustpoint,
    UnsetVariable,
    Variable,
)
from mailtrust.plan import plan, predict, trustpoint_settings
from mailtrust.secret import Secret
from mailtrust.undo import differences, in_the_way, way_back

NOTHING = Observed((), (), ())
MARK = "description mailtrust 0badc0de"
NEW = AppletText("A", (MARK, "event none", "action 1 syslog msg new"))
OLD = AppletText("A", (MARK, "event none", "action 1 syslog msg old"))
FOREIGN = AppletText("A", ("event none", "action 9 syslog msg foreign"))
HALF = AppletText("A", ("event none",))
UNFINISHED = AppletText("A", ())
BYPASS = replace(OLD, options="authorization bypass")


def variable(value: str) -> Variable:
    return Variable("v", Secret(value))


def with_(*things) -> Observed:
    return Observed(
        tuple(each for each in things if isinstance(each, Trustpoint)),
        tuple(each for each in things if isinstance(each, Variable)),
        tuple(each for each in things if isinstance(each, AppletText)),
    )


@pytest.mark.parametrize(
    ("before", "now", "steps", "strange"),
    [
        (NOTHING, with_(NEW), (RemoveApplet("A"),), False),
        (NOTHING, with_(HALF), (RemoveApplet("A"),), False),
        (NOTHING, NOTHING, (), False),
        (NOTHING, with_(FOREIGN), (), True),
        (with_(OLD), with_(NEW), (InstallApplet(OLD),), False),
        (with_(OLD), with_(HALF), (InstallApplet(OLD),), False),
        (with_(OLD), NOTHING, (InstallApplet(OLD),), False),
        (with_(OLD), with_(OLD), (), False),
        (with_(OLD), with_(FOREIGN), (), True),
        (with_(OLD), with_(BYPASS), (), True),
        (NOTHING, with_(replace(NEW, options="authorization bypass")), (), True),
        (NOTHING, with_(UNFINISHED), (RemoveApplet("A"),), False),
    ],
)
def test_applets(before, now, steps, strange):
    """Missing, half and whole ones of ours go back; what somebody has written since is left alone, and told."""
    assert way_back(before, [InstallApplet(NEW)], now) == steps
    assert [each.code for each in in_the_way(before, [InstallApplet(NEW)], now)] == ["MT422"] * strange


@pytest.mark.parametrize(
    ("now", "steps", "strange"),
    [
        (with_(replace(NEW, options=BYPASS.options)), (InstallApplet(BYPASS),), False),
        (with_(replace(HALF, options=BYPASS.options)), (InstallApplet(BYPASS),), False),
        (NOTHING, (InstallApplet(BYPASS),), False),
        (with_(BYPASS), (), False),
        (with_(OLD), (), True),
        (with_(NEW), (), True),
    ],
)
def test_what_stands_behind_the_name_of_an_applet(now, steps, strange):
    """It comes back with it; who has changed it since has changed the applet."""
    made = [InstallApplet(replace(NEW, options=BYPASS.options))]
    assert way_back(with_(BYPASS), made, now) == steps
    assert [each.code for each in in_the_way(with_(BYPASS), made, now)] == ["MT422"] * strange


@pytest.mark.parametrize(
    ("before", "now", "steps", "strange"),
    [
        (NOTHING, with_(variable("new")), (UnsetVariable("v"),), False),
        (with_(variable("old")), with_(variable("new")), (SetVariable(variable("old")),), False),
        (with_(variable("old")), with_(variable("old")), (), False),
        (with_(variable("old")), with_(variable("newer")), (), True),
        (NOTHING, with_(variable("newer")), (), True),
        (NOTHING, NOTHING, (), False),
        (with_(variable("old")), NOTHING, (), True),
    ],
)
def test_variables(before, now, steps, strange):
    """Only the value that the step has set goes back."""
    step = [SetVariable(variable("new"))]
    assert way_back(before, step, now) == steps
    assert [each.code for each in in_the_way(before, step, now)] == ["MT422"] * strange


def test_trustpoints(mint):
    """Ours, whole or empty, is removed; an empty one of before is left empty again; another's contents are left alone."""
    ca, other = mint("Root"), mint("Other")
    name, settings = trustpoint_name(ca), trustpoint_settings(ca)
    steps = (ConfigureTrustpoint(name, settings), Authenticate(name, ca))
    whole, empty = Trustpoint(name, settings, (ca.der,)), Trustpoint(name, settings, ())
    strange, half = Trustpoint(name, settings, (other.der,)), Trustpoint(name, ("enrollment terminal",), ())
    for now in (whole, empty):
        assert way_back(NOTHING, steps, with_(now)) == (RemoveTrustpoint(name),)
        back = (RemoveTrustpoint(name), ConfigureTrustpoint(name, half.settings))
        assert way_back(with_(half), steps, with_(now)) == back
    assert way_back(NOTHING, steps, with_(strange)) == ()
    assert [each.code for each in in_the_way(NOTHING, steps, with_(strange))] == ["MT422"]
    changed = Trustpoint(name, ("revocation-check crl",), (ca.der,))
    assert way_back(with_(changed), steps[:1], with_(whole)) == (ConfigureTrustpoint(name, changed.settings),)
    assert way_back(with_(whole), steps, with_(whole)) == ()
    exchanged = Trustpoint(name, settings, (other.der,))
    assert way_back(with_(changed), steps[:1], with_(exchanged)) == (), "these settings belong to another certificate"


def with_policies(router: Observed, *policies: str) -> Observed:
    return replace(router, policies=policies)


def applet(name: str, *lines: str) -> AppletText:
    return AppletText(name, ("event none", *lines))


V, W = Variable("v", Secret("new")), Variable("w", Secret("new"))
OLD_V = variable("old")
READS_V = applet("LinkDown", 'action 1 syslog msg "$v"')
MAILS = applet("LinkDown", 'action 1 mail server "x" to "y" from "z"')
SCRIPT = applet("LinkDown", 'action 1 cli command "tclsh flash:/mail.tcl"')
SILENT = applet("LinkDown", "action 1 syslog msg x")
TRUST = Trustpoint("CA-X-01234567", ("enrollment terminal",), ())
STEPS = (ConfigureTrustpoint(TRUST.name, TRUST.settings), SetVariable(V), SetVariable(W), InstallApplet(NEW))
DONE = with_(TRUST, V, W, NEW)
GONE = ("A", "w", "v", TRUST.name)


@pytest.mark.parametrize(
    ("newcomers", "policies", "goes", "held"),
    [
        ((), (), GONE, ()),
        ((SILENT,), (), GONE, ()),
        ((READS_V,), (), ("A", "w", TRUST.name), ("applet LinkDown relies on variable v",)),
        ((MAILS,), (), ("A", "w", "v"), (f"applet LinkDown relies on trustpoint {TRUST.name}",)),
        (
            (SCRIPT,),
            (),
            ("A",),
            (
                "applet LinkDown relies on variable w",
                "applet LinkDown relies on variable v",
                f"applet LinkDown relies on trustpoint {TRUST.name}",
            ),
        ),
        (
            (),
            ("mail.tcl",),
            ("A",),
            (
                "policy mail.tcl relies on variable w",
                "policy mail.tcl relies on variable v",
                f"policy mail.tcl relies on trustpoint {TRUST.name}",
            ),
        ),
        ((applet(TEST_APPLET, *MAILS.lines),), (), ("A", "w", "v"), (f"applet {TEST_APPLET} relies on trustpoint {TRUST.name}",)),
        ((AppletText(TEST_APPLET, (MARK, *MAILS.lines)),), (), GONE, ()),
    ],
)  # fmt: skip
def test_what_somebody_new_relies_on_stays(newcomers, policies, goes, held):
    """A variable that it reads, trust when it mails, everything when it is a script; who relies on what is MT422."""
    now = with_policies(with_(TRUST, V, W, NEW, *newcomers), *policies)
    assert tuple(step.target for step in way_back(NOTHING, STEPS, now)) == goes
    found = in_the_way(NOTHING, STEPS, now)
    assert tuple((each.code, each.text) for each in found) == tuple(("MT422", text) for text in held)


@pytest.mark.parametrize("user", [READS_V, MAILS, SCRIPT])
def test_who_was_there_before_holds_nothing_up(user):
    """It had been there without these variables and this trust; unless it has been changed since."""
    known, changed = with_(user), with_(applet("LinkDown", "action 2 syslog msg else"))
    now = with_(*DONE.trustpoints, *DONE.variables, *DONE.applets, user)
    assert tuple(step.target for step in way_back(known, STEPS, now)) == GONE
    assert tuple(step.target for step in way_back(changed, STEPS, now)) != GONE
    assert in_the_way(known, STEPS, now) == ()
    for others, same in (((stamp(user),), True), (("LinkDown",), False), ((stamp(SILENT),), False), ((), False)):
        assert (tuple(step.target for step in way_back(NOTHING, STEPS, now, others)) == GONE) is same
        assert (in_the_way(NOTHING, STEPS, now, others) == ()) is same


def test_a_script_of_before_holds_nothing_up():
    """Whether the whole router of then is known, or what was written down of it."""
    now = with_policies(DONE, "mail.tcl")
    assert tuple(step.target for step in way_back(with_policies(NOTHING, "mail.tcl"), STEPS, now)) == GONE
    assert tuple(step.target for step in way_back(NOTHING, STEPS, now, ("mail.tcl",))) == GONE
    assert tuple(step.target for step in way_back(NOTHING, STEPS, now, ("other.tcl",))) == ("A",)


def test_an_old_value_does_not_come_back_under_somebody_new():
    """Who was written against the new value goes on with it."""
    now = with_(V, READS_V)
    assert way_back(with_(OLD_V), [SetVariable(V)], now) == ()
    assert [each.text for each in in_the_way(with_(OLD_V), [SetVariable(V)], now)] == [
        "applet LinkDown relies on variable v"
    ]


def test_an_edited_applet_of_ours_keeps_what_it_uses():
    """It stays, so its variable and the trust for its mail stay as well."""
    edited = AppletText("A", (MARK, "event none", 'action 2 mail server "$v"'))
    now = with_(TRUST, V, W, edited)
    assert tuple(step.target for step in way_back(NOTHING, STEPS, now)) == ("w",)
    assert len(in_the_way(NOTHING, STEPS, now)) == 3


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (NOTHING, NOTHING, ()),
        (NOTHING, DONE, (f"trustpoint {TRUST.name}", "variable v", "variable w", "applet A")),
        (with_(OLD_V), with_(OLD_V), ()),
        (with_(OLD_V), NOTHING, ("variable v",)),
        (with_(OLD_V), with_(V), ("variable v",)),
        (with_(OLD), with_(OLD), ()),
        (with_(OLD), with_(FOREIGN), ("applet A",)),
        (with_(BYPASS), with_(OLD), ("applet A",)),
        (with_(OLD), with_(AppletText("A", (*OLD.lines[:2], "action  1 syslog msg old"))), ("applet A",)),
        (with_(OLD), with_(AppletText("A", (OLD.lines[0], *OLD.lines[:0:-1]))), ("applet A",)),
        (with_(TRUST), with_(replace(TRUST, settings=("enrollment terminal", "x"))), (f"trustpoint {TRUST.name}",)),
        (with_(TRUST), with_(replace(TRUST, chain=(b"der",))), (f"trustpoint {TRUST.name}",)),
        (NOTHING, with_(READS_V, Variable("x", Secret("1")), Trustpoint("T", (), ())), ()),
        (with_(READS_V, Variable("x", Secret("1")), Trustpoint("T", (), ())), NOTHING, ()),
    ],
)
def test_what_differs_is_named(before, after, told):
    """Of what was touched each thing that is not the same to the letter, header and order too; and nothing else."""
    assert differences(before, after, STEPS) == told
    assert differences(before, after, (*STEPS, *STEPS)) == told, "and only once"
    assert differences(before, after, ()) == ()


def test_a_test_applet_that_is_gone_is_no_loss():
    """What an earlier test had left need not come back; one that stays where none was is told."""
    left = AppletText(TEST_APPLET, (MARK, "event none"))
    steps = [RemoveApplet(TEST_APPLET)]
    assert differences(with_(left), NOTHING, steps) == ()
    assert differences(NOTHING, with_(left), steps) == (f"applet {TEST_APPLET}",)


def test_the_test_applet_goes_if_it_is_ours():
    """Somebody's applet of that name stays."""
    ours, theirs = (AppletText(TEST_APPLET, (*mark, "event none")) for mark in ((MARK,), ()))
    assert way_back(NOTHING, [RemoveApplet(TEST_APPLET)], with_(ours)) == (RemoveApplet(TEST_APPLET),)
    assert way_back(NOTHING, [RemoveApplet(TEST_APPLET)], with_(theirs)) == ()


@given(st.data())
def test_from_any_point_of_a_plan_back_to_before(mint, data):
    """However many steps were done, what stood before stands again; trust goes last."""
    cas = [mint(name) for name in ("One", "Two")]
    values, texts = st.sampled_from(["a", "b"]), st.sampled_from(["x", "y"])
    names = st.sets(st.sampled_from("pqr"))

    def variables() -> tuple[Variable, ...]:
        return tuple(Variable(name, Secret(data.draw(values))) for name in sorted(data.draw(names)))

    def applets() -> tuple[AppletText, ...]:
        lines = [(name, f"action 1 syslog msg {data.draw(texts)}") for name in sorted(data.draw(names))]
        return tuple(AppletText(name, (MARK, "event none", line)) for name, line in lines)

    held = tuple(
        Trustpoint(trustpoint_name(ca), trustpoint_settings(ca), data.draw(st.sampled_from([(), (ca.der,)])))
        for ca in data.draw(st.lists(st.sampled_from(cas), unique=True))
    )
    before = Observed(held, variables(), applets())
    steps = plan(Desired(tuple(cas), variables(), applets(), frozenset()), before)
    now = predict(before, steps[: data.draw(st.integers(0, len(steps)))])
    back = way_back(before, steps, now)
    after = predict(now, back)
    assert way_back(before, steps, after) == ()
    assert {each.name: each for each in after.variables} == {each.name: each for each in before.variables}
    assert {each.name: normal(each.lines) for each in after.applets} == {
        each.name: normal(each.lines) for each in before.applets
    }
    assert {(each.name, each.chain) for each in after.trustpoints} == {
        (each.name, each.chain) for each in before.trustpoints
    }
    kinds = [isinstance(step, RemoveTrustpoint | ConfigureTrustpoint) for step in back]
    assert kinds == sorted(kinds)
    assert in_the_way(before, steps, now) == ()
    assert differences(before, after, steps) == ()


@given(
    st.lists(st.sampled_from([READS_V, MAILS, SCRIPT, SILENT]), unique=True),
    st.sampled_from([(), ("mail.tcl",)]),
    st.integers(0, len(STEPS)),
)
def test_nothing_goes_that_a_newcomer_relies_on(users, policies, count):
    """At whatever point the run was cut off: who came since finds each variable that it may read, and its trust."""
    came = [replace(each, name=f"User{number}") for number, each in enumerate(users)]
    done = predict(NOTHING, STEPS[:count])
    now = with_policies(with_(*done.trustpoints, *done.variables, *done.applets, *came), *policies)
    after = predict(now, way_back(NOTHING, STEPS, now))
    assert [each for each in after.applets if each.name != "A"] == came
    scripted = bool(policies) or SCRIPT in users
    if scripted or MAILS in users:
        assert after.trustpoints == now.trustpoints
    for each in now.variables:
        assert (each in after.variables) is (scripted or (each == V and READS_V in users))
