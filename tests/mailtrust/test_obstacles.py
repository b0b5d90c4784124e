"""What forbids the work on a router, and what is merely told."""

from __future__ import annotations

from typing import Any

import pytest

from mailtrust.applet import TEST_APPLET, digest
from mailtrust.certificates import trustpoint_name
from mailtrust.model import AppletText, Desired, Observed, Trustpoint, Variable
from mailtrust.obstacles import obstacles, remarks
from mailtrust.plan import plan, trustpoint_settings
from mailtrust.secret import Secret
from mailtrust.typed import LINE_LENGTH


def ours(name: str, *lines: str) -> AppletText:
    return AppletText(name, (f"description mailtrust {digest(lines, name)}", *lines))


def variable(value: str) -> Variable:
    return Variable("_email_to", Secret(value))


TO = variable("noc@example.com")
ALARM = ours("Alarm", "event none", 'action 0010 mail to "$_email_to"')
THEIRS = AppletText("Alarm", ("event none", 'action 1.0 syslog msg "mine"'))
USER = AppletText("Mine", ("event none", 'action 1.0 syslog msg "$_email_to"'))
TRIGGER = ("event tag e syslog pattern x", "trigger occurs 1", " correlate event e", 'action 1.0 syslog msg "x"')


def wish(*adopt: str, trust: Any = ()) -> Desired:
    return Desired(tuple(trust), (TO,), (ALARM,), frozenset(adopt))


def router(*things: Any, policies: tuple[str, ...] = ()) -> Observed:
    kinds = (Trustpoint, Variable, AppletText)
    return Observed(*(tuple(each for each in things if isinstance(each, kind)) for kind in kinds), policies)


def told(want: Desired, have: Observed) -> list[tuple[str, str]]:
    return [(each.code, each.text) for each in obstacles(want, have)]


@pytest.mark.parametrize(
    ("have", "found"),
    [
        (router(), []),
        (router(TO, ALARM), []),
        (router(variable("old@example.com")), []),
        (router(THEIRS), [("MT221", "applet Alarm exists and has not been made by mailtrust")]),
        (router(AppletText("Alarm", ALARM.lines[1:])), []),
        (
            router(variable("old@example.com"), USER),
            [("MT222", "_email_to has another value, and applet Mine, which is not ours, uses it")],
        ),
        (
            router(variable("old@example.com"), policies=("mail.tcl",)),
            [("MT222", "_email_to has another value, and the script of mail.tcl may read it")],
        ),
        (router(TO, USER, policies=("mail.tcl",)), []),
        (
            router(AppletText(TEST_APPLET, ("event none",))),
            [("MT221", "applet mailtrust-test has not been made by mailtrust, and the test mail needs this name")],
        ),
        (router(ours(TEST_APPLET, "event none")), []),
        (router(AppletText(TEST_APPLET, ())), []),
    ],
)
def test_what_stands_in_the_way(have: Observed, found: list[tuple[str, str]]) -> None:
    """Each with its code, what it is, and who relies on it; what is as wanted already, or ours, is none."""
    assert told(wish(), have) == found


def test_a_name_that_is_taken(mint: Any) -> None:
    """A trustpoint of our name with another certificate is MT213, an empty one and the wanted one are none."""
    ca, other = mint("Root"), mint("Other")
    name = trustpoint_name(ca)
    for chain, found in (((other.der,), ["MT213"]), ((), []), ((ca.der,), []), ((other.der, ca.der), [])):
        assert [code for code, _ in told(wish(trust=[ca]), router(Trustpoint(name, (), chain)))] == found


