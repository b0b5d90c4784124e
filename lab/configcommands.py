"""Global configuration that is neither PKI nor EEM, and the blocks (`interface`, `line`, ...) kept as they come."""

from __future__ import annotations

from collections.abc import Mapping

from lab.grammar import InvalidError
from lab.logbuffer import DEBUGGING, DEFAULT_SIZE, SEVERITIES
from lab.session import CONFIG as CONFIG_MODE
from lab.session import Mode, Result, Session

Args = Mapping[str, str]

SMALLEST_BUFFER = 4096
LARGEST_BUFFER = 2147483647
GLOBALS = (
    "aaa",
    "access-list",
    "alias",
    "archive",
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
BLOCKS = {"interface": "(config-if)#", "line": "(config-line)#", "router": "(config-router)#", "vrf": "(config-vrf)#"}
IN_A_BLOCK = (
    "description",
    "duplex",
    "exec-timeout",
    "ip access-group",
    "ip address",
    "ip helper-address",
    "ip mtu",
    "ip nat",
    "ip ospf",
    "ip redirects",
    "ip vrf",
    "length",
    "logging synchronous",
    "login",
    "mtu",
    "negotiation",
    "network",
    "password",
    "rd",
    "shutdown",
    "speed",
    "stopbits",
    "transport",
    "vrf forwarding",
    "width",
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
    line = " ".join([next(iter(args)), *args["LINE"].split()])
    session.router.config.lines.pop(f"no {line}", None)
    session.router.config.lines.setdefault(line)
    session.router.touch()
    return ""


def no_line(session: Session, args: Args) -> Result:
    """Remove every one-line command that begins so."""
    start = " ".join([list(args)[1], *args["LINE"].split()])
    lines = session.router.config.lines
    for line in [line for line in lines if line == start or line.startswith(f"{start} ")]:
        del lines[line]
    session.router.touch()
    return ""


def host(session: Session, args: Args) -> Result:
    no_line(session, {"no": "no", "ip": "ip", "LINE": f"host {args['NAME']}"})
    return one_line(session, {"ip": "ip", "LINE": f"host {args['NAME']} {args['ADDRESS']}"})


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


def block(session: Session, args: Args) -> Result:
    word = next(iter(args))
    header = " ".join([word, *args["LINE"].split()])
    session.router.config.blocks.setdefault(header, ())
    session.go(Mode("block", BLOCKS[word], header))
    return ""


def no_block(session: Session, args: Args) -> Result:
    session.router.config.blocks.pop(" ".join([list(args)[1], *args["LINE"].split()]), None)
    session.router.touch()
    return ""


def in_block(session: Session, args: Args) -> Result:
    """A line of a block; `no X` takes X out, or is kept itself if there is none."""
    line = " ".join([word for word in args if word != "LINE"] + args.get("LINE", "").split())
    header, blocks = session.mode.subject, session.router.config.blocks
    opposite = line.removeprefix("no ") if line.startswith("no ") else f"no {line}"
    kept = tuple(old for old in blocks[header] if old not in (line, opposite))
    blocks[header] = kept if line.startswith("no ") and len(kept) < len(blocks[header]) else (*kept, line)
    session.router.touch()
    return ""


def leave_block(session: Session, _args: Args) -> Result:
    session.go(CONFIG_MODE)
    return ""


def end(session: Session, _args: Args) -> Result:
    session.end()
    return ""


EVERYWHERE = (("end", end),)
CONFIG = (
    ("exit", end),
    ("hostname NAME", hostname),
    ("no hostname [LINE]", no_hostname),
    ("ip host NAME ADDRESS", host),
    ("logging buffered [LINE]", log_buffer),
    ("no logging buffered [LINE]", no_log_buffer),
    *((f"{word} LINE", one_line) for word in (*GLOBALS, "logging")),
    *((f"no {word} LINE", no_line) for word in (*GLOBALS, "logging")),
    *((f"{word} LINE", block) for word in BLOCKS),
    *((f"no {word} LINE", no_block) for word in BLOCKS),
)
SUBMODE = (("exit", leave_block),)
BLOCK = (
    *((row, in_block) for word in IN_A_BLOCK for row in (f"{word} [LINE]", f"no {word} [LINE]")),
    *SUBMODE,
)
