"""What is written down of a router before it is touched: enough to go back, and no password in clear."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mailtrust.kept import Kept, KeptError, as_before, as_mapping, from_mapping, recovered, stamp
from mailtrust.model import (
    AppletText,
    Authenticate,
    ConfigureTrustpoint,
    Desired,
    InstallApplet,
    Observed,
    RemoveApplet,
    SetVariable,
    Trustpoint,
    Variable,
)
from mailtrust.redact import Redactor
from mailtrust.secret import Secret

PASSWORD = "s3cr3t/+&pw"
SERVER = Variable("_email_server", Secret(f"bob:{PASSWORD}@old.example"))
TO = Variable("_email_to", Secret("noc@lab.example"))
KNOWN = Variable("pin", Secret("known-secret"))
LITERAL = AppletText("Literal", ("event none", f'action 1 mail server "x:{PASSWORD}@old.example" to "a@b.c"'))
PLAIN = AppletText("Plain", ("event none", "action 1 syslog msg x"), "authorization bypass")
UNTOUCHED = AppletText("Untouched", ("event none", "action 1 syslog msg mine"))


@pytest.fixture
def router(mint):
    ca = mint("Root")
    before = Observed(
        (Trustpoint("CA-X", ("enrollment terminal",), (ca.der,)), Trustpoint("Foreign", ("x",), ())),
        (SERVER, TO, KNOWN, Variable("theirs", Secret("foreign"))),
        (LITERAL, PLAIN, UNTOUCHED),
        ("mail.tcl",),
    )
    steps = (
        ConfigureTrustpoint("CA-X", ("a", "b")),
        Authenticate("CA-X", ca),
        SetVariable(Variable("_email_server", Secret(f"new:{PASSWORD}@new.example"))),
        SetVariable(Variable("_email_to", Secret("new@lab.example"))),
        SetVariable(Variable("pin", Secret("1"))),
        SetVariable(Variable("fresh", Secret("2"))),
        InstallApplet(AppletText("Literal", ("event none",))),
        InstallApplet(AppletText("Plain", ("event none",))),
        RemoveApplet("mailtrust-test"),
    )
    return before, steps


def written(router, seal=None) -> str:
    return json.dumps(as_mapping(*router, Redactor([Secret("known-secret")]), seal))


def reverse(text: str) -> str:
    return text[::-1]


def test_with_a_key_all_that_is_touched_comes_back(router):
    """State and steps, as they were; what no step touches is not written down."""
    before, steps = router
    kept = from_mapping(json.loads(written(router, reverse)), reverse)
    assert kept.steps == steps
    assert kept.lost == ()
    assert kept.before == Observed(before.trustpoints[:1], (SERVER, TO, KNOWN), (LITERAL, PLAIN))
    assert kept.others == (stamp(LITERAL), stamp(PLAIN), stamp(UNTOUCHED), "mail.tcl")


@pytest.mark.parametrize("seal", [None, reverse])
def test_no_password_is_in_clear(router, seal):
    """Neither one of a server string nor one that we know; and of what is not touched nothing but the name."""
    text = written(router, seal)
    assert [word for word in (PASSWORD, "known-secret", "foreign", "mine") if word in text] == []


@pytest.mark.parametrize("seal", [None, reverse])
def test_without_the_key_what_was_hidden_is_lost(router, seal):
    """By name; no step speaks of it, and none of trust, which the server that stays may need."""
    kept = from_mapping(json.loads(written(router, seal)), None)
    assert kept.lost == ("Literal", "_email_server", "pin")
    assert [step.target for step in kept.steps] == ["_email_to", "fresh", "Plain", "mailtrust-test"]
    assert kept.before.variables == (TO,)
    assert kept.before.applets == (PLAIN,), "never half an applet"


def test_a_stamp_tells_what_was_changed():
    """The name and the lines count, in whatever order and spacing IOS shows them; a password does not, nor a mark."""
    assert stamp(PLAIN) == stamp(replace(PLAIN, lines=("event  none", "action 1 syslog  msg x")))
    assert stamp(PLAIN) == stamp(replace(PLAIN, lines=("description mailtrust 0badc0de", *PLAIN.lines)))
    others = (replace(PLAIN, name="Other"), replace(PLAIN, lines=("event none", "action 1 syslog msg y")), LITERAL)
    assert stamp(PLAIN) not in {stamp(each) for each in others}
    exchanged = replace(LITERAL, lines=tuple(line.replace(PASSWORD, "0ther-pw") for line in LITERAL.lines))
    assert stamp(exchanged) == stamp(LITERAL), "it would be a way to guess the password"


CAME = AppletText("Came", ("event none", 'action 1 syslog msg "$v"'))
OLD = Observed(
    (Trustpoint("CA-X", ("old",), ()), Trustpoint("CA-Y", (), ())),
    (Variable("v", Secret("old")), Variable("w", Secret("old"))),
    (replace(PLAIN, lines=("event none",)), UNTOUCHED),
    ("mail.tcl",),
)
TOUCHED = (
    ConfigureTrustpoint("CA-X", ("new",)),
    SetVariable(Variable("v", Secret("new"))),
    SetVariable(Variable("fresh", Secret("new"))),
    InstallApplet(PLAIN),
)
NOW = Observed(
    (Trustpoint("CA-X", ("new",), ()), Trustpoint("CA-Y", ("since",), ())),
    (Variable("v", Secret("new")), Variable("w", Secret("since")), Variable("fresh", Secret("new"))),
    (PLAIN, UNTOUCHED, CAME),
    ("mail.tcl", "came.tcl"),
)


def kept(**changed) -> Kept:
    things = {"before": OLD, "steps": TOUCHED, "lost": (), "others": (*map(stamp, OLD.applets), "mail.tcl")}
    return Kept(**{**things, **changed})


def by_name(router: Observed) -> Observed:
    """In whatever order."""
    parts = (router.trustpoints, router.variables, router.applets)
    return Observed(*(tuple(sorted(part, key=lambda each: each.name)) for part in parts), router.policies)


def test_as_it_was_before():
    """What the steps touched is as it was then, or not there; all else is as it is now."""
    assert by_name(as_before(NOW, kept())) == by_name(
        Observed(
            (OLD.trustpoints[0], NOW.trustpoints[1]),
            (OLD.variables[0], NOW.variables[1]),
            OLD.applets,
            ("mail.tcl",),
        )
    )


def test_what_came_since_was_not_there_before():
    """Applets and scripts that nobody had then, and applets that are not the same any more, are no part of it."""
    edited = replace(UNTOUCHED, lines=("event none", "action 1 syslog msg edited"))
    seen = as_before(replace(NOW, applets=(edited, CAME)), kept())
    assert seen.applets == OLD.applets[:1]
    assert as_before(NOW, kept(others=())).policies == ()


def test_what_was_lost_is_not_invented():
    """What the file does not tell of stays as it is now."""
    seen = as_before(NOW, kept(before=replace(OLD, variables=OLD.variables[1:]), lost=("v",)))
    assert set(seen.variables) == {NOW.variables[0], NOW.variables[1]}


def test_nothing_kept_changes_nothing():
    """Without a step the router of before is the one of now."""
    assert as_before(OLD, kept(steps=())) == OLD


# --- without the key -----------------------------------------------------------------------------------------------

NEW_SERVER = Variable("_email_server", Secret(f"new:{PASSWORD}@new.example"))
MINE = AppletText("Literal", ("event none", f'action 1 mail server "y:{PASSWORD}@new.example" to "a@b.c"'))
WISH = Desired((), (NEW_SERVER,), (MINE,), frozenset())


@pytest.fixture
def hidden(mint):
    """What is left of a run's file without the key: a variable and an applet that held passwords, and trust for them."""
    ca = mint("Root")
    steps = (
        ConfigureTrustpoint("CA-X", ("a",)),
        Authenticate("CA-X", ca),
        SetVariable(NEW_SERVER),
        SetVariable(Variable("_email_to", Secret("new@lab.example"))),
        InstallApplet(MINE),
    )

    def read(before: Observed) -> Kept:
        return from_mapping(as_mapping(before, steps, Redactor(()), None), None)

    return read, steps


