"""The way back, as values: only what the steps touched, and only where it is as they left it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrust.applet import TEST_APPLET, normal
from mailtrust.certificates import trustpoint_name
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
from mailtrust.undo import in_the_way, way_back

NOTHING = Observed((), (), ())
MARK = "description mailtrust 0badc0de"
NEW = AppletText("A", (MARK, "event none", "action 1 syslog msg new"))
OLD = AppletText("A", (MARK, "event none", "action 1 syslog msg old"))
FOREIGN = AppletText("A", ("event none", "action 9 syslog msg foreign"))
HALF = AppletText("A", ("event none",))


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
    ],
)
def test_applets(before, now, steps, strange):
    """Missing, half and whole ones of ours go back; what somebody has written since is left alone, and told."""
    assert way_back(before, [InstallApplet(NEW)], now) == steps
    assert [each.code for each in in_the_way(before, [InstallApplet(NEW)], now)] == ["MT422"] * strange


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
