"""Whether a router can be worked on at all."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from mailtrust.findings import Finding, finding
from mailtrust.model import Facts
from mailtrust.reading import IOS_XE

TOLERANCE = timedelta(hours=26)
"""The zone of the router's clock is unknown: up to 14 hours off are honest, more than a day is not."""

_MARKS = {"*": "was never set by an authority", ".": "has lost its synchronisation"}


def preflight(facts: Facts, *, now: datetime) -> tuple[Finding, ...]:
    """What stands in the way, or may do so later; ``now`` is aware."""
    if not IOS_XE.search(facts.software):
        return (finding("MT409", f"the router calls itself {facts.software[:80]!r}"),)
    findings = []
    if facts.controller_mode:
        findings.append(finding("MT410", f"{facts.software} says 'Router operating mode: Controller'"))
    if not facts.eem:
        findings.append(finding("MT413", "the router does not know 'show event manager version'"))
    return (*findings, *_clock(facts, now.astimezone(timezone.utc).replace(tzinfo=None)))


def _clock(facts: Facts, now: datetime) -> tuple[Finding, ...]:
    if abs(facts.clock - now) > TOLERANCE:
        return (
            finding("MT411", f"the router's clock says {facts.clock:%Y-%m-%d %H:%M}, it is {now:%Y-%m-%d %H:%M} UTC"),
        )
    if facts.clock_mark:
        return (finding("MT412", f"the clock {_MARKS[facts.clock_mark]} ('{facts.clock_mark}' before the time)"),)
    return ()