FRESH, USED = Observed((), (), ()), Observed((), (SERVER,), (LITERAL,))
THERE = Observed((), (NEW_SERVER,), (MINE,))


def targets(kept: Kept) -> list[str]:
    return [step.target for step in kept.steps]


def test_trust_is_held_back_while_something_is_lost(hidden):
    """The new server stays, and what it needs with it."""
    kept = hidden[0](FRESH)
    assert (kept.lost, targets(kept)) == (("Literal", "_email_server"), ["_email_to"])
    assert [step.target for step in kept.held_back] == ["CA-X", "CA-X"]


def test_what_was_not_there_before_needs_no_key(hidden):
    """What the run wrote is what is wished and there now: it goes, and so does the trust; nothing is lost."""
    read, steps = hidden
    kept = recovered(read(FRESH), WISH, THERE, None)
    assert (kept.lost, set(kept.steps), kept.before) == ((), set(steps), FRESH)
    assert [step.kind for step in kept.steps[:2]] == ["trustpoint", "authenticate"], "trust is last on the way back"


@pytest.mark.parametrize(
    "now",
    [
        FRESH,
        replace(THERE, variables=(replace(NEW_SERVER, value=Secret("somebody:else@new.example")),)),
        replace(THERE, applets=(replace(MINE, lines=("event none",)),)),
    ],
)
def test_what_is_not_there_as_wished_is_not_guessed(hidden, now):
    """Nobody can tell what the run had written; the trust stays as well."""
    kept = recovered(hidden[0](FRESH), WISH, now, None)
    assert set(kept.lost) == {
        *([] if NEW_SERVER in now.variables else ["_email_server"]),
        *([] if MINE in now.applets else ["Literal"]),
    }
    assert kept.lost != ()
    assert "CA-X" not in targets(kept)


