"""``plan --save FILE`` and ``rollout --plan FILE``: look, approve, and do exactly that."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mailtrust.errors import InventoryError, UsageError
from mailtrust.redact import Redactor
from mailtrust.report.model import Report
from mailtrust.report.run_json import moment
from runbooks.yaml_file import read_text

SCHEMA = "mailtrust.plan/1"


def save_plan(path: Path, report: Report, digests: Mapping[str, str], redactor: Redactor) -> int:
    """Write what would change on each host that could be looked at; returns how many hosts that are."""
    hosts = {
        host.name: {
            "digest": digests[host.name],
            "steps": [
                {"kind": step.kind, "target": step.target, "detail": redactor.redact(step.detail)}
                for step in host.steps
            ],
        }
        for host in report.hosts
        if digests.get(host.name) and host.state in {"planned", "unchanged"}
    }
    plan = {"schema": SCHEMA, "run": report.id, "made": moment(report.finished), "hosts": hosts, "digest": _seal(hosts)}
    try:
        _write(path, json.dumps(plan, indent=1) + "\n")
    except OSError as error:
        raise UsageError(f"{path}: the plan cannot be written ({error.strerror})") from error
    return len(hosts)


def _write(path: Path, text: str) -> None:
    """Whole or not at all, readable by its owner only, whatever was there before."""
    target = path.resolve()
    if target.exists() and not target.is_file():  # a pipe or a terminal: to be written to, never to be replaced
        target.write_text(text, encoding="utf-8")
        return
    handle, beside = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}.")  # made with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(beside).replace(target)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def read_plan(path: Path) -> Mapping[str, str]:
    """The digest of each host in a saved plan; raises InventoryError for a file that was changed since."""
    try:
        plan = json.loads(read_text(path))
        hosts = plan["hosts"]
        if plan["schema"] != SCHEMA or plan["digest"] != _seal(hosts):
            raise InventoryError(path, f"is no plan of schema {SCHEMA}, or has been edited since it was saved")
        return {name: host["digest"] for name, host in hosts.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InventoryError(
            path, f"is not a saved plan ({type(error).__name__}); make one with plan --save"
        ) from error


def _seal(hosts: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(hosts, sort_keys=True).encode()).hexdigest()