@pytest.mark.parametrize(
    ("lines", "options", "why"),
    [
        (("event none", 'action 1.0 syslog msg "(Gig)?abit"'), "", "it holds '?', which asks for help"),
        (("event none", 'action 1.0 syslog msg "Zürich"'), "", "it holds 'ü' (U+00FC)"),
        (("event none", 'action 1.0 syslog msg "\ufffd"'), "", "it holds '\ufffd' (U+FFFD)"),
        (("event none", 'action 1.0 syslog msg "a\tb"'), "", "it holds a tab"),
        (("event none", "action 1.0 " + "x" * 250), "", f"it has 261 characters; IOS takes {LINE_LENGTH}"),
        (TRIGGER, "", "it has an inner mode"),
        (THEIRS.lines, "class ?", "it holds '?', which asks for help"),
        (THEIRS.lines, "authorization bypass", None),
        (("event none", "action 1.0 " + "x" * (LINE_LENGTH - 11)), "", None),
    ],
)
def test_what_could_not_be_put_back_is_not_taken_away(lines: tuple[str, ...], options: str, why: str | None) -> None:
    """MT225 for an applet that is to be replaced and cannot be typed again to the letter; one that stays is not judged."""
    there = AppletText("Alarm", lines, options)
    assert told(wish("Alarm"), router(there)) == ([] if why is None else [("MT225", f"applet Alarm: {why}")])
    assert told(wish(), router(AppletText("Elsewhere", lines, options))) == []


def test_an_edited_applet_of_ours_has_to_be_typable_as_well() -> None:
    """It is put back, so the way back would have to type what somebody has made of it."""
    edited = AppletText("Alarm", (*ALARM.lines, 'action 2.0 syslog msg "really?"'))
    assert told(wish(), router(edited)) == [("MT225", "applet Alarm: it holds '?', which asks for help")]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("who?@example.com", "it holds '?', which asks for help"),
        ("büro@example.com", "it holds 'ü' (U+00FC)"),
        ("x" * 219, f"it has 255 characters; IOS takes {LINE_LENGTH}"),
        ("x" * 218, None),
    ],
)
def test_a_value_that_could_not_be_set_again_is_left(value: str, why: str | None) -> None:
    """Its length counts as it is typed; the value itself is never told."""
    found = told(wish(), router(variable(value)))
    assert found == ([] if why is None else [("MT225", f"variable _email_to: {why}")])


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("enrollment url http://ca.example.net/scep?a=b", "it holds '?', which asks for help"),
        ("subject-name CN=Zürich", "it holds 'ü' (U+00FC)"),
        (" inner line", "it has an inner mode"),
        ("enrollment url http://ca.example.net/scep", None),
    ],
)
def test_settings_that_could_not_be_put_back_are_left(mint: Any, setting: str, why: str | None) -> None:
    """Of a trustpoint of ours that somebody has changed, or that is empty; one that serves is not judged."""
    ca = mint("Root")
    name, checks = trustpoint_name(ca), "revocation-check crl"
    for chain in ((), (ca.der,)):
        found = told(wish(trust=[ca]), router(Trustpoint(name, (checks, setting), chain)))
        assert found == ([] if why is None else [("MT225", f"trustpoint {name}: {why}")])
    assert told(wish(trust=[ca]), router(Trustpoint(name, ("revocation-check none", setting), (ca.der,)))) == []


def test_what_is_not_touched_may_hold_anything() -> None:
    """Neither the wanted value, nor a variable or an applet that nobody writes, has to be typed again."""
    odd = Variable("other", Secret("who?"))
    assert told(wish(), router(TO, odd, AppletText("Other", ("action 1 why?",)), ALARM)) == []


def test_an_obstacle_leaves_nothing_half_done(mint: Any) -> None:
    """What is in the way gets no step, so that whoever overlooks the finding breaks nothing."""
    have = router(variable("old@example.com"), USER, THEIRS)
    assert [code for code, _ in told(wish(), have)] == ["MT222", "MT221"]
    assert plan(wish(), have) == ()


def test_what_is_odd_is_told_and_forbids_nothing(mint: Any) -> None:
    """Somebody's trustpoint that checks revocation, a leaf, one of ours that nobody wants, an applet that was edited."""
    ca, old, leaf = mint("Root"), mint("Old"), mint("smtp.example.com", by="Root", ca=False)
    have = router(
        Trustpoint("Corporate", ("revocation-check crl",), (ca.der,)),
        Trustpoint(trustpoint_name(old), trustpoint_settings(old), (old.der,)),
        Trustpoint("CA-SMTP", (), (leaf.der,)),
        Trustpoint("Odd", (), (b"junk",)),
        AppletText("Alarm", (ALARM.lines[0], "event none")),
    )
    assert [each.code for each in remarks(wish(trust=[ca]), have)] == ["MT215", "MT217", "MT216", "MT223"]
    assert obstacles(wish(trust=[ca]), have) == ()
