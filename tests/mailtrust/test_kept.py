"""What is written down of a router before it is touched: enough to go back, and no password in clear."""

from __future__ import annotations

import json

import pytest

from mailtrust.kept import KeptError, as_mapping, from_mapping
from mailtrust.model import (
    AppletText,
    Authenticate,
    ConfigureTrustpoint,
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
PLAIN = AppletText("Plain", ("event none", "action 1 syslog msg x"))
UNTOUCHED = AppletText("Untouched", ("event none", "action 1 syslog msg mine"))


@pytest.fixture
def router(mint):
    ca = mint("Root")
    before = Observed(
        (Trustpoint("CA-X", ("enrollment terminal",), (ca.der,)), Trustpoint("Foreign", ("x",), ())),
        (SERVER, TO, KNOWN, Variable("theirs", Secret("foreign"))),
        (LITERAL, PLAIN, UNTOUCHED),
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


@pytest.mark.parametrize("seal", [None, reverse])
def test_no_password_is_in_clear(router, seal):
    """Neither one of a server string nor one that we know; and nothing of what is not touched."""
    text = written(router, seal)
    assert [word for word in (PASSWORD, "known-secret", "foreign", "Untouched", "mine") if word in text] == []


@pytest.mark.parametrize("seal", [None, reverse])
def test_without_the_key_what_was_hidden_is_lost(router, seal):
    """By name; no step speaks of it, and none of trust, which the server that stays may need."""
    kept = from_mapping(json.loads(written(router, seal)), None)
    assert kept.lost == ("Literal", "_email_server", "pin")
    assert [step.target for step in kept.steps] == ["_email_to", "fresh", "Plain", "mailtrust-test"]
    assert kept.before.variables == (TO,)
    assert kept.before.applets == (PLAIN,), "never half an applet"


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