def test_a_wish_that_has_changed_tells_nothing(hidden):
    """Another value is wished now, or none."""
    for wish in (Desired((), (), (), frozenset()), replace(WISH, variables=(SERVER,), applets=(PLAIN,))):
        assert recovered(hidden[0](FRESH), wish, THERE, None).lost == ("Literal", "_email_server")


def test_old_texts_come_from_what_was_never_overwritten(hidden):
    """The startup-config of a router on which that run has not saved; without it, or without the thing, it is lost."""
    read, steps = hidden
    kept = recovered(read(USED), WISH, THERE, USED)
    assert (kept.lost, set(kept.steps)) == ((), set(steps))
    assert (kept.before.variables, kept.before.applets) == ((SERVER,), (LITERAL,))
    for startup in (None, FRESH):
        kept = recovered(read(USED), WISH, THERE, startup)
        assert (kept.lost, targets(kept)) == (("Literal", "_email_server"), ["_email_to"])
    half = recovered(read(USED), WISH, THERE, replace(USED, applets=()))
    assert (half.lost, "CA-X" in targets(half)) == (("Literal",), False)


def test_nothing_lost_is_nothing_to_recover(hidden):
    """With the key the file says it all."""
    _, steps = hidden
    kept = from_mapping(as_mapping(USED, steps, Redactor(()), reverse), reverse)
    assert recovered(kept, WISH, THERE, USED) == kept


LONG = "correcthorsebatterystaple"


@pytest.mark.parametrize(
    ("password", "value", "clear"),
    [
        ("admin", "netadmins@corp.example", True),
        ("admin", "administrator", True),
        ("admin", "admin@corp.example", False),
        ("admin", "the admin", False),
        ("admin", "net-admin@corp.example", False),
        ("admin", "netadmins@corp.example,admin@corp.example", False),
        ("manager", "noc@corp.example", True),
        ("event", "noc@corp.example", True),
        ("pa-ss!", "xpa-ss!", True),
        ("!pass!", "x!pass!x", False),
        ("p a/s", "p+a%2Fs", False),
        (LONG, f"my{LONG}s", False),
        ("known-secret", "known-secret", False),
        ("admin", "bob:hunter2@old.example", False),
    ],
)
@pytest.mark.parametrize("seal", [None, reverse])
def test_a_word_that_holds_a_short_secret_is_none(password, value, clear, seal):
    """A value is in clear or sealed, and never lost because a password is part of one of its words."""
    variable = Variable("_email_to", Secret(value))
    steps = (SetVariable(Variable("_email_to", Secret("new@corp.example"))),)
    data = as_mapping(Observed((), (variable,), ()), steps, Redactor([Secret(password)]), seal)
    assert ("plain" in data["variables"][0]["value"]) == clear
    kept = from_mapping(data, seal)
    assert kept.before.variables == ((variable,) if clear or seal else ())
    assert kept.lost == (() if clear or seal else ("_email_to",))


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data.update(schema="mailtrust.before/2"),
        lambda data: data.pop("steps"),
        lambda data: data["steps"][0].update(kind="configure replace"),
        lambda data: data["steps"][1].update(certificate="00"),
        lambda data: data["trustpoints"][0].update(chain=["xy"]),
    ],
)
def test_a_damaged_file_is_refused(router, damage):
    """With an error of ours."""
    data = json.loads(written(router, reverse))
    damage(data)
    with pytest.raises(KeptError):
        from_mapping(data, reverse)
