"""What is written down of a router before it is touched, so that the way back can be found later.

A value that may hold a password is sealed or left out, never written in clear.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from mailtrust.applet import digest, same
from mailtrust.certificates import CertificateError, from_der
from mailtrust.errors import MailtrustError
from mailtrust.model import (
    AppletText,
    Authenticate,
    ConfigureTrustpoint,
    Desired,
    InstallApplet,
    Observed,
    RemoveApplet,
    SetVariable,
    Step,
    Trustpoint,
    Variable,
)
from mailtrust.plan import Named, named
from mailtrust.redact import Redactor
from mailtrust.secret import Secret

SCHEMA = "mailtrust.before/1"

Seal = Callable[[str], str]
Hidden = Mapping[str, str]
"""``{"plain": text}``, ``{"sealed": token}`` or, where there is no key, ``{}``."""
Hide = Callable[..., Hidden]
_STRUCTURE = Redactor(())
_NO_WORD = 16
"""So long is no part of a word by chance: a secret of this length is found inside of longer words as well."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What an earlier run wrote down before it touched a router.

    ``lost`` names the variables and applets whose text it hid: no step speaks of them.
    """

    before: Observed
    steps: tuple[Step, ...]
    lost: tuple[str, ...]
    others: tuple[str, ...] = ()
    """What all applets and scripts were that were there, touched or not: their ``stamp``."""
    held_back: tuple[Step, ...] = ()
    """Steps that are known, and must not be taken back while something is lost: trust first of all."""
    hidden: frozenset[str] = frozenset()
    """Of what is lost: the names under which something was there before."""


def stamp(applet: AppletText) -> str:
    """Name and digest: whether an applet is still the same can be told by it, and no password be guessed from it."""
    return f"{applet.name} {digest(map(_STRUCTURE.redact, applet.lines))}"


def as_mapping(before: Observed, steps: Sequence[Step], redactor: Redactor, seal: Seal | None) -> dict[str, Any]:
    """What the steps touch, as it was, and the steps, as plain data.

    A line in which a password may stand is sealed, or left out where there is no ``seal``.
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
        "others": [*map(stamp, before.applets), *before.policies],
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
    applets = {each["name"]: _applet_back(each, unseal) for each in data["applets"]}
    before = Observed(
        trustpoints=tuple(
            Trustpoint(each["name"], tuple(each["settings"]), tuple(map(bytes.fromhex, each["chain"])))
            for each in data["trustpoints"]
        ),
        variables=tuple(Variable(name, Secret(value)) for name, value in variables.items() if value is not None),
        applets=tuple(each for each in applets.values() if each is not None),
    )
    steps = [_step_back(each, unseal) for each in data["steps"]]
    unknown = {name for name, old in (*variables.items(), *applets.items()) if old is None}
    lost = unknown | {each["name"] for each, step in zip(data["steps"], steps, strict=True) if step is None}
    known_steps = [step for step in steps if step is not None]
    # The server stays the new one, so the trust that it needs has to stay as well.
    held = [step for step in known_steps if lost and (step.target in lost or isinstance(step, _TRUST))]
    return Kept(
        before,
        steps=tuple(step for step in known_steps if step not in held),
        lost=tuple(sorted(lost)),
        others=tuple(data.get("others", ())),
        held_back=tuple(held),
        hidden=frozenset(unknown),
    )


_TRUST = (ConfigureTrustpoint, Authenticate)


def recovered(kept: Kept, desired: Desired, now: Observed, startup: Observed | None) -> Kept:
    """With what was lost, as far as it can be told without a key.

    What that run wrote is what is wished and there now; what was there before a run that was never saved is what the
    router would come back with (``startup``; None where that run has saved).
    """
    old = {name: _known(startup, name) for name in kept.lost if name in kept.hidden}
    steps = {name: _rewritten(kept, desired, now, name) for name in kept.lost}
    still = [name for name in kept.lost if steps[name] is None or (name in kept.hidden and old[name] is None)]
    found = [each for name, each in old.items() if each is not None and name not in still]
    again = [step for name, step in steps.items() if step is not None and name not in still]
    trust = () if still else tuple(step for step in kept.held_back if isinstance(step, _TRUST))
    return replace(
        kept,
        before=replace(
            kept.before,
            variables=(*kept.before.variables, *(each for each in found if isinstance(each, Variable))),
            applets=(*kept.before.applets, *(each for each in found if isinstance(each, AppletText))),
        ),
        steps=(*trust, *again, *kept.steps),
        lost=tuple(still),
    )


