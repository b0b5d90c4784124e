"""Steps and outcomes in words."""

from __future__ import annotations

from typing import Any

import pytest

from mailtrust.describe import describe, in_words
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
    SetVariable,
    StepOutcome,
    Trustpoint,
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
