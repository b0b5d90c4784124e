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
from mailtrust.reading import IOS_XE, QUESTIONS, Reading, ReadingError, facts, observed, read

CASES = sorted((Path(__file__).resolve().parents[1] / "cases/reading").iterdir())


def replies(case: Path) -> list[str]:
    return [path.read_bytes().decode() for path in sorted(case.glob("[1-5]-*.txt"))]


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
        "applets": [[applet.name, list(applet.lines)] for applet in router.applets],
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path) -> None:
    """The five replies of one router give exactly these values, or exactly this error."""
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    if "error" in expected:
        with pytest.raises(ReadingError) as error:
            read(replies(case))
        assert expected["error"] in str(error.value)
    else:
        assert shown(read(replies(case))) == expected


def test_a_reply_too_few_is_an_error() -> None:
    """Replies that do not match the questions are never taken for an empty router."""
    with pytest.raises(ReadingError, match="expected 5 replies, got 4"):
        read([""] * (len(QUESTIONS) - 1))


def test_order_and_noise_do_not_matter() -> None:
    """The same configuration in another order of blocks gives the same trustpoints."""
    text = replies(next(case for case in CASES if case.name == "usual"))[3]
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


# --- laws ----------------------------------------------------------------------------------------------------------

_WORDS = st.sampled_from(
    """\
crypto pki trustpoint A|crypto pki certificate chain A| certificate ca 01|  30820321 3082|  \tquit|!|certificate
event manager applet X|event manager environment _x| event none|% Invalid input|*12:00:00.1 UTC Mon Jun 1 2026
 certificate ca 01 nvram:x|\x00|\u2028| |Cisco IOS XE Software, Version 17|*Jun  1 12:00:01.5: %SYS-5-CONFIG_I: x
""".replace("\n", "|").split("|")
)


@given(st.lists(st.lists(_WORDS | st.text(max_size=20), max_size=8).map("\n".join), min_size=5, max_size=5))
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
