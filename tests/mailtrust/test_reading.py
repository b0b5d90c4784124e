"""What a router says -> values: one folder a case in tests/cases/reading, a reply a file in the order of QUESTIONS."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrust.errors import MailtrustError
from mailtrust.model import Observed
from mailtrust.reading import (
    IOS_XE,
    QUESTIONS,
    Reading,
    ReadingError,
    Unproven,
    facts,
    facts_proven,
    is_ios_xe,
    observed,
    read,
    sees_all,
    whole,
)

CASES = sorted((Path(__file__).resolve().parents[1] / "cases/reading").iterdir())


USUAL = next(case for case in CASES if case.name == "usual")


def replies(case: Path) -> list[str]:
    return [path.read_bytes().decode() for path in sorted(case.glob("[1-6]-*.txt"))]


def shown(reading: Reading) -> dict[str, Any]:
    known = {**asdict(reading.facts), "clock": reading.facts.clock.isoformat()}
    return {"facts": known, "observed": _had(reading.observed), "startup": _had(reading.startup)}


def _had(router: Observed) -> dict[str, Any]:
    return {
        "trustpoints": [
            {
                "name": one.name,
                "settings": list(one.settings),
                "chain": [hashlib.sha256(der).hexdigest() for der in one.chain],
            }
            for one in router.trustpoints
        ],
        "variables": [[variable.name, variable.value.reveal()] for variable in router.variables],
        "applets": [[applet.name, list(applet.lines), applet.options] for applet in router.applets],
        "policies": list(router.policies),
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path) -> None:
    """The six replies of one router give exactly these values, or exactly this error."""
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    if "error" in expected:
        with pytest.raises(ReadingError) as error:
            read(replies(case))
        assert expected["error"] in str(error.value)
    else:
        assert shown(read(replies(case))) == expected


def test_a_reply_too_few_is_an_error() -> None:
    """Replies that do not match the questions are never taken for an empty router."""
    with pytest.raises(ReadingError, match="expected 6 replies, got 5"):
        read([""] * (len(QUESTIONS) - 1))


def test_order_and_noise_do_not_matter() -> None:
    """The same configuration in another order of blocks gives the same trustpoints."""
    text = replies(USUAL)[3]
    blocks = text.replace("\ncrypto", "\0crypto").replace("\nevent", "\0event").split("\0")
    turned = observed("\n".join(reversed(blocks)))
    assert sorted(turned.trustpoints, key=lambda one: one.name) == sorted(
        observed(text).trustpoints, key=lambda one: one.name
    )
    assert set(turned.variables) == set(observed(text).variables)


def test_a_password_of_a_variable_is_a_secret() -> None:
    """What a variable holds cannot be read off the value by accident."""
    (variable,) = observed("event manager environment _email_server u:pa55word@smtp.example.com").variables
    assert "pa55word" not in repr(variable)
    assert variable.value.reveal() == "u:pa55word@smtp.example.com"


# --- an answer proves itself ---------------------------------------------------------------------------------------

REFUSED = (
    "Command authorization failed.",
    "Command rejected: this login may not see that",
    "%Error: something is amiss",
    "Unable to get configuration. Try again later.",
    "%% Low on memory; try again later",
    "% Permission denied",
    "startup-config file open failed (Device or resource busy)",
    "words that nobody has heard before",
    "",
)


@pytest.mark.parametrize("words", REFUSED)
@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_no_question_takes_a_refusal_for_an_answer(number: int, words: str) -> None:
    """Whichever of the six is refused, in whatever words or none: an error that names it and quotes the router."""
    given_replies = replies(USUAL)
    given_replies[number] = f"{words}\n\n"
    if number == 0 and words == REFUSED[-2]:
        assert not is_ios_xe(read(given_replies).facts), "words that refuse nothing are what the device calls itself"
        return
    with pytest.raises(Unproven) as error:
        read(given_replies)
    assert str(error.value).startswith(QUESTIONS[number].partition("|")[0].strip())
    assert (words or "nothing") in str(error.value)


SMALL = """\
version 17.9
crypto pki trustpoint Empty
 enrollment terminal
 revocation-check none
!
event manager environment _email_to noc@example.com
event manager applet Alarm
 event none
 action 1.0 syslog msg "at the end"
