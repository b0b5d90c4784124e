"""What is known of one journey, whatever ends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from mailtrust.applet import TEST_APPLET
from mailtrust.errors import RouterError
from mailtrust.findings import finding
from mailtrust.kept import Kept, stamp
from mailtrust.model import (
    AppletText,
    ConfigureTrustpoint,
    InstallApplet,
    MailOutcome,
    Observed,
    RemoveApplet,
    SetVariable,
    Variable,
)
from mailtrust.redact import Redactor
from mailtrust.secret import Secret
from tasks.diary import Diary

PASSWORD = "s3cr3t-pw"
OLD_TO, NEW_TO = (Variable("_email_to", Secret(value)) for value in ("old@b.c", "new@b.c"))
ALARM = AppletText("Alarm", ("event none",))
TRUST, TO, APPLET = ConfigureTrustpoint("CA-X", ("a",)), SetVariable(NEW_TO), InstallApplet(ALARM)
NOTHING = Observed((), (), ())


@dataclass
class Spoken:
    """As much of a session as a diary reads."""

    transcript: list[str] = field(default_factory=list)
    round_trips: int = 3
    greeted: bool = True


def record(diary: Diary, state: Any = "changed") -> Any:
    return diary.record("r1", state, 1.23456, Redactor([Secret(PASSWORD)]).redact)


def states(diary: Diary, state: Any) -> list[tuple[str, str]]:
    return [(step.target, step.state) for step in record(diary, state).outcome.steps]


def test_the_first_error_ends_the_journey() -> None:
    """Notes and warnings are written down; errors are raised, all of them together, and not written twice."""
    diary = Diary()
    diary.note([finding("MT217", "a note")])
    with pytest.raises(RouterError) as error:
        diary.note([finding("MT412", "a warning"), finding("MT408", "one"), finding("MT409", "two")])
    assert [each.code for each in diary.findings] == ["MT217", "MT412"]
    assert [each.code for each in error.value.findings] == ["MT408", "MT409"]


def test_the_first_look_is_the_one_that_counts() -> None:
    """On a second journey the router is no longer what it was before."""
    diary = Diary()
    before = Observed((), (OLD_TO,), ())
    diary.looked(before, NOTHING, None)
    diary.looked(NOTHING, NOTHING, Kept(NOTHING, (TO,), ("x",)))
    assert (diary.before, diary.begun, diary.lost) == (before, [], ())


def test_what_an_earlier_run_began_counts_as_begun() -> None:
    """Without a proof its work is this run's to take back, to how the router was before it."""
    diary = Diary()
    somebodys = AppletText("Mine", ("event none", "action 1 syslog msg x"))
    now = Observed((), (NEW_TO,), (ALARM, somebodys))
    others = (stamp(somebodys), "mail.tcl")
    diary.looked(now, NOTHING, Kept(Observed((), (OLD_TO,), ()), (TO, APPLET), ("_email_server",), others))
    assert diary.before == Observed((), (OLD_TO,), (somebodys,))
    assert (diary.begun, diary.lost, diary.others) == ([TO, APPLET], ("_email_server",), others)
    assert diary.to_undo == (TO, APPLET)


@pytest.mark.parametrize(
    ("diary", "steps"),
    [
        ({}, (TO, APPLET)),
        ({"testing": True}, (TO, APPLET, RemoveApplet(TEST_APPLET))),
        ({"proven": True}, ()),
        ({"proven": True, "testing": True}, (RemoveApplet(TEST_APPLET),)),
        ({"findings": [finding("MT437", "x")]}, ()),
        ({"begun": []}, ()),
    ],
)
def test_what_would_have_to_be_taken_back(diary: dict[str, Any], steps: tuple[Any, ...]) -> None:
    """What was begun, unless a mail has proven it or the first look was wrong; the test applet in any case."""
    assert Diary(**{"begun": [TO, APPLET], **diary}).to_undo == steps


def test_a_step_is_begun_once() -> None:
    """However many journeys type it."""
    diary = Diary()
    for step in (TO, APPLET, TO):
        diary.begin(step)
    assert diary.begun == [TO, APPLET]


