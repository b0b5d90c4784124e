"""Pairs (show command, parser): what a router says -> Facts and Observed.

Whatever a router may send gives a value or a ReadingError, never another exception. Each reply that decides something
has to prove itself whole: what was refused, cut or never said is an error, not an empty configuration.
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
from mailtrust.refusals import quiet, refusal
from mailtrust.secret import Secret

SECTION = "section crypto pki|event manager|^version |^end"
"""What is wanted of a configuration, with its first and its last line: an answer without them is not whole."""

QUESTIONS: tuple[str, ...] = (
    "show version",
    "show clock",
    "show event manager version",
    f"show running-config | {SECTION}",
    f"show startup-config | {SECTION}",
    "show privilege",
)
"""What is asked of every router, in one burst; ``read`` takes the replies in this order."""

SAVED = QUESTIONS[4]
"""What the router would come back with; ``saved`` takes the reply."""


class ReadingError(MailtrustError):
    """A reply that does not say what was asked."""


class Unproven(ReadingError):
    """A reply that does not prove itself whole: refused, empty, cut, or not an answer at all."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a router; ``startup`` is what it would come back with, certificates known by name only.

    Of a device that ``preflight.unfit`` names, only the facts are read.
    """

    facts: Facts
    observed: Observed
    startup: Observed


def read(replies: Sequence[str]) -> Reading:
    """The replies to QUESTIONS, one each; raises ReadingError for the first that does not prove itself."""
    if len(replies) != len(QUESTIONS):
        raise ReadingError(f"expected {len(QUESTIONS)} replies, got {len(replies)}")
    version, clock, eem, running, startup, privilege = replies
    known = facts_proven(version, clock, eem, privilege)
    if not (is_ios_xe(known) and sees_all(known)):
        return Reading(known, _NOTHING, _NOTHING)
    return Reading(known, observed(whole(running, QUESTIONS[3])), saved(startup))


def facts_proven(version: str, clock: str, eem: str, privilege: str) -> Facts:
    """The facts, each from an answer that proves itself; raises Unproven with the router's words."""
    known = facts(version, clock, eem, privilege)
    if not known.software or (not known.hostname and refusal(version)):
        raise Unproven(f"{QUESTIONS[0]}: the router said {_words(version)}")
    if not is_ios_xe(known):
        return known
    if not known.hostname:
        raise Unproven(f"{QUESTIONS[0]}: no line 'NAME uptime is'; the router said {_words(version)}")
    if known.privilege is None and not known.view:
        raise Unproven(f"{QUESTIONS[5]}: the router said {_words(privilege)}")
    if known.eem is None and sees_all(known):
        raise Unproven(f"{QUESTIONS[2]}: the router said {_words(eem)}")
    return known


def whole(section: str, asked: str) -> str:
    """The section of a configuration, when it begins and ends as every configuration does; raises Unproven."""
    lines = list(_lines(section))
    if not any(map(_VERSION.match, lines)):
        raise Unproven(f"{asked}: an answer without the line 'version' is not whole; the router said {_words(section)}")
    if strange := next((line for line in _first_level(section) if not _of_the_section(line)), None):
        raise Unproven(f"{asked}: the router said {strange[:_TOLD]!r}")
    if lines[-1] != "end":
        last = _without_value(lines[-1])
        raise Unproven(f"{asked}: an answer that does not end with 'end' is cut; the last line was {last[:_TOLD]!r}")
    return section


def _first_level(section: str) -> Iterator[str]:
    return (line.rstrip() for line in quiet(section) if not line[0].isspace())


def _of_the_section(line: str) -> bool:
    """Whether the filter lets such a line through, or it stands around an answer."""
    return any(known.match(line) for known in (_KNOWN, _ECHO, _HEADER))


def saved(reply: str) -> Observed:
    """A router on which nothing was ever saved has no startup-config to show."""
    if _NEVER_SAVED.fullmatch("".join(quiet(reply)).strip()):
        return _NOTHING
    return observed(whole(reply, QUESTIONS[4]), QUESTIONS[4])


def is_ios_xe(facts: Facts) -> bool:
    """Whether the device calls itself IOS XE, in whatever words of its release."""
    return IOS_XE.search(facts.software) is not None


