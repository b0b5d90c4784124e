"""Steps and outcomes in words, for people who decide."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from mailtrust.model import (
    AppletText,
    Authenticate,
    ConfigureTrustpoint,
    HostOutcome,
    InstallApplet,
    Observed,
    RemoveApplet,
    RemoveTrustpoint,
    SetVariable,
    Step,
    UnsetVariable,
)
from mailtrust.plan import named


def counted(number: int) -> str:
    """``1 host``, ``2 hosts``."""
    return f"{number} {'host' if number == 1 else 'hosts'}"


def describe(step: Step, before: Observed) -> str:
    """What the step would change on this router. A variable's value may be a secret: redact before showing."""
    match step:
        case ConfigureTrustpoint(name, settings):
            return f"{'new' if named(before.trustpoints, name) is None else 'settings'}: {', '.join(settings)}"
        case Authenticate(_, certificate):
            return f"{certificate.common_name}, until {certificate.not_after:%Y-%m-%d}, SHA-256 {certificate.sha256}"
        case SetVariable(variable):
            old = named(before.variables, variable.name)
            was = "not set before" if old is None else f"was {old.value.reveal()}"
            return f"{variable.value.reveal()} ({was})"
        case InstallApplet(applet):
            return _applet(applet, named(before.applets, applet.name))
        case RemoveApplet():
            return "it was not there before, or is left over from a test that was cut off"
        case UnsetVariable() | RemoveTrustpoint():
            return "it was not there before"


def in_short(steps: Sequence[Step]) -> str:
    """Which steps, without what they say."""
    return ", ".join(f"{step.kind} {step.target}" for step in steps)


def in_words(outcome: HostOutcome) -> str:
    """One host's outcome as lines."""
    mail = {None: "no test mail", True: "test mail sent", False: "test mail failed"}
    first = (
        f"{outcome.state}; {mail[None if outcome.mail is None else outcome.mail.sent]}; "
        f"{'saved' if outcome.saved else 'not saved'}; {outcome.round_trips} waits in {outcome.seconds:.1f} s"
    )
    lines = [first]
    lines += [f"{step.state:8}{step.kind} {step.target}: {step.detail}" for step in outcome.steps]
    for finding in outcome.findings:
        lines += [f"{finding.code} {finding.severity}: {finding.text}", f"      remedy: {finding.remedy}"]
    return "\n".join(lines)


def _applet(applet: AppletText, old: AppletText | None) -> str:
    if old is None:
        return "\n".join(["new applet", *(f"  + {line}" for line in applet.lines)])
    changes = [line for line in difflib.ndiff(old.lines, applet.lines) if line[0] in "+-"]
    return "\n".join(["changed applet", *(f"  {line}" for line in changes)])
