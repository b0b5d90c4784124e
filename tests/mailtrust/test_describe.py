"""Steps and outcomes in words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrust.describe import counted, describe, in_short, in_words, shown
from mailtrust.findings import finding
from mailtrust.model import (
    AppletText,
    Authenticate,
    ConfigureTrustpoint,
    HostOutcome,
    InstallApplet,
    MailOutcome,
    Observed,
    RemoveApplet,
    RemoveTrustpoint,
    SetVariable,
    StepOutcome,
    Trustpoint,
    UnsetVariable,
    Variable,
)
from mailtrust.secret import Secret

NOTHING = Observed((), (), ())
HAS = Observed(
    (Trustpoint("CA-x", ("enrollment terminal",), ()),),
    (Variable("_email_to", Secret("old@example.com")),),
    (AppletText("Alarm", ("event none", "action 1 old")),),
)
NEW_TO = SetVariable(Variable("_email_to", Secret("new@example.com")))
ALARM = InstallApplet(AppletText("Alarm", ("event none", "action 1 new")))


@pytest.mark.parametrize(
    ("step", "before", "says"),
    [
        (ConfigureTrustpoint("CA-x", ("revocation-check none",)), NOTHING, ["new", "revocation-check none"]),
        (ConfigureTrustpoint("CA-x", ("revocation-check none",)), HAS, ["settings", "revocation-check none"]),
        (NEW_TO, NOTHING, ["new@example.com", "not set before"]),
        (NEW_TO, HAS, ["new@example.com", "was old@example.com"]),
        (ALARM, NOTHING, ["new applet", "+ action 1 new"]),
        (ALARM, HAS, ["changed applet", "- action 1 old", "+ action 1 new"]),
        (RemoveApplet("mailtrust-test"), HAS, ["left over"]),
        (UnsetVariable("_email_to"), HAS, ["not there before"]),
        (RemoveTrustpoint("CA-x"), HAS, ["not there before"]),
    ],
)
def test_a_step_says_what_it_changes(step: Any, before: Any, says: Any) -> None:
    """New or changed, and from what to what."""
    words = describe(step, before)
    assert [each for each in says if each not in words] == []


def test_an_unchanged_line_of_an_applet_is_not_told() -> None:
    """A difference shows what differs."""
    assert "event none" not in describe(ALARM, HAS)


def test_a_certificate_is_named_by_its_fingerprint(mint: Any) -> None:
    """Name, end and the whole SHA-256: enough to compare with what was reviewed."""
    certificate = mint("Some Root")
    words = describe(Authenticate("CA-x", certificate), NOTHING)
    assert "Some Root" in words
    assert certificate.sha256 in words
    assert f"{certificate.not_after:%Y-%m-%d}" in words


@pytest.mark.parametrize(
    ("mail", "says"), [(None, "no test mail"), (MailOutcome(True, None), "sent"), (MailOutcome(False, None), "failed")]
)
def test_an_outcome_is_told_whole(mail: Any, says: Any) -> None:
    """State, mail, saving, cost, each step and each finding with its remedy."""
    found = finding("MT212", "CA-x: rejected")
    step = StepOutcome("authenticate", "CA-x", "failed", "Some Root")
    told = in_words(HostOutcome("r1", "failed", 1.5, 6, False, (step,), mail, (found,)))
    for part in ("failed", says, "not saved", "6 waits", "authenticate CA-x", "MT212", "CA-x: rejected", found.remedy):
        assert part in told


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("_email_server", "alerts:abcd efgh ijkl mnop@smtp.example.com", "alerts:***@smtp.example.com"),
        ("_email_server", "alerts:p@ss: w@rd@[192.0.2.1]", "alerts:***@[192.0.2.1]"),
        ("_email_server", 'alerts:"quoted pw"@smtp.example.com', "alerts:***@smtp.example.com"),
        ("_email_server", "alerts:@smtp.example.com", "alerts:***@smtp.example.com"),
        ("_email_server", "alerts@smtp.example.com", "smtp.example.com"),
        ("_email_server", "smtp.example.com", "smtp.example.com"),
        ("_email_server", "192.0.2.1", "192.0.2.1"),
        ("_email_server", "[2001:db8::25]", "[2001:db8::25]"),
        ("_email_server", "2001:db8::25", "2001:db8::25"),
        ("_email_server", "alerts:pw@2001:db8::25", "alerts:***@2001:db8::25"),
        ("_email_server", "alerts:s3cr3t", "another value"),
        ("_email_server", "al erts:s3cr3t@smtp.example.com", "another value"),
        ("_email_server", ":s3cr3t@smtp.example.com", "another value"),
        ("_email_server", "", "another value"),
        ("_email_to", "noc@example.com", "noc@example.com"),
        ("_email_to", "noc@example.com,a.b+c@example.com", "noc@example.com,a.b+c@example.com"),
        ("_email_to", "s3cr3t", "another value"),
        ("_email_to", "alerts:s3cr3t@smtp.example.com", "another value"),
        ("pin", "1234", "another value"),
        ("relay", "smtp.example.com", "another value"),
    ],
)
def test_a_value_is_shown_by_what_it_is(name: str, value: str, told: str) -> None:
    """A server without its password, addresses, and of everything else that there is a value."""
    variable = Variable(name, Secret(value))
    assert shown(variable) == told
    assert describe(SetVariable(variable), Observed((), (variable,), ())) == f"{told} (was {told})"


@given(st.text(), st.sampled_from(["", "alerts:", "alerts:x:", "al:a@"]), st.sampled_from(["_server", "_to", ""]))
def test_a_password_is_never_shown(password: str, before: str, kind: str) -> None:
    """Whatever it is made of, whoever stands before it, and whatever its variable is called."""
    for value in (f"alerts:{before}§{password}§@smtp.example.com", f"§{password}", f"alerts:§{password}"):
        variable = Variable(f"_email{kind}", Secret(value))
        assert "§" not in describe(SetVariable(variable), Observed((), (variable,), ()))


def test_a_literal_password_of_an_applet_is_not_shown() -> None:
    """Neither in what is new nor in what goes, though that line is told."""
    lines = tuple(f'action 1 mail server "bob:{word}@old.example" to "a@b.c"' for word in ("hunter2", "hunter3"))
    old, new = (AppletText("Alarm", (line,)) for line in lines)
    for before in (NOTHING, Observed((), (), (old,))):
        told = describe(InstallApplet(new), before)
        assert "hunter" not in told
        assert "applet" in told


def test_steps_in_short() -> None:
    """Kind and name, and no value."""
    assert in_short([NEW_TO, ALARM, UnsetVariable("x")]) == "variable _email_to, applet Alarm, unset-variable x"
    assert in_short([]) == ""


def test_hosts_are_counted() -> None:
    """One is no plural, none is."""
    assert [counted(number) for number in (0, 1, 2)] == ["0 hosts", "1 host", "2 hosts"]