def sees_all(facts: Facts) -> bool:
    """Whether this login is shown the whole configuration: privilege 15, and no parser view but ``root``."""
    return facts.view in {"", "root"} and (facts.privilege == _ALL or facts.view == "root")


_NOTHING = Observed((), (), ())
_ALL = 15
_NEVER_SAVED = re.compile(r"(?:%+ ?)?startup-config is not present\.?", re.IGNORECASE)
_VERSION = re.compile(r"version \d+\.\d")
_VALUED = re.compile(r"event manager environment \S+|action \S+ \S+")


def _words(reply: str) -> str:
    """What the router said, for a person: its first lines, on one line."""
    said = " / ".join(_without_value(line.strip()) for line in reply.splitlines() if line.strip("^ \t"))
    return repr(said[:_TOLD]) if said else "nothing"


def _without_value(line: str) -> str:
    """A line as an error may show it: a value may be a password, and where it is cut nobody else can tell that."""
    match = _VALUED.match(line)
    return line if match is None else f"{match[0]} ..."


# --- facts ---------------------------------------------------------------------------------------------------------

_TOLD = 120
_CLOCK = re.compile(
    r"(?P<mark>[*.]?)(?P<time>[0-9]{1,2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)? \S+ [A-Z][a-z]{2} "
    r"(?P<month>[A-Z][a-z]{2}) +(?P<day>[0-9]{1,2}) (?P<year>[0-9]{4})"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DENIED = r"^(?:% ?|Command )authorization failed"
IOS_XE = re.compile(r"IOS[ -]XE|IOS Software \[\w*\]")
"""How the first line of ``show version`` gives it away.

In older days it was 'Cisco IOS Software, IOS-XE Software', and in those of 16.2 to 16.4 on a Catalyst only the name of
the release train in brackets.
"""
_ECHO = re.compile(r"(?:\S*[>#] ?)?sh\w* ")
_HEADER = re.compile(
    r"Load for five secs: |Time source is |Building configuration|Current configuration : |Using \d+ out of |\S+[>#] ?$"
)
"""What may stand around an answer and is none: the header of ``exec prompt timestamp``, sizes, a prompt."""
_CONTROLLER = re.compile(r"^Router operating mode: *Controller", re.MULTILINE | re.IGNORECASE)
_HOSTNAME = re.compile(r"^ *(\S+) uptime is ", re.MULTILINE)
_SERIAL = re.compile(r"^ *Processor board ID (\w+)", re.MULTILINE)
_PRIVILEGE = re.compile(r"^ *Current privilege level is (\d{1,2})\s*$", re.MULTILINE)
_VIEW = re.compile(r"^ *Currently in View Context with view ['\"]?([^'\"\s]+)", re.MULTILINE)
_EEM = re.compile(r"^ *(?:Embedded )?Event Manager Version:? *\d", re.MULTILINE | re.IGNORECASE)
_NO_EEM = re.compile(r"^% ?(?:Invalid input|Unknown command|Ambiguous command|Incomplete command)", re.MULTILINE)


def facts(version: str, clock: str, eem: str, privilege: str = "") -> Facts:
    """What preflight judges.

    A device that is not IOS XE gives its facts as well, with its own first line; its clock may then be unreadable
    and is ``datetime.min``.
    """
    if re.search(_DENIED, version, re.MULTILINE | re.IGNORECASE):
        raise Unproven(f"show version: the router said {_words(version)}; this login needs more rights")
    software = next(_lines(version), "")
    mark, moment = _clock(clock, needed=bool(IOS_XE.search(software)))
    level = _PRIVILEGE.search(privilege)
    return Facts(
        software=software,
        controller_mode=bool(_CONTROLLER.search(version)),
        clock_mark=mark,
        clock=moment,
        eem=True if _EEM.search(eem) else False if _NO_EEM.search(eem) else None,
        hostname=_first(_HOSTNAME, version),
        serial=_first(_SERIAL, version),
        privilege=None if level is None else int(level[1]),
        view=_first(_VIEW, privilege),
    )


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return "" if match is None else match[1]


def _lines(reply: str) -> Iterator[str]:
    """The stripped lines of a reply without noise, echo and the header of ``terminal exec prompt timestamp``."""
    stripped = (line.strip() for line in quiet(reply))
    return (line for line in stripped if not _ECHO.match(line) and not _HEADER.match(line))


def _clock(reply: str, *, needed: bool) -> tuple[Literal["", ".", "*"], datetime]:
    for match in filter(None, map(_CLOCK.fullmatch, _lines(reply))):
        if moment := _moment(match):
            return cast("Literal['', '.', '*']", match["mark"]), moment
    if needed:
        raise Unproven(
            f"show clock: expected a line like '*04:45:00.857 UTC Thu Aug 7 2025', the router said {_words(reply)}"
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

_TRUSTPOINT = re.compile(r"crypto pki (trustpoint|certificate chain) (\S+)")
_APPLET = re.compile(r"event manager applet (\S+) ?(.*)")
_ENVIRONMENT = re.compile(r"event manager environment (\S+)(?: (.*))?")
_POLICY = re.compile(r"event manager policy (\S+).*")
# What the filter lets through at the first level: what it looks for, wherever in the line, and what runs in between.
_KNOWN = re.compile(r".*(?:crypto pki|event manager)|version |end|!")
_HEX = re.compile(r"[0-9A-Fa-f]{2,8}(?: [0-9A-Fa-f]{2,8})*")

_Block = tuple[str, tuple[str, ...]]
"""A line of the first level and its sub-lines: stripped, those of an inner mode with one blank before them."""


def observed(section: str, asked: str = QUESTIONS[3]) -> Observed:
    """What the running-config holds of trustpoints, variables and applets, ours and foreign alike.

    ``chain`` gets the CA certificates that stand there as hexadecimal; identity certificates and references to nvram
    are passed over. A trustpoint whose hexadecimal is cut is a ReadingError that names it; a line that is none of a
    configuration is a refusal in whatever words.
    """
    blocks = tuple(_blocks(section))
    proven = {"version", "end"} <= {head.split(" ")[0] for head, _ in blocks}
    for head in (head for head, _ in blocks if head and not _KNOWN.match(head)):
        if refusal(head) or not (proven or _ECHO.match(head) or _HEADER.match(head)):
            raise Unproven(f"{asked}: the router said {head[:_TOLD]!r}")
    return Observed(
        trustpoints=_trustpoints(blocks),
        variables=tuple(
            Variable(match[1], Secret((match[2] or "").strip()))
            for head, _ in blocks
            if (match := _ENVIRONMENT.fullmatch(head))
        ),
        applets=tuple(
            AppletText(match[1], _without_strays(lines), match[2].strip())
            for head, lines in blocks
            if (match := _APPLET.fullmatch(head))
        ),
        policies=tuple(match[1] for head, _ in blocks if (match := _POLICY.fullmatch(head))),
    )


def _blocks(section: str) -> Iterable[_Block]:
    head, lines = "", list[str]()
    for line in quiet(section):
        if line[0].isspace():
            lines.append(line.strip() if line[:2].strip() else f" {line.strip()}")
        else:
            yield head, tuple(lines)
            head, lines = line.rstrip(), []
    yield head, tuple(lines)


def _without_strays(lines: tuple[str, ...]) -> tuple[str, ...]:
    """An applet ends with its actions: lines behind them that are none are some other block's.

    The filter also lets through single lines of other blocks, without the line above that they belong to.
    """
    last = max((number for number, line in enumerate(lines) if line.startswith("action ")), default=len(lines) - 1)
    return lines[: last + 1]


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
                chains[name] = tuple(_chain(name, [line.strip() for line in lines]))
    return tuple(Trustpoint(name, lines, chains.get(name, ())) for name, lines in settings.items())


def _chain(name: str, lines: Sequence[str]) -> Iterable[bytes]:
    """The CA certificates of a chain; a line that can be none of a chain is a stray one, and ends it."""
    if lines and _HEX.fullmatch(lines[0]):
        raise ReadingError(f"trustpoint {name}: expected 'certificate ...', got {lines[0][:40]!r}; read it again")
    at = 0
    while at < len(lines) and lines[at].startswith("certificate "):
        end = next((n for n in range(at + 1, len(lines)) if not _HEX.fullmatch(lines[n])), len(lines))
        end += end < len(lines) and lines[end] == "quit"
        if re.fullmatch(r"certificate ca \S+", lines[at]):
            try:
                yield from_hex(lines[at:end])
            except CertificateError as error:
                raise ReadingError(f"trustpoint {name}, {lines[at]}: {error}; read it again") from error
        at = end
