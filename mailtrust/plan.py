"""The difference between wish and router, as ordered steps, and what each step would leave behind.

Three rules hold for every step: what is not provably ours is not touched; trust comes before what relies on it;
``plan(want, predict(have, plan(want, have)))`` is empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import reduce
from typing import TypeVar

from mailtrust.applet import TEST_APPLET, mark, proven, references, runs_files, same
from mailtrust.certificates import is_ours, trustpoint_name
from mailtrust.model import (
    AppletText,
    Authenticate,
    Certificate,
    ConfigureTrustpoint,
    Desired,
    InstallApplet,
    Observed,
    RemoveApplet,
    RemoveTrustpoint,
    SetVariable,
    Step,
    Trustpoint,
    UnsetVariable,
    Variable,
)

Named = TypeVar("Named", bound=Trustpoint | Variable | AppletText)


def plan(desired: Desired, observed: Observed) -> tuple[Step, ...]:
    """What has to be done, in the order in which it is safe; () when the router has all that can be given to it.

    What stands in the way (see ``obstacles``) gets no step: it is reported, never overwritten.
    """
    return (*_trust(desired, observed), *_variables(desired, observed), *_applets(desired, observed))


def predict(observed: Observed, steps: Sequence[Step]) -> Observed:
    """The router after these steps, if it does what it is told."""
    return reduce(_after, steps, observed)


def unsaved(desired: Desired, observed: Observed, startup: Observed) -> bool:
    """Whether a reload would lose some of what is desired and is there now.

    The startup-config names certificates' files instead of showing them, so trustpoints count by name.
    """
    return bool(missing_in(startup, desired, observed))


def missing_in(startup: Observed, desired: Desired, observed: Observed) -> frozenset[str]:
    """The names of what is desired and there now, and would not be there after a reload."""
    held = {each.name for each in observed.trustpoints if _wanted(each, desired)}
    return frozenset(
        {each.name for each in desired.variables if each in observed.variables and each not in startup.variables}
        | (held - {each.name for each in startup.trustpoints})
        | {each.name for each in desired.applets if _runs(each, observed) and not _runs(each, startup)}
    )


def trustpoint_settings(certificate: Certificate) -> tuple[str, ...]:
    """The lines below ``crypto pki trustpoint``; with ``fingerprint`` the router itself refuses a wrong paste."""
    return (
        "enrollment terminal",
        "revocation-check none",
        "chain-validation stop",
        f"fingerprint {certificate.sha1}",
    )


def serves(trustpoint: Trustpoint) -> bool:
    """Whether a server is accepted through this trustpoint without asking the network or a parent.

    ``stop`` is the default of ``chain-validation`` and may not be shown; ``crl`` is that of ``revocation-check``.
    """
    settings = [setting.split() for setting in trustpoint.settings]
    checks = [words[1:] for words in settings if words[:1] == ["revocation-check"]]
    goes_on = any(words[:2] == ["chain-validation", "continue"] for words in settings)
    return bool(checks) and "none" in checks[-1] and not goes_on


def taken(certificate: Certificate, observed: Observed) -> bool:
    """Whether the name that this certificate would get belongs to a trustpoint with other contents."""
    there = named(observed.trustpoints, trustpoint_name(certificate))
    return there is not None and bool(there.chain) and certificate.der not in there.chain


def blocked(variable: Variable, desired: Desired, observed: Observed) -> str | None:
    """Who relies on another value that the variable has: an applet that is not ours, or a script; None for nobody.

    A script may read any variable; one that an applet of ours uses already is ours nevertheless, and who adopts an
    applet that uses it takes it over.
    """
    there = named(observed.variables, variable.name)
    if there is None or there == variable:
        return None
    strangers = [applet for applet in observed.applets if foreign(applet, desired)]
    if user := next((applet for applet in strangers if variable.name in references(applet)), None):
        return f"applet {user.name}, which is not ours, uses it"
    ours = [applet for applet in observed.applets if proven(applet)]
    adopted = [applet for applet in desired.applets if applet.name in desired.adopt]
    if any(variable.name in references(applet) for applet in (*ours, *adopted)):
        return None
    scripts = (*observed.policies, *(f"applet {applet.name}" for applet in strangers if runs_files(applet)))
    return f"the script of {scripts[0]} may read it" if scripts else None


def foreign(applet: AppletText, desired: Desired) -> bool:
    """Whether the applet is somebody's, and nobody asked us to take it over.

    Ours proves itself by a mark that fits its lines, or has our mark and a name that we want: then it has been edited.
    """
    wanted = applet.name == TEST_APPLET or any(applet.name == each.name for each in desired.applets)
    ours = proven(applet) or (wanted and mark(applet) is not None)
    return not ours and applet.name not in desired.adopt


def overwritten(steps: Sequence[Step], observed: Observed) -> tuple[Trustpoint | Variable | AppletText, ...]:
    """What is on the router under the names that these steps write: a way back would have to type it again."""
    return tuple(there for there in (_there(step, observed) for step in steps) if there is not None)


def _there(step: Step, observed: Observed) -> Trustpoint | Variable | AppletText | None:
    match step:
        case ConfigureTrustpoint(name):
            return named(observed.trustpoints, name)
        case SetVariable(variable):
            return named(observed.variables, variable.name)
        case InstallApplet(applet):
            return named(observed.applets, applet.name)
        case _:
            return None


def leftover(observed: Observed) -> bool:
    """Whether there is a test applet that a test left: it bears our mark, or came no further than its name."""
    there = named(observed.applets, TEST_APPLET)
    return there is not None and (mark(there) is not None or not there.lines)


def named(things: Sequence[Named], name: str) -> Named | None:
    """The thing of that name, None when the router has none."""
    return next((thing for thing in things if thing.name == name), None)


def _wanted(trustpoint: Trustpoint, desired: Desired) -> bool:
    return any(certificate.der in trustpoint.chain for certificate in desired.trust)


def _runs(applet: AppletText, router: Observed) -> bool:
    there = named(router.applets, applet.name)
    return there is not None and same(there, applet)


def _trust(desired: Desired, observed: Observed) -> Iterator[Step]:
    for certificate in dict.fromkeys(desired.trust):
        name = trustpoint_name(certificate)
        holders = [each for each in observed.trustpoints if certificate.der in each.chain]
        if holders:
            if all(is_ours(holder) and not serves(holder) for holder in holders):
                yield ConfigureTrustpoint(holders[0].name, trustpoint_settings(certificate))
        elif not taken(certificate, observed):
            yield ConfigureTrustpoint(name, trustpoint_settings(certificate))
            yield Authenticate(name, certificate)


def _variables(desired: Desired, observed: Observed) -> Iterator[Step]:
    for variable in desired.variables:
        if named(observed.variables, variable.name) != variable and blocked(variable, desired, observed) is None:
            yield SetVariable(variable)


def _applets(desired: Desired, observed: Observed) -> Iterator[Step]:
    if leftover(observed):
        yield RemoveApplet(TEST_APPLET)
    held_up = {each.name for each in desired.variables if blocked(each, desired, observed) is not None}
    for applet in desired.applets:
        there = named(observed.applets, applet.name)
        if held_up & references(applet):
            continue  # it would mail with somebody else's value
        if there is None or not (same(there, applet) or foreign(there, desired)):
            # What somebody has written behind its name, such as `authorization bypass`, stays there.
            yield InstallApplet(applet if there is None else replace(applet, options=there.options))


def _after(observed: Observed, step: Step) -> Observed:
    match step:
        case ConfigureTrustpoint(name, settings):
            there = named(observed.trustpoints, name) or Trustpoint(name, (), ())
            made = replace(there, settings=_merged(there.settings, settings))
            return replace(observed, trustpoints=_with(observed.trustpoints, made))
        case Authenticate(name, certificate):
            there = named(observed.trustpoints, name) or Trustpoint(name, (), ())
            return replace(observed, trustpoints=_with(observed.trustpoints, replace(there, chain=(certificate.der,))))
        case SetVariable(variable):
            return replace(observed, variables=_with(observed.variables, variable))
        case InstallApplet(applet):
            return replace(observed, applets=_with(observed.applets, applet))
        case RemoveApplet(name):
            return replace(observed, applets=_without(observed.applets, name))
        case UnsetVariable(name):
            return replace(observed, variables=_without(observed.variables, name))
        case RemoveTrustpoint(name):
            return replace(observed, trustpoints=_without(observed.trustpoints, name))


def _with(things: tuple[Named, ...], new: Named) -> tuple[Named, ...]:
    if named(things, new.name) is None:
        return (*things, new)
    return tuple(new if thing.name == new.name else thing for thing in things)


def _without(things: tuple[Named, ...], name: str) -> tuple[Named, ...]:
    return tuple(thing for thing in things if thing.name != name)


def _merged(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    keywords = {line.split()[0] for line in new}
    return (*(line for line in old if line.split()[:1] != [] and line.split()[0] not in keywords), *new)