end
"""


@pytest.mark.parametrize("number", [3, 4])
def test_a_configuration_that_is_cut_anywhere_is_none(number: int) -> None:
    """At every character, at the end and at the beginning: never a smaller configuration."""
    text = SMALL
    for at in range(1, len(text)):
        for part in (text[: at - 1], text[at:]):
            given_replies = replies(USUAL)
            given_replies[number] = part
            with pytest.raises(ReadingError):
                read(given_replies)


def test_the_whole_of_a_configuration_has_both_ends() -> None:
    """Messages, sizes and a prompt around them do not matter; anything else after the end does."""
    text = "Building configuration...\n\nCurrent configuration : 9 bytes\nversion 17.9\nend\n\nr1#\n"
    assert whole(text, "show it") == text
    for odd in ("version 17.9\nend\nversion 17.9", "version\nend", "inversion 17.9\nend", "end", "", "version 17.9"):
        with pytest.raises(Unproven, match="show it: an answer"):
            whole(odd, "show it")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("event manager environment _x hunter2", "event manager environment _x ..."),
        (' action 1.0 mail server "bob:hunt', "action 1.0 mail ..."),
    ],
)
def test_an_error_quotes_no_value(line: str, told: str) -> None:
    """What a cut line holds may be half a password, which nobody else could tell any more."""
    for text in (f"version 17.9\n{line}", f"{line}\nend"):
        with pytest.raises(Unproven) as error:
            whole(text, "show it")
        assert told in str(error.value)
        assert "hunt" not in str(error.value)


def test_a_router_on_which_nothing_was_saved_has_nothing_saved() -> None:
    """The one answer that is no configuration and no failure; whatever else is said with it is one."""
    answers = replies(USUAL)
    for words in ("startup-config is not present", "%% startup-config is not present.\n\n"):
        assert read([*answers[:4], words, answers[5]]).startup == Observed((), (), ())
    with pytest.raises(Unproven):
        read([*answers[:4], "startup-config is not present\n%Error opening nvram:", answers[5]])


@pytest.mark.parametrize(
    ("words", "known"),
    [
        ("Embedded Event Manager Version 4.00\n", True),
        ("         ^\n% Invalid input detected at '^' marker.\n", False),
        ('% Ambiguous command:  "show event manager version"\n', False),
        ("% Unknown command\n", False),
    ],
)
def test_event_manager_is_there_or_the_parser_does_not_know_it(words: str, known: bool) -> None:
    """Yes and no each have words of their own."""
    version, clock, _, _, _, privilege = replies(USUAL)
    assert facts_proven(version, clock, words, privilege).eem is known


@pytest.mark.parametrize(
    ("privilege", "sees"),
    [
        ("Current privilege level is 15", True),
        ("Current privilege level is 14", False),
        ("Current privilege level is 1", False),
        ("Currently in View Context with view 'root'", True),
        ("Currently in View Context with view 'NOC'", False),
        ("Currently in View Context with view 'NOC'\nCurrent privilege level is 15", False),
        ("Currently in View Context with view 'root'\nCurrent privilege level is 15", True),
    ],
)
def test_who_sees_all(privilege: str, sees: bool) -> None:
    """Privilege 15 outside of any view, or the view ``root``; of anybody else nothing but the facts is read."""
    answers = [*replies(USUAL)[:5], privilege]
    reading = read(answers)
    assert sees_all(reading.facts) is sees
    assert bool(reading.observed.trustpoints) is sees


def test_what_others_may_see_decides_nothing() -> None:
    """A login that sees less fails for that, not for what it was refused: EEM, running-config, startup-config."""
    denied = "Command authorization failed.\n"
    version, clock, *_ = replies(USUAL)
    reading = read([version, clock, denied, denied, denied, "Current privilege level is 7"])
    assert (reading.facts.privilege, reading.facts.eem) == (7, None)
    assert reading.observed == reading.startup == Observed((), (), ())


# --- laws ----------------------------------------------------------------------------------------------------------

_WORDS = st.sampled_from(
    """\
crypto pki trustpoint A|crypto pki certificate chain A| certificate ca 01|  30820321 3082|  \tquit|!|certificate
event manager applet X|event manager environment _x| event none|% Invalid input|*12:00:00.1 UTC Mon Jun 1 2026
 certificate ca 01 nvram:x|\x00|\u2028| |Cisco IOS XE Software, Version 17|*Jun  1 12:00:01.5: %SYS-5-CONFIG_I: x
""".replace("\n", "|").split("|")
)


@given(st.lists(st.lists(_WORDS | st.text(max_size=20), max_size=8).map("\n".join), min_size=6, max_size=6))
def test_arbitrary_replies_are_our_error_or_a_value(given_replies: list[str]) -> None:
    """Whatever text a router sends, only our own errors come out."""
    with suppress(MailtrustError):
        read(given_replies)


@given(data=st.data())
def test_mutated_replies_are_our_error_or_a_value(data: st.DataObject) -> None:
    """Real replies with lines cut, doubled, lost or spoilt bring only our own errors, and no invented trustpoint."""
    lines = replies(data.draw(st.sampled_from(CASES)))[3].splitlines()
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, max(len(lines) - 1, 0)))
        lines[at : at + 1] = data.draw(
            st.sampled_from(
                [[], lines[at : at + 1] * 2, [line[: len(line) // 2] for line in lines[at : at + 1]], ["\ufffd"]]
            )
        )
    with suppress(MailtrustError):
        for trustpoint in observed("\n".join(lines)).trustpoints:
            assert any(trustpoint.name in line for line in lines)


@given(st.text(max_size=60))
def test_arbitrary_clocks_are_our_error_or_a_value(clock: str) -> None:
    """No clock, however strange, brings a foreign exception out."""
    with suppress(ReadingError):
        facts("Cisco IOS XE Software", clock, "")


# --- real material -------------------------------------------------------------------------------------------------


def test_real_versions_are_told_apart(shared: Path) -> None:
    """Every recorded ``show version`` is read, and IOS XE is known from classic IOS by it."""
    clock = "12:00:00.123 UTC Mon Jun 1 2026"
    texts = [path.read_text() for path in (shared / "transcripts/show-version").glob("*.txt")]
    assert len(texts) > 25
    for text in texts:
        said = "IOS XE" in text[:400] or "IOS-XE" in text[:400]
        assert bool(IOS_XE.search(facts(text, clock, "").software)) == said, text[:200]


def test_real_clocks_are_read(shared: Path) -> None:
    """Every recorded ``show clock`` is read, with its mark."""
    marks = [
        facts("Cisco IOS XE Software", path.read_text(), "").clock_mark
        for path in sorted((shared / "transcripts/show-clock").glob("*.txt"))
    ]
    assert sorted(marks) == ["", "*", "*", "."]


def test_a_real_chain_is_read(shared: Path) -> None:
    """The certificate of a Catalyst 9000's running-config comes out with the digest that the router printed."""
    section = (shared / "transcripts/field/show_run_cert_chain__catalyst9k_SLA-TrustPoint.txt").read_text()
    (trustpoint,) = observed(section).trustpoints
    (der,) = trustpoint.chain
    assert hashlib.sha1(der).hexdigest().upper() == "5CA95FB6E2980EC15AFB681BBB7E62B5AD3FA8B8"
