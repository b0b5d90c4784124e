"""What a person should know about a router before it is touched: what forbids the work, and what is merely odd."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrust.applet import TEST_APPLET, edited, same
from mailtrust.certificates import CertificateError, from_der, is_ours, trustpoint_name
from mailtrust.findings import Finding, finding
from mailtrust.model import AppletText, Desired, Observed, Trustpoint, Variable
from mailtrust.plan import blocked, foreign, leftover, overwritten, plan, serves, taken
from mailtrust.typed import untypable


def obstacles(desired: Desired, observed: Observed) -> tuple[Finding, ...]:
    """What stands in the way and is not ours to move; a router with an obstacle is not touched at all."""
    return (
        *_taken_names(desired, observed),
        *_blocked_variables(desired, observed),
        *_foreign_applets(desired, observed),
        *_no_way_back(desired, observed),
    )


def remarks(desired: Desired, observed: Observed) -> tuple[Finding, ...]:
    """What is worth saying and forbids nothing."""
    return (*_odd_trustpoints(desired, observed), *_edited_applets(desired, observed))


def _taken_names(desired: Desired, observed: Observed) -> Iterator[Finding]:
    for certificate in desired.trust:
        if taken(certificate, observed):
            yield finding(
                "MT213",
                f"trustpoint {trustpoint_name(certificate)} holds another certificate than {certificate.subject}",
            )


def _blocked_variables(desired: Desired, observed: Observed) -> Iterator[Finding]:
    for variable in desired.variables:
        if (user := blocked(variable, desired, observed)) is not None:
            yield finding("MT222", f"{variable.name} has another value, and {user}")


def _foreign_applets(desired: Desired, observed: Observed) -> Iterator[Finding]:
    wanted = {applet.name: applet for applet in desired.applets}
    for there in observed.applets:
        if there.name == TEST_APPLET and not leftover(observed):
            yield finding(
                "MT221", f"applet {TEST_APPLET} has not been made by mailtrust, and the test mail needs this name"
            )
        elif there.name in wanted and foreign(there, desired) and not same(there, wanted[there.name]):
            yield finding("MT221", f"applet {there.name} exists and has not been made by mailtrust")


def _no_way_back(desired: Desired, observed: Observed) -> Iterator[Finding]:
    """What would be replaced and cannot be typed again as it is."""
    for thing in overwritten(plan(desired, observed), observed):
        if (reason := next(filter(None, map(_untypable, _as_typed(thing))), None)) is not None:
            yield finding("MT225", f"{_called(thing)} {thing.name}: {reason}")


def _called(thing: Trustpoint | Variable | AppletText) -> str:
    if isinstance(thing, Trustpoint):
        return "trustpoint"
    return "variable" if isinstance(thing, Variable) else "applet"


def _as_typed(thing: Trustpoint | Variable | AppletText) -> Iterator[str]:
    match thing:
        case Trustpoint(_, settings):
            yield from settings
        case Variable(name, value):
            yield f"event manager environment {name} {value.reveal()}"
        case AppletText(name, lines, options):
            yield f"event manager applet {name} {options}".rstrip()
            yield from lines


def _untypable(line: str) -> str | None:
    if line.startswith((" ", "trigger")):
        return "it has an inner mode"
    return untypable(line)


def _odd_trustpoints(desired: Desired, observed: Observed) -> Iterator[Finding]:
    wanted = {certificate.der for certificate in desired.trust}
    for trustpoint in observed.trustpoints:
        serving = bool(wanted.intersection(trustpoint.chain))
        if serving and not is_ours(trustpoint) and not serves(trustpoint):
            yield finding("MT215", f"trustpoint {trustpoint.name} holds a wanted CA, with 'revocation-check' left on")
        if not serving and is_ours(trustpoint):
            yield finding("MT217", f"trustpoint {trustpoint.name} is ours and no longer in the trust file")
        if not serving and (leaf := _leaf(trustpoint)) is not None:
            yield finding("MT216", f"trustpoint {trustpoint.name} holds {leaf}")


def _leaf(trustpoint: Trustpoint) -> str | None:
    """What to call the leaf certificate in this trustpoint, None when it holds none."""
    for der in trustpoint.chain:
        try:
            certificate = from_der(der)
        except CertificateError:
            continue  # somebody's odd certificate is not our business
        if not certificate.is_ca:
            return f"the leaf certificate of {certificate.common_name}, which ends {certificate.not_after:%Y-%m-%d}"
    return None


def _edited_applets(desired: Desired, observed: Observed) -> Iterator[Finding]:
    names = {applet.name for applet in desired.applets}
    for applet in observed.applets:
        if applet.name in names and edited(applet):
            yield finding("MT223", f"applet {applet.name} bears our mark, but its lines are not the ones we wrote")
