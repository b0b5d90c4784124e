"""The way back: what has to be done so that a router is again as it was before some steps.

Only what the steps touched is touched, and only where it still is as they left it: what somebody has changed since is
left alone. Applets and variables come before trust, so that nothing ever relies on trust that is already gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailtrust.applet import TEST_APPLET, normal, same
from mailtrust.certificates import is_ours
from mailtrust.findings import Finding, finding
from mailtrust.model import (
    AppletText,
    Authenticate,
    ConfigureTrustpoint,
    InstallApplet,
    Observed,
    RemoveApplet,
    RemoveTrustpoint,
    SetVariable,
    Step,
    Trustpoint,
    UnsetVariable,
)
from mailtrust.plan import leftover, named


def way_back(before: Observed, steps: Sequence[Step], observed: Observed) -> tuple[Step, ...]:
    """The steps back, () when the router is as it was; ``steps`` may have been carried out in part or not at all."""
    return tuple(dict.fromkeys(back for step in reversed(steps) for back in _back(before, step, observed)))


def in_the_way(before: Observed, steps: Sequence[Step], observed: Observed) -> tuple[Finding, ...]:
    """What cannot be brought back, because it is neither as it was nor as the steps left it."""
    return tuple(finding("MT422", text) for step in steps for text in _strange(before, step, observed))


def _back(before: Observed, step: Step, now: Observed) -> Iterator[Step]:
    match step:
        case InstallApplet(applet):
            yield from _applet_back(named(before.applets, applet.name), applet, named(now.applets, applet.name))
        case RemoveApplet(name) if name == TEST_APPLET:
            if leftover(now):
                yield RemoveApplet(name)
        case SetVariable(variable):
            old = named(before.variables, variable.name)
            if named(now.variables, variable.name) == variable != old:
                yield UnsetVariable(variable.name) if old is None else SetVariable(old)
        case ConfigureTrustpoint(name) | Authenticate(name):
            yield from _trustpoint_back(named(before.trustpoints, name), named(now.trustpoints, name))
        case RemoveApplet() | UnsetVariable() | RemoveTrustpoint():
            return  # nobody goes back on a way back


def _applet_back(old: AppletText | None, made: AppletText, now: AppletText | None) -> Iterator[Step]:
    """An applet that is missing, whole or half built is our doing; any other is not."""
    ours = now is None or set(normal(now.lines)) <= set(normal(made.lines))
    if not ours or (old is not None and now is not None and same(old, now)):
        return
    if old is not None:
        yield InstallApplet(old)
    elif now is not None:
        yield RemoveApplet(made.name)


def _trustpoint_back(old: Trustpoint | None, now: Trustpoint | None) -> Iterator[Step]:
    if now is None or now == old:
        return
    if old is not None and old.chain:
        if old.chain == now.chain and set(old.settings) != set(now.settings):
            yield ConfigureTrustpoint(old.name, old.settings)
        return
    if not now.chain or is_ours(now):
        yield RemoveTrustpoint(now.name)
        if old is not None:
            yield ConfigureTrustpoint(old.name, old.settings)


def _strange(before: Observed, step: Step, now: Observed) -> Iterator[str]:
    match step:
        case SetVariable(variable):
            there = named(now.variables, variable.name)
            if there not in {variable, named(before.variables, variable.name)}:
                yield f"variable {variable.name} has been changed since"
        case InstallApplet(applet):
            there_applet = named(now.applets, applet.name)
            old = named(before.applets, applet.name)
            known = [each for each in (old, applet) if each is not None]
            half = there_applet is None or set(normal(there_applet.lines)) <= set(normal(applet.lines))
            if there_applet is not None and not half and not any(same(there_applet, each) for each in known):
                yield f"applet {applet.name} has been changed since"
        case Authenticate(name):
            trustpoint = named(now.trustpoints, name)
            if trustpoint is not None and trustpoint.chain and not is_ours(trustpoint):
                yield f"trustpoint {name} holds something else since"
        case _:
            return
