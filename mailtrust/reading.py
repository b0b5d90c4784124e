"""Pairs (show command, parser): what a router says -> Facts and Observed.

Whatever a router may send gives a value or a ReadingError, never another exception. A reply in which a refusal
stands is an error, not an empty configuration: a plan made from it would do harm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from mailtrust.certificates import CertificateError, from_hex
from mailtrust.errors import MailtrustError
from mailtrust.model import AppletText, Facts, Observed, Trustpoint, Variable
from mailtrust.secret import Secret

QUESTIONS: tuple[str, ...] = (
    "show version",
    "show clock",
    "show event manager version",
    "show running-config | section crypto pki|event manager",
    "show startup-config | section crypto pki|event manager",
)
"""What is asked of every router, in one burst; ``read`` takes the replies in this order."""


class ReadingError(MailtrustError):
    """A reply that does not say what was asked."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a router; ``startup`` is what it would come back with, certificates known by name only."""

    facts: Facts
    observed: Observed
    startup: Observed


def read(replies: Sequence[str]) -> Reading:
    """The replies to QUESTIONS, one each; of a device that is not IOS XE only the facts are read."""
    if len(replies) != len(QUESTIONS):
        raise ReadingError(f"expected {len(QUESTIONS)} replies, got {len(replies)}")
    version, clock, eem, running, startup = replies
    known = facts(version, clock, eem)
    if not IOS_XE.search(known.software):
        return Reading(known, _NOTHING, _NOTHING)
    return Reading(known, observed(running), _saved(startup))


def _saved(reply: str) -> Observed:
    """A router on which nothing was ever saved has no startup-config to show."""
    return _NOTHING if "startup-config is not present" in reply else observed(reply, QUESTIONS[4])


_NOTHING = Observed((), (), ())


# --- facts ---------------------------------------------------------------------------------------------------------

