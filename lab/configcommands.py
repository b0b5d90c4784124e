"""Global configuration that is neither PKI nor EEM: its one-line commands, and which blocks there are."""

from __future__ import annotations

from collections.abc import Mapping

from lab.blockcommands import (
    ALONE,
    BLOCKS,
    IN_A_BLOCK,
    block,
    in_block,
    inner_block,
    leave_block,
    no_block,
    no_inner_block,
)
from lab.grammar import InvalidError
from lab.logbuffer import DEBUGGING, DEFAULT_SIZE, SEVERITIES
from lab.session import Result, Session

Args = Mapping[str, str]

SMALLEST_BUFFER = 4096
LARGEST_BUFFER = 2147483647
HIDDEN_PROMPTS = "no service prompt config"
GLOBALS = (
    "aaa",
    "access-list",
    "alias",
    "banner",
    "boot",
    "clock",
    "configuration",
    "enable",
    "ip",
    "ipv6",
    "license",
    "lldp",
    "login",
    "memory",
    "multilink",
    "ntp",
    "platform",
    "redundancy",
    "service",
    "snmp-server",
    "spanning-tree",
    "subscriber",
    "track",
    "username",
)


def hostname(session: Session, args: Args) -> Result:
    session.router.config.hostname = args["NAME"]
    session.router.touch()
    return ""


def no_hostname(session: Session, _args: Args) -> Result:
    session.router.config.hostname = "Router"
    session.router.touch()
    return ""


def one_line(session: Session, args: Args) -> Result:
    """A command that running-config shows as it came."""
    line = " ".join([*(word for word in args if word != "LINE"), *args["LINE"].split()])
    session.router.config.lines.pop(f"no {line}", None)
    session.router.config.lines.setdefault(line)
    session.router.touch()
    return ""


def no_line(session: Session, args: Args) -> Result:
    """Remove every one-line command that begins so."""
    start = " ".join([*(word for word in args if word not in ("no", "LINE")), *args.get("LINE", "").split()])
    lines = session.router.config.lines
    for line in [line for line in lines if line == start or line.startswith(f"{start} ")]:
        del lines[line]
    session.router.touch()
    return ""


def host(session: Session, args: Args) -> Result:
    no_line(session, {"no": "no", "ip": "ip", "LINE": f"host {args['NAME']}"})
    return one_line(session, {"ip": "ip", "LINE": f"host {args['NAME']} {args['ADDRESS']}"})


def only_line(session: Session, args: Args) -> Result:
    """A one-line command of which there is one at a time: it takes the place of the last."""
    start = " ".join(list(args)[:-1])
    lines = session.router.config.lines
    for old in [old for old in lines if old.startswith(f"{start} ")]:
        del lines[old]
    lines[f"{start} {args['LINE']}"] = None
    session.router.touch()
    return ""


def show_prompts(session: Session, _args: Args) -> Result:
    session.router.config.lines.pop(HIDDEN_PROMPTS, None)
    session.router.touch()
    return ""


def hide_prompts(session: Session, _args: Args) -> Result:
    session.router.config.lines[HIDDEN_PROMPTS] = None
    session.router.touch()
    return ""


def log_buffer(session: Session, args: Args) -> Result:
    """`logging buffered [SIZE] [LEVEL]`."""
    size, level = DEFAULT_SIZE, DEBUGGING
    for word in args.get("LINE", "").split():
        if word.isdigit() and SMALLEST_BUFFER <= int(word) <= LARGEST_BUFFER:
            size = int(word)
        elif word in SEVERITIES or word in map(str, range(len(SEVERITIES))):
            level = SEVERITIES.index(word) if word in SEVERITIES else int(word)
        else:
            raise InvalidError(at=args["LINE"].index(word))
    session.router.buffer.resize(size, level)
    _logging_line(session, f"logging buffered {size} {SEVERITIES[level]}")
    return ""


def no_log_buffer(session: Session, _args: Args) -> Result:
    session.router.buffer.enabled = False
    _logging_line(session, "no logging buffered")
    return ""


def _logging_line(session: Session, line: str) -> None:
    lines = session.router.config.lines
    for old in [old for old in lines if old.removeprefix("no ").startswith("logging buffered")]:
        del lines[old]
    lines[line] = None
    session.router.touch()


def end(session: Session, _args: Args) -> Result:
    session.end()
    return ""


EVERYWHERE = (("end", end),)
CONFIG = (
    ("exit", end),
    ("hostname NAME", hostname),
    ("no hostname [LINE]", no_hostname),
    ("prompt LINE", only_line),
    ("no prompt [LINE]", no_line),
    ("service prompt config", show_prompts),
    ("no service prompt config", hide_prompts),
    ("service timestamps log LINE", only_line),
    ("service timestamps debug LINE", only_line),
    ("ip host NAME ADDRESS", host),
    ("logging buffered [LINE]", log_buffer),
    ("no logging buffered [LINE]", no_log_buffer),
    *((f"{word} LINE", one_line) for word in (*GLOBALS, "logging")),
    *((f"no {word} LINE", no_line) for word in (*GLOBALS, "logging")),
    *((f"{word} LINE", block) for word in BLOCKS),
    *((word, block) for word in ALONE),
    *((f"no {word} LINE", no_block) for word in BLOCKS),
    *((f"no {word}", no_block) for word in ALONE),
)
SUBMODE = (("exit", leave_block),)
LINES = tuple((row, in_block) for word in IN_A_BLOCK for row in (f"{word} [LINE]", f"no {word} [LINE]"))
BLOCK = (*LINES, ("class NAME", inner_block), ("no class NAME", no_inner_block), *SUBMODE)
CLASS = (*LINES, *SUBMODE)
