"""Configuration in blocks (`interface`, `line`, `kron policy-list`, ...), kept as it comes."""

from __future__ import annotations

from collections.abc import Mapping

from lab.session import CONFIG as CONFIG_MODE
from lab.session import Mode, Result, Session

Args = Mapping[str, str]

BLOCKS = {
    "interface": "(config-if)#",
    "ip access-list": "(config-ext-nacl)#",
    "kron occurrence": "(config-kron-occurrence)#",
    "kron policy-list": "(config-kron-policy)#",
    "line": "(config-line)#",
    "parser view": "(config-view)#",
    "policy-map": "(config-pmap)#",
    "router": "(config-router)#",
    "vrf": "(config-vrf)#",
}
ALONE = {"archive": "(config-archive)#"}  # blocks without a name
IN_A_BLOCK = (
    "bandwidth",
    "cli",
    "commands",
    "deny",
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
    "maximum",
    "mtu",
    "negotiation",
    "network",
    "password",
    "path",
    "permit",
    "police",
    "policy-list",
    "priority",
    "rd",
    "remark",
    "secret",
    "set",
    "shutdown",
    "speed",
    "stopbits",
    "time-period",
    "transport",
    "vrf forwarding",
    "width",
)


def block(session: Session, args: Args) -> Result:
    words = [word for word in args if word != "LINE"]
    header = " ".join([*words, *args.get("LINE", "").split()])
    session.router.config.blocks.setdefault(header, ())
    session.go(Mode("block", {**BLOCKS, **ALONE}[" ".join(words)], header))
    session.router.touch()
    return ""


def no_block(session: Session, args: Args) -> Result:
    words = [word for word in args if word not in ("no", "LINE")]
    session.router.config.blocks.pop(" ".join([*words, *args.get("LINE", "").split()]), None)
    session.router.touch()
    return ""


def in_block(session: Session, args: Args) -> Result:
    """A line of a block; `no X` takes X out, or is kept itself if there is none."""
    line = " ".join([word for word in args if word != "LINE"] + args.get("LINE", "").split())
    header, _, inner = session.mode.subject.partition("\n")
    blocks = session.router.config.blocks
    before, mine, behind = _parts(blocks.get(header, ()), inner)
    blocks[header] = (*before, *_changed(mine, f" {line}" if inner else line), *behind)
    session.router.touch()
    return ""


def _parts(lines: tuple[str, ...], inner: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The lines of a block before, in and behind one that lies within it; all are in it if there is none."""
    if not inner:
        return (), lines, ()
    start = lines.index(inner) + 1 if inner in lines else len(lines)
    end = next((at for at in range(start, len(lines)) if not lines[at].startswith(" ")), len(lines))
    return lines[:start], lines[start:end], lines[end:]


def _changed(lines: tuple[str, ...], line: str) -> tuple[str, ...]:
    indent, word = line[: len(line) - len(line.lstrip())], line.lstrip()
    opposite = indent + (word.removeprefix("no ") if word.startswith("no ") else f"no {word}")
    kept = tuple(old for old in lines if old not in (line, opposite))
    return kept if word.startswith("no ") and len(kept) < len(lines) else (*kept, line)


def inner_block(session: Session, args: Args) -> Result:
    """`class NAME` of a `policy-map`: a block within the block."""
    header, line = session.mode.subject, f"class {args['NAME']}"
    lines = session.router.config.blocks.get(header, ())
    session.router.config.blocks[header] = lines if line in lines else (*lines, line)
    session.go(Mode("class", "(config-pmap-c)#", f"{header}\n{line}", parent=session.mode))
    session.router.touch()
    return ""


def no_inner_block(session: Session, args: Args) -> Result:
    header, line = session.mode.subject, f"class {args['NAME']}"
    before, _, behind = _parts(session.router.config.blocks.get(header, ()), line)
    session.router.config.blocks[header] = (*(old for old in before if old != line), *behind)
    session.router.touch()
    return ""


def leave_block(session: Session, _args: Args) -> Result:
    session.go(session.mode.parent or CONFIG_MODE)
    return ""
