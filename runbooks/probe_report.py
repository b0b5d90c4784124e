"""What a probe found, as values: for the screen, for scripts, for a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from mailtrust.certificates import serial_hex
from mailtrust.chain import Judgement
from mailtrust.chain_input import Needed
from mailtrust.findings import Finding
from mailtrust.model import Certificate
from mailtrust.trust_text import Wanted
from runbooks.proposal import Proposal
from tasks.provider import Look

SCHEMA = "mailtrust.probe/1"
FAILED, DRIFT = 1, 4

Mode = Literal["look", "update", "check"]


@dataclass(frozen=True)
class Target:
    """What is looked at, and by which rules: an entry of providers.yaml, or just a server (``name`` is None)."""

    name: str | None
    server: str
    port: int
    install: str
    window: timedelta
    trust: Path | None

    @property
    def title(self) -> str:
        server = f"{self.server}:{self.port}" if self.server else "offline"
        return f"{self.name} ({server})" if self.name else server


@dataclass(frozen=True)
class Asked:
    """Offline, from a router's debugs: what it asked for, which certificates have these names, and what nobody has."""

    needed: Needed
    held: tuple[Certificate, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True)
class Probed:
    """One target: every session, what each chain means, and what separates the trust file from it (``drift``).

    ``wanted`` is what the file should hold; ``proposal`` is None when nothing can be proposed: no trust file, or an
    error among the findings of a provider that uses it.
    """

    target: Target
    looks: tuple[Look, ...]
    judgements: tuple[Judgement, ...]
    asked: Asked | None
    findings: tuple[Finding, ...]
    drift: tuple[Finding, ...]
    wanted: tuple[Wanted, ...] = ()
    proposal: Proposal | None = None

    @property
    def in_order(self) -> bool:
        return not any(one.severity == "error" for one in self.findings)


@dataclass(frozen=True)
class ProbeReport:
    """All that a probe has to say. ``written``: the trust files that were changed."""

    at: datetime
    mode: Mode
    probed: tuple[Probed, ...]
    written: tuple[Path, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 in order; 1 something could not be looked at, or no root vouches for it; 4 drift (of a check)."""
        if not all(one.in_order for one in self.probed):
            return FAILED
        drifted = any(told.severity != "note" for one in self.probed for told in one.drift)
        return DRIFT if self.mode == "check" and drifted else 0


def as_json(report: ProbeReport) -> dict[str, object]:
    """The report for other programs; certificates by SHA-256, each described once."""
    known = dict.fromkeys(one for probed in report.probed for one in _certificates(probed))
    return {
        "schema": SCHEMA,
        "at": report.at.isoformat(),
        "mode": report.mode,
        "exit_code": report.exit_code,
        "written": [str(path) for path in report.written],
        "certificates": {one.sha256: _certificate(one) for one in known},
        "providers": [_probed(one) for one in report.probed],
    }


def _certificates(probed: Probed) -> tuple[Certificate, ...]:
    judged = (one for each in probed.judgements for path in each.paths for one in path.certificates)
    seen = (one for look in probed.looks for one in look.chain)
    presented = (one for each in probed.judgements for one in each.presented.chain)
    return (*seen, *presented, *judged, *(probed.asked.held if probed.asked else ()))


def _certificate(one: Certificate) -> dict[str, object]:
    return {
        "subject": one.subject,
        "issuer": one.issuer,
        "serial": serial_hex(one.serial),
        "not_before": one.not_before.isoformat(),
        "not_after": one.not_after.isoformat(),
        "ca": one.is_ca,
    }


def _probed(probed: Probed) -> dict[str, object]:
    return {
        "provider": probed.target.name,
        "server": probed.target.server,
        "port": probed.target.port,
        "install": probed.target.install,
        "looks": [_look(one) for one in probed.looks],
        "judgements": [_judgement(one) for one in probed.judgements],
        "asked": _asked(probed.asked) if probed.asked else None,
        "findings": [_finding(one) for one in probed.findings],
        "drift": [_finding(one) for one in probed.drift],
        "diff": probed.proposal.diff if probed.proposal else None,
    }


def _look(look: Look) -> dict[str, object]:
    return {
        "address": look.address,
        "manner": look.manner,
        "sni": look.sni,
        "passed": {one.stage: one.detail for one in look.passed},
        "stopped": {"stage": look.stopped.stage, "reason": look.stopped.reason} if look.stopped else None,
        "chain": [one.sha256 for one in look.chain],
    }


def _judgement(judgement: Judgement) -> dict[str, object]:
    return {
        "where": judgement.presented.where,
        "sni": judgement.presented.sni,
        "chain": [one.sha256 for one in judgement.presented.chain],
        "paths": [
            {"certificates": [one.sha256 for one in path.certificates], "source": path.root.source}
            for path in judgement.paths
        ],
        "anchors": [one.sha256 for one in judgement.anchors],
        "sets": {policy: [one.sha256 for one in chosen] for policy, chosen in judgement.sets.items()},
    }


def _asked(asked: Asked) -> dict[str, object]:
    return {
        "issuers": [{"issuer": issuer, "serial": serial} for issuer, serial in asked.needed.issuers],
        "missing": list(asked.needed.missing),
        "held": [one.sha256 for one in asked.held],
        "absent": list(asked.absent),
    }


def _finding(one: Finding) -> dict[str, str]:
    return {"code": one.code, "severity": one.severity, "text": one.text, "remedy": one.remedy}