def _known(router: Observed | None, name: str) -> Variable | AppletText | None:
    if router is None:
        return None
    return named(router.variables, name) or named(router.applets, name)


def _rewritten(kept: Kept, desired: Desired, now: Observed, name: str) -> Step | None:
    """The step of that name, as it was kept or as wish and router agree on it."""
    if held := [step for step in kept.held_back if step.target == name]:
        return held[0]
    if (variable := named(desired.variables, name)) is not None and variable in now.variables:
        return SetVariable(variable)
    applet, there = named(desired.applets, name), named(now.applets, name)
    return None if applet is None or there is None or not same(applet, there) else InstallApplet(applet)


_VARIABLE = re.compile(r"^event manager environment \S+ ")
"""IOS's own words are no secret, even where somebody's password reads ``manager``."""


def _variable(variable: Variable) -> str:
    return f"event manager environment {variable.name} {variable.value.reveal()}"


def _hide(line: str, redactor: Redactor, seal: Seal | None, *, secret: bool = False) -> Hidden:
    """A configuration line, in clear only where no password stands by its look, and no known one."""
    value = _VARIABLE.sub("", line)
    if not secret and _STRUCTURE.redact(line) == line and not _holds_known(value, redactor):
        return {"plain": line}
    return {} if seal is None else {"sealed": seal(line)}


def _holds_known(value: str, redactor: Redactor) -> bool:
    """Whether a known secret stands there, in any spelling; ``admin`` stands in ``admin@b.c``, not in ``netadmins``.

    What is hidden without need may be lost for the way back, so a word that only holds a short secret is none.
    """
    if redactor.redact(value) == value:
        return False
    return Redactor(_not_by_chance(value, redactor.secrets)).redact(value) != value


def _not_by_chance(value: str, secrets: Iterable[Secret]) -> Iterator[Secret]:
    """The secrets without those that are nothing but a part of longer words here."""
    for secret in secrets:
        text = secret.reveal()
        if len(text) >= _NO_WORD or text not in value or _stands_alone(text, value):
            yield secret


def _stands_alone(text: str, value: str) -> bool:
    """Whether it is found where neither letter nor digit goes on with its own."""
    before = "(?<![^\\W_])" if text[:1].isalnum() else ""
    behind = "(?![^\\W_])" if text[-1:].isalnum() else ""
    return re.search(f"{before}{re.escape(text)}{behind}", value) is not None


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
    """In clear only where no line holds a password, nor answers the question of the one before with it."""
    text = "\n".join([f"event manager applet {applet.name}", *(f" {line}" for line in applet.lines)])
    hidden = [hide(line, secret=_STRUCTURE.redact(text) != text) for line in applet.lines]
    return {"name": applet.name, "options": applet.options, "lines": hidden}


def _applet_back(data: Mapping[str, Any], unseal: Seal | None) -> AppletText | None:
    lines = _lines(data["lines"], unseal)
    return None if lines is None else AppletText(data["name"], lines, data.get("options", ""))


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
            applet = _applet_back(data, unseal)
            return None if applet is None else InstallApplet(applet)
        case "remove-applet":
            return RemoveApplet(name)
        case kind:
            raise ValueError(f"unknown kind of step {kind}")


def as_before(now: Observed, kept: Kept) -> Observed:
    """The router as it is, but for what the kept run touched: that as it was before that run.

    What that run's file does not tell stays as it is now; applets and scripts that came or changed since are left out.
    """
    touched = {step.target for step in kept.steps} - set(kept.lost)
    stayed = tuple(each for each in now.applets if each.name in touched or stamp(each) in kept.others)
    return replace(
        now,
        trustpoints=_put_back(now.trustpoints, kept.before.trustpoints, touched),
        variables=_put_back(now.variables, kept.before.variables, touched),
        applets=_put_back(stayed, kept.before.applets, touched),
        policies=tuple(each for each in now.policies if each in kept.others),
    )


def _put_back(now: tuple[Named, ...], before: tuple[Named, ...], touched: Collection[str]) -> tuple[Named, ...]:
    return (*(each for each in now if each.name not in touched), *(each for each in before if each.name in touched))
