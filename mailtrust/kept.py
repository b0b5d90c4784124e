"""What is written down of a router before it is touched, so that the way back can be found later.

A value that may hold a password is sealed or left out, never written in clear.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from mailtrust.certificates import CertificateError, from_der
from mailtrust.errors import MailtrustError
from mailtrust.model import (
    AppletText,
    Authenticate,
    ConfigureTrustpoint,
    InstallApplet,
    Observed,
    RemoveApplet,
    SetVariable,
    Step,
    Trustpoint,
    Variable,
)
from mailtrust.redact import Redactor
from mailtrust.secret import Secret

SCHEMA = "mailtrust.before/1"

Seal = Callable[[str], str]
Hidden = Mapping[str, str]
"""``{"plain": text}``, ``{"sealed": token}`` or, where there is no key, ``{}``."""
Hide = Callable[[str], Hidden]


@dataclass(frozen=True, slots=True)
class Kept:
    """What an earlier run wrote down before it touched a router.

    ``lost`` names the variables and applets whose text it hid: no step speaks of them.
    """

    before: Observed
    steps: tuple[Step, ...]
    lost: tuple[str, ...]


def as_mapping(before: Observed, steps: Sequence[Step], redactor: Redactor, seal: Seal | None) -> dict[str, Any]:
    """What the steps touch, as it was, and the steps, as plain data.

    Whatever the redactor would change is sealed, or left out where there is no ``seal``.
    """
    hide = partial(_hide, redactor=redactor, seal=seal)
    touched = {step.target for step in steps}
    return {
        "schema": SCHEMA,
        "trustpoints": [
            {"name": each.name, "settings": list(each.settings), "chain": [der.hex() for der in each.chain]}
            for each in before.trustpoints
            if each.name in touched
        ],
        "variables": [
            {"name": each.name, "value": hide(_variable(each))} for each in before.variables if each.name in touched
        ],
        "applets": [_applet(each, hide) for each in before.applets if each.name in touched],
        "steps": [_step(each, hide) for each in steps],
    }


def from_mapping(data: Mapping[str, Any], unseal: Seal | None) -> Kept:
    """The way back out of ``as_mapping``; raises KeptError for data that it has not written.

    Without the key a variable or an applet that was sealed is in ``lost``: no step speaks of it, nor of trust.
    """
    try:
        if data["schema"] != SCHEMA:
            raise KeptError(f"expected schema {SCHEMA}, got {data['schema']}")
        return _kept(data, unseal)
    except (KeyError, TypeError, ValueError, CertificateError) as error:
        raise KeptError(f"this is not the state of a router ({type(error).__name__})") from error


class KeptError(MailtrustError):
    """A file that does not hold the state of a router, or is sealed with another key."""


def _kept(data: Mapping[str, Any], unseal: Seal | None) -> Kept:
    variables = {each["name"]: _shown(each["value"], unseal) for each in data["variables"]}
    applets = {each["name"]: _lines(each["lines"], unseal) for each in data["applets"]}
    before = Observed(
        trustpoints=tuple(
            Trustpoint(each["name"], tuple(each["settings"]), tuple(map(bytes.fromhex, each["chain"])))
            for each in data["trustpoints"]
        ),
        variables=tuple(Variable(name, Secret(value)) for name, value in variables.items() if value is not None),
        applets=tuple(AppletText(name, lines) for name, lines in applets.items() if lines is not None),
    )
    steps = [_step_back(each, unseal) for each in data["steps"]]
    unknown = {name for name, old in (*variables.items(), *applets.items()) if old is None}
    lost = unknown | {each["name"] for each, step in zip(data["steps"], steps, strict=True) if step is None}
    known_steps = [step for step in steps if step is not None and step.target not in lost]
    if lost:
        # The server stays the new one, so the trust that it needs has to stay as well.
        known_steps = [step for step in known_steps if not isinstance(step, ConfigureTrustpoint | Authenticate)]
    return Kept(before, tuple(known_steps), tuple(sorted(lost)))


def _variable(variable: Variable) -> str:
    return f"event manager environment {variable.name} {variable.value.reveal()}"


def _hide(line: str, redactor: Redactor, seal: Seal | None) -> Hidden:
    """A configuration line, in clear only when the redactor finds nothing in it."""
    if redactor.redact(line) == line:
        return {"plain": line}
    return {} if seal is None else {"sealed": seal(line)}


def _shown(hidden: Hidden, unseal: Seal | None) -> str | None:
    """The value of a hidden ``event manager environment`` line; None when it cannot be known."""
    line = _line(hidden, unseal)
    return None if line is None else line.split(" ", 4)[-1]


def _line(hidden: Hidden, unseal: Seal | None) -> str | None:
    if "plain" in hidden:
        return hidden["plain"]
    return unseal(hidden["sealed"]) if "sealed" in hidden and unseal is not None else None


def _lines(hidden: Sequence[Hidden], unseal: Seal | None) -> tuple[str, ...] | None:
    """The lines of an applet; None when one of them cannot be known: half an applet is worse than none."""
    lines = [_line(each, unseal) for each in hidden]
    known = tuple(line for line in lines if line is not None)
    return known if len(known) == len(lines) else None


def _applet(applet: AppletText, hide: Hide) -> dict[str, Any]:
    return {"name": applet.name, "lines": [hide(line) for line in applet.lines]}


def _step(step: Step, hide: Hide) -> dict[str, Any]:
    match step:
        case ConfigureTrustpoint(name, settings):
            return {"kind": step.kind, "name": name, "settings": list(settings)}
        case Authenticate(name, certificate):
            return {"kind": step.kind, "name": name, "certificate": certificate.der.hex()}
        case SetVariable(variable):
            return {"kind": step.kind, "name": variable.name, "value": hide(_variable(variable))}
        case InstallApplet(applet):
            return {"kind": step.kind, **_applet(applet, hide)}
        case _:
            return {"kind": step.kind, "name": step.target}


def _step_back(data: Mapping[str, Any], unseal: Seal | None) -> Step | None:
    """None for a variable or an applet whose text cannot be known."""
    name = data["name"]
    match data["kind"]:
        case "trustpoint":
            return ConfigureTrustpoint(name, tuple(data["settings"]))
        case "authenticate":
            return Authenticate(name, from_der(bytes.fromhex(data["certificate"])))
        case "variable":
            value = _shown(data["value"], unseal)
            return None if value is None else SetVariable(Variable(name, Secret(value)))
        case "applet":
            lines = _lines(data["lines"], unseal)
            return None if lines is None else InstallApplet(AppletText(name, lines))
        case "remove-applet":
            return RemoveApplet(name)
        case kind:
            raise ValueError(f"unknown kind of step {kind}")
