"""Outcomes of hosts -> a report, its exit code and run.json."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from mailtrust.findings import finding
from mailtrust.model import HostOutcome, MailOutcome, StepOutcome
from mailtrust.report.model import STATES, Report
from mailtrust.report.run_json import as_mapping, run_json

BEGUN = datetime(2026, 6, 1, 12, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))


def outcome(name: str, state: str = "changed") -> HostOutcome:
    return HostOutcome(
        name=name,
        state=state,
        seconds=1.25,
        round_trips=6,
        saved=True,
        steps=(StepOutcome("authenticate", "CA-Root-12345678", "done", "Root, until 2030"),),
        mail=MailOutcome(sent=True, arrived=None),
        findings=(finding("MT217", "a trustpoint"),),
    )


def report(verb: str = "rollout", **states: int) -> Report:
    hosts = [outcome(f"{state}-{number}", state) for state, count in states.items() for number in range(count)]
    return Report("id", verb, "1.2.3", BEGUN, BEGUN + timedelta(seconds=2), tuple(hosts))


@pytest.mark.parametrize(
    ("verb", "states", "code"),
    [
        ("rollout", {"unchanged": 2}, 0),
        ("rollout", {"changed": 1, "unchanged": 1}, 0),
        ("rollout", {"changed": 1, "failed": 1}, 1),
        ("rollout", {"unreachable": 1}, 1),
        ("plan", {"unchanged": 1}, 0),
        ("plan", {"planned": 1, "unchanged": 1}, 4),
        ("verify", {"planned": 1}, 4),
        ("verify", {"planned": 1, "failed": 1}, 1),
        ("verify", {"unreachable": 1, "planned": 1}, 1),
        ("check", {"unchanged": 3}, 0),
        ("check", {"failed": 1, "unchanged": 3}, 1),
    ],
)
def test_the_exit_code_tells_it_in_one_number(verb: str, states: Any, code: int) -> None:
    """0 done or in sync, 1 some host failed or was not reached, 4 changes pending for those who only look."""
    assert report(verb, **states).exit_code == code


def test_totals_count_every_state() -> None:
    """Each state has a number, be it 0, and they add up to the hosts."""
    totals = report(changed=2, failed=1, unreachable=3).totals
    assert list(totals) == list(STATES)
    assert {state: count for state, count in totals.items() if count} == {"changed": 2, "failed": 1, "unreachable": 3}


def test_run_json_is_what_scripts_rely_on() -> None:
    """The document of one host, key by key; times are UTC in whole seconds."""
    document = as_mapping(report(changed=1))
    host = document["hosts"][0]
    assert document["schema"] == "mailtrust.run/1"
    assert (document["started"], document["finished"]) == ("2026-06-01T10:00:00Z", "2026-06-01T10:00:02Z")
    assert (document["selected"], document["exit_code"], document["version"]) == (1, 0, "1.2.3")
    assert (host["name"], host["state"], host["seconds"], host["round_trips"], host["saved"]) == (
        "changed-0",
        "changed",
        1.25,
        6,
        True,
    )
    assert host["mail"] == {"sent": True, "arrived": None}
    step = {"kind": "authenticate", "target": "CA-Root-12345678", "state": "done"}
    assert step.items() <= host["steps"][0].items()
    assert {"code": "MT217", "text": "a trustpoint"}.items() <= host["findings"][0].items()
    assert host["findings"][0]["remedy"]


def test_run_json_is_json() -> None:
    """Ended by a newline, umlauts as they are, and read back the same."""
    value = report(failed=1)
    text = run_json(as_mapping(value))
    assert text.endswith("}\n")
    assert json.loads(text) == json.loads(json.dumps(as_mapping(value)))