def test_what_is_planned_no_more_has_been_done() -> None:
    """The second journey plans the rest; the report has each step once, in its order, as it ended."""
    diary = Diary(before=NOTHING)
    diary.planned((TRUST, TO, APPLET))
    assert states(diary, "failed") == [("CA-X", "failed"), ("_email_to", "planned"), ("Alarm", "planned")]
    diary.planned((APPLET,))
    assert states(diary, "failed") == [("CA-X", "done"), ("_email_to", "done"), ("Alarm", "failed")]
    diary.planned((TO, APPLET))
    assert states(diary, "failed") == [("CA-X", "done"), ("_email_to", "failed"), ("Alarm", "planned")]
    diary.planned(())
    assert {state for _, state in states(diary, "changed")} == {"done"}
    diary.undone = True
    assert {state for _, state in states(diary, "failed")} == {"undone"}


@pytest.mark.parametrize(
    ("diary", "state", "told"),
    [
        ({"save_pending": True}, "changed", "planned"),
        ({"save_pending": True}, "failed", "failed"),
        ({"saved": True}, "changed", "done"),
        ({}, "changed", None),
    ],
)
def test_saving_is_a_step_of_its_own(diary: dict[str, Any], state: str, told: str | None) -> None:
    """Where there is something to be saved."""
    assert states(Diary(**diary), state) == ([] if told is None else [("startup-config", told)])


@pytest.mark.parametrize(
    ("diary", "state", "settled"),
    [
        ({"begun": [TO]}, "changed", True),
        ({}, "unchanged", True),
        ({"begun": [TO]}, "failed", False),
        ({"begun": [TO], "undone": True}, "failed", True),
        ({"begun": [TO], "proven": True}, "failed", True),
        ({}, "failed", True),
        ({}, "interrupted", True),
        ({"before": None}, "failed", False),
        ({"before": None}, "unreachable", False),
    ],
)
def test_whether_the_next_run_has_to_know(diary: dict[str, Any], state: str, settled: bool) -> None:
    """Not after a proof, a way back that was seen, or a look alone; but where nobody knows the end, or ever looked."""
    assert record(Diary(**{"before": NOTHING, **diary}), state).settled is settled


def test_an_earlier_run_is_settled_by_a_proof_or_a_way_back() -> None:
    """An unchanged router proves nothing about what an earlier run began on it."""
    for how, settled in (({}, False), ({"proven": True}, True), ({"undone": True}, True)):
        diary = Diary(**how)
        diary.looked(NOTHING, NOTHING, Kept(NOTHING, (TO,), ()))
        assert record(diary, "unchanged").settled is settled


def test_the_record_holds_no_secret_and_nothing_that_acts() -> None:
    """Findings, steps and transcript are redacted and made plain when the record is made."""
    server = SetVariable(Variable("_email_server", Secret(f"bob:{PASSWORD}@x.y")))
    applet = InstallApplet(AppletText("A", (f'action 1 syslog msg "{PASSWORD} \x1b[2J"',)))
    told = finding("MT408", f"it said {PASSWORD}\nand \x1b[31mred")
    diary = Diary(
        findings=[told], sessions=[Spoken([f"R1#show\n{PASSWORD[:4]}", f"{PASSWORD[4:]}\r\n\x1b]0;x\x07R1#"])]
    )
    diary.planned((server, applet))
    made = record(diary, "failed")
    assert PASSWORD not in repr(made)
    assert "\x1b" not in repr(made).encode().decode("unicode_escape", "replace")
    assert "\n" not in made.outcome.findings[0].text
    assert made.transcript.startswith("R1#show\n***\n")


def test_the_record_tells_all_once() -> None:
    """The time to the millisecond, the waits of all lines, each finding once, and what else is known."""
    diary = Diary(sessions=[Spoken(), Spoken()], mail=MailOutcome(True, None), saved=True, digest="d")
    diary.findings += [finding("MT217", "a note"), finding("MT217", "a note"), finding("MT217", "another")]
    made = record(diary)
    outcome = made.outcome
    assert (outcome.name, outcome.state, outcome.seconds, outcome.round_trips) == ("r1", "changed", 1.235, 6)
    assert (outcome.saved, outcome.mail, made.digest) == (True, MailOutcome(True, None), "d")
    assert [each.text for each in outcome.findings] == ["a note", "another"]


def test_an_applet_whose_mode_nobody_saw_left_is_typed_again() -> None:
    """IOS takes an applet up when its mode is left: over a lost line that may never have happened."""
    diary, there = Diary(), Observed((), (), (ALARM,))
    diary.begin(APPLET)
    assert diary.once_more((), there) == (APPLET,)
    assert diary.once_more((APPLET,), there) == (), "it is planned anyway"
    assert diary.once_more((), NOTHING) == (), "it is not there: then it is planned"
    diary.left_open.clear()
    assert diary.once_more((), there) == ()
