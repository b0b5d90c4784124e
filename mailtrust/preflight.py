"""Whether a router can be worked on at all."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from mailtrust.findings import Finding, finding
from mailtrust.model import Facts
from mailtrust.reading import is_ios_xe, sees_all

TOLERANCE = timedelta(hours=26)
"""The zone of the router's clock is unknown: up to 14 hours off are honest, more than a day is not."""

_MODE = re.compile(r"\(([^()]*)\)")
_MARKS = {"*": "was never set by an authority", ".": "has lost its synchronisation"}


def unfit(facts: Facts, prompt: str = "") -> tuple[Finding, ...]:
    """Why what this router shows may not be all of it; ``prompt`` is what stands before its ``#`` at EXEC."""
    if not is_ios_xe(facts):
        return (finding("MT409", f"the router calls itself {facts.software[:80]!r}"),)
    if (facts.view or facts.privilege is not None) and not sees_all(facts):
        seen = f"through the view {facts.view!r}" if facts.view else f"at privilege {facts.privilege}"
        return (finding("MT426", f"the login sees the router {seen}"),)
    if (mode := _MODE.fullmatch(prompt.removeprefix(facts.hostname))) and prompt.startswith(facts.hostname):
        return (finding("MT430", f"the router's prompt says {mode[1]}"),)
    return ()


def preflight(facts: Facts, *, now: datetime) -> tuple[Finding, ...]:
    """What stands in the way, or may do so later; ``now`` is aware."""
    if found := unfit(facts):
        return found
    findings = []
    if facts.controller_mode:
        findings.append(finding("MT410", f"{facts.software} says 'Router operating mode: Controller'"))
    if facts.eem is False:
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