_CLOCK = re.compile(
    r"(?P<mark>[*.]?)(?P<time>[0-9]{1,2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)? \S+ [A-Z][a-z]{2} "
    r"(?P<month>[A-Z][a-z]{2}) +(?P<day>[0-9]{1,2}) (?P<year>[0-9]{4})"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DENIED = r"^(?:% ?|Command )authorization failed"
_REFUSAL = re.compile(
    rf"{_DENIED}|^% ?(?:Invalid input|Incomplete command|Ambiguous command|Unknown command|Bad IP address)",
    re.MULTILINE | re.IGNORECASE,
)
IOS_XE = re.compile(r"IOS[ -]XE")
"""How the first line of ``show version`` gives it away, also in the days of 'Cisco IOS Software, IOS-XE Software'."""
_ECHO = re.compile(r"(?:\S*[>#] ?)?sh\w* ")
_HEADER = re.compile(r"Load for five secs: |Time source is ")
_CONTROLLER = re.compile(r"^Router operating mode: *Controller", re.MULTILINE | re.IGNORECASE)


def facts(version: str, clock: str, eem: str) -> Facts:
    """What preflight judges.

    A device that is not IOS XE gives its facts as well, with its own first line; its clock may then be unreadable
    and is ``datetime.min``.
    """
    if re.search(_DENIED, version, re.MULTILINE | re.IGNORECASE):
        raise ReadingError(f"show version: the router said {version.strip()[:80]!r}; this login needs more rights")
    software = next(_lines(version), "")
    mark, moment = _clock(clock, needed=bool(IOS_XE.search(software)))
    return Facts(
        software=software,
        controller_mode=bool(_CONTROLLER.search(version)),
        clock_mark=mark,
        clock=moment,
        eem=not _REFUSAL.search(eem),  # the words of success differ by release
    )


def _lines(reply: str) -> Iterator[str]:
    """The stripped lines of a reply without noise, echo and the header of ``terminal exec prompt timestamp``."""
    stripped = (line.strip() for line in _quiet(reply))
    return (line for line in stripped if not _ECHO.match(line) and not _HEADER.match(line))


def _clock(reply: str, *, needed: bool) -> tuple[Literal["", ".", "*"], datetime]:
    for match in filter(None, map(_CLOCK.fullmatch, _lines(reply))):
        if moment := _moment(match):
            return cast("Literal['', '.', '*']", match["mark"]), moment
    if needed:
        raise ReadingError(
            f"show clock: expected a line like '*04:45:00.857 UTC Thu Aug 7 2025', got {reply.strip()[:80]!r}"
        )
    return "", datetime.min  # noqa: DTZ901 - naive like every clock of a router


def _moment(match: re.Match[str]) -> datetime | None:
    hour, minute, second = map(int, match["time"].split(":"))
    try:
        month = _MONTHS.index(match["month"]) + 1  # strptime would ask this machine's language
        return datetime(int(match["year"]), month, int(match["day"]), hour, minute, second)  # noqa: DTZ001 - zone unknown
    except ValueError:
        return None


# --- configuration -------------------------------------------------------------------------------------------------

_STAMP = r"(?:[*.]?\d+: )?[*.]?(?:\w{3} +\d+ (?:\d{4} )?\d\d:\d\d:\d\d[.\d]*(?: \S+)?|\d+[ywdh:][\w:]*): "
_NOISE = re.compile(
    rf"(?:{_STAMP})?%[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)*-[0-7]-[A-Z0-9_]+:"
    "|SECURITY WARNING - |INSECURE DYNAMIC WARNING - |% WARNING: "
)
_CONTINUED = re.compile(r" {10,}\S")
_TRUSTPOINT = re.compile(r"crypto pki (trustpoint|certificate chain) (\S+)")
_APPLET = re.compile(r"event manager applet (\S+).*")
_ENVIRONMENT = re.compile(r"event manager environment (\S+)(?: (.*))?")

_Block = tuple[str, tuple[str, ...]]
"""A line of the first level and its stripped sub-lines."""


def observed(section: str, asked: str = QUESTIONS[3]) -> Observed:
    """What the running-config holds of trustpoints, variables and applets, ours and foreign alike.

    ``chain`` gets the CA certificates that stand there as hexadecimal; identity certificates and references to nvram
    are passed over. A trustpoint whose hexadecimal is cut is a ReadingError that names it.
    """
    if refusal := _REFUSAL.search(section):
        raise ReadingError(f"{asked}: the router said {_line_at(section, refusal.start())!r}")
    blocks = tuple(_blocks(section))
    return Observed(
        trustpoints=_trustpoints(blocks),
        variables=tuple(
            Variable(match[1], Secret((match[2] or "").strip()))
            for head, _ in blocks
            if (match := _ENVIRONMENT.fullmatch(head))
        ),
        applets=tuple(AppletText(match[1], lines) for head, lines in blocks if (match := _APPLET.fullmatch(head))),
    )


def _blocks(section: str) -> Iterable[_Block]:
    head, lines = "", list[str]()
    for line in _quiet(section):
        if line[0].isspace():
            lines.append(line.strip())
        else:
            yield head, tuple(lines)
            head, lines = line.rstrip(), []
    yield head, tuple(lines)


def _quiet(section: str) -> Iterable[str]:
    """The lines without log messages that ran in between, and without their indented continuations."""
    noisy = False
    for line in section.splitlines():
        noisy = bool(_NOISE.match(line)) or (noisy and bool(_CONTINUED.match(line)))
        if line.strip() and not noisy:
            yield line


def _trustpoints(blocks: Sequence[_Block]) -> tuple[Trustpoint, ...]:
    settings: dict[str, tuple[str, ...]] = {}
    chains: dict[str, tuple[bytes, ...]] = {}
    for head, lines in blocks:
        if match := _TRUSTPOINT.fullmatch(head):
            part, name = match.groups()
            settings.setdefault(name, ())
            if part == "trustpoint":
                settings[name] = lines
            else:
                chains[name] = tuple(_chain(name, lines))
    return tuple(Trustpoint(name, lines, chains.get(name, ())) for name, lines in settings.items())


def _chain(name: str, lines: Sequence[str]) -> Iterable[bytes]:
    starts = [number for number, line in enumerate(lines) if line.startswith("certificate ")]
    if lines and starts[:1] != [0]:
        raise ReadingError(f"trustpoint {name}: expected 'certificate ...', got {lines[0][:40]!r}; read it again")
    ends = [*starts[1:], len(lines)]
    for start, end in zip(starts, ends, strict=False):
        if re.fullmatch(r"certificate ca \S+", lines[start]):
            try:
                yield from_hex(lines[start:end])
            except CertificateError as error:
                raise ReadingError(f"trustpoint {name}, {lines[start]}: {error}; read it again") from error


def _line_at(text: str, position: int) -> str:
    return text[position:].splitlines()[0][:80]
