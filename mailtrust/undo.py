"""The way back: what has to be done so that a router is again as it was before some steps.

Only what the steps touched is touched, and only where it still is as they left it: what somebody has changed since is
left alone, and so is what an applet relies on that came or changed since and stays. Applets and variables come before
trust, so that nothing ever relies on trust that is already gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from mailtrust.applet import TEST_APPLET, mails, normal, references, runs_files, same
from mailtrust.certificates import is_ours
from mailtrust.findings import Finding, finding
from mailtrust.kept import stamp
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
    Variable,
)
from mailtrust.plan import leftover, named, predict


def way_back(
    before: Observed, steps: Sequence[Step], observed: Observed, others: Collection[str] = ()
) -> tuple[Step, ...]:
    """The steps back, () when the router is as it was; ``steps`` may have been carried out in part or not at all.

    ``others``: the scripts, and the ``stamp`` of the applets, of then, where ``before`` does not hold all of them.
    """
    back = _all_the_way(before, steps, observed)
    relied = _relied_on(before, back, observed, others)
    return tuple(step for step in back if not _holds(step, relied))


def in_the_way(
    before: Observed, steps: Sequence[Step], observed: Observed, others: Collection[str] = ()
) -> tuple[Finding, ...]:
    """What cannot be brought back: it is neither as it was nor as the steps left it, or something new relies on it."""
    back = _all_the_way(before, steps, observed)
    relied = _relied_on(before, back, observed, others)
    held = {
        step.target: f"{user} relies on {step.kind.removeprefix('unset-').removeprefix('remove-')} {step.target}"
        for step in back
        if (user := _holds(step, relied))
    }
    strange = [text for step in steps for text in _strange(before, step, observed)]
    return tuple(finding("MT422", text) for text in (*strange, *held.values()))


def differences(before: Observed, after: Observed, steps: Sequence[Step]) -> tuple[str, ...]:
    """What these steps touched and what is not the same as before, name by name, to the letter.

    A test applet that an earlier run had left is no loss.
    """
    return tuple(dict.fromkeys(filter(None, (_difference(before, after, step) for step in steps))))


def strangers(before: Observed, after: Observed, steps: Sequence[Step]) -> tuple[str, ...]:
    """What is there and was not before, though no step of ours made it: then the first look was not all of it."""
    ours = {step.target for step in steps}
    known = {*ours, *_names(before), TEST_APPLET}
    return tuple(name for name in _names(after) if name not in known)


def without_halves(observed: Observed, steps: Sequence[Step]) -> Observed:
    """The router without applets that came no further than a part of what these steps, begun and cut off, would write.

    A part may lack our mark, and is ours all the same.
    """
    made = [step.applet for step in steps if isinstance(step, InstallApplet)]
    whole = [each for each in observed.applets if not any(part_of(each, one) and not same(each, one) for one in made)]
    return replace(observed, applets=tuple(whole))


def out_of_sight(expected: Observed, now: Observed, steps: Sequence[Step]) -> tuple[str, ...]:
    """What should be there and is not shown, though no step of ours could take it away."""
    ours = {step.target for step in steps}
    shown = set(_names(now))
    return tuple(name for name in _names(expected) if name not in shown and name not in ours)


def _names(router: Observed) -> tuple[str, ...]:
    things: tuple[Trustpoint | Variable | AppletText, ...] = (*router.trustpoints, *router.variables, *router.applets)
    return tuple(each.name for each in things)


def unsaved_back(steps: Sequence[Step], now: Observed, startup: Observed) -> bool:
    """Whether a reload would bring back what these steps had made and is gone; trustpoints count by name."""
    return any(
        named(now.variables, name) != named(startup.variables, name)
        or (named(now.applets, name) is None) != (named(startup.applets, name) is None)
        or (named(now.trustpoints, name) is None) != (named(startup.trustpoints, name) is None)
        for name in (step.target for step in steps)
    )


def _difference(before: Observed, after: Observed, step: Step) -> str | None:
    name = step.target
    match step:
        case SetVariable():
            same_again = named(before.variables, name) == named(after.variables, name)
            return None if same_again else f"variable {name}"
        case InstallApplet() | RemoveApplet():
            there = named(after.applets, name)
            lost = name == TEST_APPLET and there is None
            return None if lost or named(before.applets, name) == there else f"applet {name}"
        case ConfigureTrustpoint() | Authenticate():
            same_again = named(before.trustpoints, name) == named(after.trustpoints, name)
            return None if same_again else f"trustpoint {name}"
        case _:
            return None


def _all_the_way(before: Observed, steps: Sequence[Step], observed: Observed) -> tuple[Step, ...]:
    return tuple(dict.fromkeys(back for step in reversed(steps) for back in _back(before, step, observed)))


_TRUST, _ANYTHING = "trust", "any variable"
"""What is relied on without a name; no variable is called so."""


def _relied_on(before: Observed, back: Sequence[Step], observed: Observed, others: Collection[str]) -> dict[str, str]:
    """By name of a variable, ``_TRUST`` or ``_ANYTHING``: who stays, has come or changed since, and would miss it."""
    relied: dict[str, str] = {}
    for applet in predict(observed, back).applets:
        old = named(before.applets, applet.name)
        known = stamp(applet) in others if old is None else same(old, applet)
        if known or (applet.name == TEST_APPLET and leftover(observed)):
            continue
        relied |= dict.fromkeys(references(applet), f"applet {applet.name}")
        needs = (*([_TRUST] if mails(applet) else []), *([_ANYTHING] if runs_files(applet) else []))
        relied |= dict.fromkeys(needs, f"applet {applet.name}")
    if new := [policy for policy in observed.policies if policy not in (*before.policies, *others)]:
        relied |= dict.fromkeys((_TRUST, _ANYTHING), f"policy {new[0]}")
    return relied


def _holds(step: Step, relied: dict[str, str]) -> str | None:
    """Who holds this step up: a variable may be read by name or by a script, trust is used by whatever mails."""
    match step:
        case UnsetVariable(name):
            return relied.get(name) or relied.get(_ANYTHING)
        case SetVariable(variable):
            return relied.get(variable.name) or relied.get(_ANYTHING)
        case RemoveTrustpoint() | ConfigureTrustpoint():
            return relied.get(_TRUST)
        case _:
            return None


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
    if not (now is None or part_of(now, made)) or (old is not None and now is not None and _twins(old, now)):
        return
    if old is not None:
        yield InstallApplet(old)
    elif now is not None:
        yield RemoveApplet(made.name)


def part_of(there: AppletText, made: AppletText) -> bool:
    """Whether it is what we have typed, or the beginning of it."""
    return there.options == made.options and set(normal(there.lines)) <= set(normal(made.lines))


def _twins(one: AppletText, other: AppletText) -> bool:
    """The same also behind the name: ``authorization bypass`` decides what an applet may do."""
    return same(one, other) and one.options == other.options


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


_OURS_AND_OTHERS = frozenset(
    [
        "enrollment",
        "revocation-check",
        "chain-validation",
        "fingerprint",
        "subject-name",
        "subject-alt-name",
        "auto-enroll",
        "rsakeypair",
        "eckeypair",
        "match",
        "vrf",
        "source",
        "ocsp",
        "authorization",
    ]
)


def _telling(setting: str) -> bool:
    """Whether such a line stands in a trustpoint only because somebody has typed it."""
    return setting.split(maxsplit=1)[0] in _OURS_AND_OTHERS


def _strange(before: Observed, step: Step, now: Observed) -> Iterator[str]:
    match step:
        case SetVariable(variable):
            there = named(now.variables, variable.name)
            if there not in {variable, named(before.variables, variable.name)}:
                yield f"variable {variable.name} has been changed since"
        case InstallApplet(applet):
            there_applet = named(now.applets, applet.name)
            old = named(before.applets, applet.name)
            if there_applet is not None and not (
                part_of(there_applet, applet) or (old is not None and _twins(there_applet, old))
            ):
                yield f"applet {applet.name} has been changed since"
        case ConfigureTrustpoint(name, settings):
            trustpoint = named(now.trustpoints, name)
            old_one = named(before.trustpoints, name)
            known = {*settings, *(old_one.settings if old_one else ())}
            if trustpoint is not None and (odd := [s for s in trustpoint.settings if s not in known and _telling(s)]):
                yield f"trustpoint {name} has '{odd[0]}' since"
        case Authenticate(name):
            trustpoint = named(now.trustpoints, name)
            if trustpoint is not None and trustpoint.chain and not is_ours(trustpoint):
                yield f"trustpoint {name} holds something else since"
        case _:
            return
