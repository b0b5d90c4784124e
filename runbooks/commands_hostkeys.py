"""The command ``hostkeys``: words in, a table out, a question, the keys pinned."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mailtrust.describe import counted
from mailtrust.host_keys import standing
from mailtrust.plain import one_line
from runbooks.fleet import find_config
from runbooks.hostkeys import Scanned, as_mapping, exit_code, pin, scan

_CONFIG = Path("config.yaml")
_STYLES = {
    "same": "green",
    "new": "cyan",
    "CHANGED": "bold red",
    "REVOKED": "bold red",
    "unreachable": "yellow",
    "known": "dim",
}

_WIDE = 160  # a fingerprint that is folded cannot be compared


def add_to(app: typer.Typer) -> None:
    """Make it a command of ``app``."""
    app.command("hostkeys")(hostkeys_command)


def hostkeys_command(
    config: Annotated[Path, typer.Option("--config", metavar="FILE", help="Nornir's configuration file.")] = _CONFIG,
    limit: Annotated[
        list[str] | None, typer.Option("--limit", metavar="EXPR", help="Choose hosts, as for every verb. Repeatable.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Routers at the same time.")] = None,
    replace: Annotated[
        list[str] | None,
        typer.Option("--replace", metavar="HOST", help="Take the changed key of this host for right. Repeatable."),
    ] = None,
    output: Annotated[Literal["text", "json"], typer.Option(help="json: what was found and nothing else.")] = "text",
    yes: Annotated[bool, typer.Option("--yes", help="Pin without a question.")] = False,
) -> None:
    """Ask routers for their host keys, without a login, and pin those that are new. A changed key needs --replace."""
    named = frozenset(replace or ())
    scanned = scan(find_config(config), tuple(limit or ()), workers, named)
    if output == "json":
        print(json.dumps(as_mapping(scanned), indent=1))
    else:
        _show(Console() if sys.stdout.isatty() else Console(width=_WIDE), scanned)
    raise typer.Exit(exit_code(scanned, named, written=_pin(scanned, named, output, yes=yes)))


def _pin(scanned: Sequence[Scanned], named: frozenset[str], output: str, *, yes: bool) -> bool:
    """Whether what may be written has been written."""
    waiting = [host.name for host in scanned if host.unpinned(named)]
    if not waiting:
        return True
    if not yes and (output == "json" or not sys.stdin.isatty()):
        if output == "text":
            print(f"{counted(len(waiting))} with keys to pin: compare the fingerprints, then run again with --yes")
        return False
    if not yes and not typer.confirm(f"Pin the keys of {counted(len(waiting))}?", err=True):
        return False
    files = pin(scanned, named)
    if output == "text":
        print(f"pinned {counted(len(waiting))} in {', '.join(map(str, files))}")
    return True


def _show(console: Console, scanned: Sequence[Scanned]) -> None:
    table = Table(box=None, pad_edge=False)
    for title in ("host", "address", "type", "fingerprint", "is"):
        table.add_column(title, overflow="fold")
    for host in scanned:
        for row in _rows(host):
            # A stranger may have chosen these words: no markup, nothing that acts on a terminal.
            cells = [Text(one_line(each)) for each in (host.name, host.address, *row[:2])]
            table.add_row(*cells, Text(row[2], _STYLES[row[2]]))
    console.print(table)


def _rows(host: Scanned) -> list[tuple[str, str, str]]:
    """Type, fingerprint, standing; below a changed key the one that is known."""
    if host.failure is not None:
        return [("-", host.failure.text, "unreachable")]
    rows = [(key.kind, key.fingerprint, str(standing(key, host.known))) for key in host.keys]
    if host.standing in {"CHANGED", "REVOKED"}:
        rows = [(kind, shown, "CHANGED" if state == "new" else state) for kind, shown, state in rows]
        rows += [(key.kind, key.fingerprint, "known") for key in host.known.keys]
    return rows
