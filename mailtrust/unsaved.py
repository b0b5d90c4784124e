"""``show archive config differences``: what others have left unsaved on a router, so that nobody saves it unasked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from mailtrust.applet import TEST_APPLET
from mailtrust.certificates import trustpoint_name
from mailtrust.model import Desired
from mailtrust.redact import Redactor

DIFFERENCES = "show archive config differences nvram:startup-config system:running-config"

# Certificates stand as hex in the one and as file names in the other; the router sets its clock period by itself.
_ALWAYS = re.compile(r"crypto pki certificate chain |ntp clock-period|!|$")
_CHANGE = re.compile(r"[+-]")
_NAMED = re.compile(r"(?:event manager environment|event manager applet|crypto pki trustpoint) (\S+)")


def names(desired: Desired) -> frozenset[str]:
    """What the things are called that we want."""
    return frozenset(
        {
            *(each.name for each in desired.variables),
            *(each.name for each in desired.applets),
            *map(trustpoint_name, desired.trust),
        }
    )


def unsaved_by_others(reply: str, ours: Collection[str]) -> tuple[str, ...]:
    """The changed lines that are not about the variables, applets and trustpoints of these names; passwords hidden.

    () also for a release that does not know the command: then nobody can tell.
    """
    if "Contextual Config Diffs" not in reply:
        return ()
    nobody_elses = {*ours, TEST_APPLET}
    return tuple(_told(head, line) for head, line in _changes(reply) if _named(head) not in nobody_elses)


def _told(head: str, line: str) -> str:
    """A changed line, with the one that it belongs to."""
    redact = Redactor(()).redact
    bare = redact(line[1:].strip())
    return f"{line[0]}{bare}" if line[1:].strip() == head else f"{redact(head)}: {line[0]}{bare}"


def _changes(reply: str) -> Iterator[tuple[str, str]]:
    """Each changed line with the unindented line above it that it belongs to."""
    head = ""
    begun = False
    for line in reply.splitlines():
        if not begun:
            begun = "Contextual Config Diffs" in line
            continue
        bare = line.lstrip()
        if bare == line:
            head = bare.lstrip("+-").strip()
        if _CHANGE.match(bare) and not _ALWAYS.match(head):
            yield head, bare.strip()


def _named(head: str) -> str | None:
    match = _NAMED.match(head)
    return None if match is None else match[1]
