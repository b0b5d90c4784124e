"""Steps and outcomes in words, for people who decide."""

from __future__ import annotations

import difflib
import re
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
    Variable,
)
from mailtrust.plan import named
from mailtrust.redact import HIDDEN, Redactor


def counted(number: int) -> str:
    """``1 host``, ``2 hosts``."""
    return f"{number} {'host' if number == 1 else 'hosts'}"


def describe(step: Step, before: Observed) -> str:
    """What the step would change on this router, without any value that may be a secret."""
    match step:
        case ConfigureTrustpoint(name, settings):
            return f"{'new' if named(before.trustpoints, name) is None else 'settings'}: {', '.join(settings)}"
        case Authenticate(_, certificate):
            return f"{certificate.common_name}, until {certificate.not_after:%Y-%m-%d}, SHA-256 {certificate.sha256}"
        case SetVariable(variable):
            old = named(before.variables, variable.name)
            return f"{shown(variable)} ({'not set before' if old is None else f'was {shown(old)}'})"
        case InstallApplet(applet):
            return _applet(applet, named(before.applets, applet.name))
        case RemoveApplet():
            return "it was not there before, or is left over from a test that was cut off"
        case UnsetVariable() | RemoveTrustpoint():
            return "it was not there before"


def shown(variable: Variable) -> str:
    """A variable as a person may see it: a server string without its password, addresses, or that there is a value."""
    value = variable.value.reveal()
    if (server := _SERVER.fullmatch(value)) and variable.name.endswith("_server"):
        return f"{server['login']}:{HIDDEN}@{server['host']}" if server["login"] else server["host"]
    return value if _ADDRESSES.fullmatch(value) else "another value"


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


# The password goes from the first colon to the last at sign: it may hold either, and blanks.
_HOST = r"\[[\w.:]+\]|[\w.-]+|(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f.]*"
_SERVER = re.compile(rf"(?:(?P<login>[^\s:@]+):.*@|[^\s:@]+@)?(?P<host>{_HOST})")
_ADDRESS = r"[\w.+%-]+@[\w.-]+"
_ADDRESSES = re.compile(rf"{_ADDRESS}(?:[,;] ?{_ADDRESS})*")


def _applet(applet: AppletText, old: AppletText | None) -> str:
    lines = _redacted(applet)
    if old is None:
        return "\n".join(["new applet", *(f"  + {line}" for line in lines)])
    changes = [line for line in difflib.ndiff(_redacted(old), lines) if line[0] in "+-"]
    return "\n".join(["changed applet", *(f"  {line}" for line in changes)])


def _redacted(applet: AppletText) -> list[str]:
    redact = Redactor(()).redact
    return [redact(line) for line in applet.lines]
