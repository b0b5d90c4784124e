"""``run.json``, schema mailtrust.run/1: the form that every other one is made from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from mailtrust.findings import Finding
from mailtrust.model import HostOutcome, MailOutcome, StepOutcome
from mailtrust.report.model import Report

SCHEMA = "mailtrust.run/1"


def run_json(told: Mapping[str, Any]) -> str:
    """The text of the file for ``as_mapping``'s data, which is redacted by now; ended by a newline."""
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def as_mapping(report: Report) -> dict[str, Any]:
    """The report as plain data."""
    return {
        "schema": SCHEMA,
        "id": report.id,
        "verb": report.verb,
        "started": moment(report.started),
        "finished": moment(report.finished),
        "exit_code": report.exit_code,
        "version": report.version,
        "selected": len(report.hosts),
        "stopped": report.stopped,
        "totals": dict(report.totals),
        "hosts": [host_mapping(host) for host in report.hosts],
    }


def host_mapping(outcome: HostOutcome) -> dict[str, Any]:
    """One host as plain data: also what the journal keeps of it."""
    return asdict(outcome)


def host_from_mapping(data: Mapping[str, Any]) -> HostOutcome:
    """The inverse of ``host_mapping``."""
    return HostOutcome(
        **{
            **data,
            "steps": tuple(StepOutcome(**step) for step in data["steps"]),
            "mail": None if data["mail"] is None else MailOutcome(**data["mail"]),
            "findings": tuple(Finding(**finding) for finding in data["findings"]),
        }
    )


def moment(when: datetime) -> str:
    """UTC, whole seconds."""
    return when.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
