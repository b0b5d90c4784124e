"""The command ``check``: words in, every finding once, an exit code out."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.text import Text

from mailtrust.describe import counted
from mailtrust.report.run_json import as_mapping
from runbooks.check import Check, check
from runbooks.fleet import find_config
from runbooks.screen import show_findings

_CONFIG = Path("config.yaml")


def add_to(app: typer.Typer) -> None:
    """Make it a command of ``app``."""
    app.command("check")(check_command)


def check_command(
    config: Annotated[Path, typer.Option("--config", metavar="FILE", help="Nornir's configuration file.")] = _CONFIG,
    limit: Annotated[
        list[str] | None, typer.Option("--limit", metavar="EXPR", help="Choose hosts, as for every verb. Repeatable.")
    ] = None,
    connect: Annotated[
        bool, typer.Option("--connect", help="Also log in: host key, login, clock, name server, source interface.")
    ] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Routers at the same time.")] = None,
    output: Annotated[Literal["text", "json"], typer.Option(help="json: a report like run.json.")] = "text",
) -> None:
    """Read every file and lint every host's wish; nothing is changed anywhere."""
    checked = check(find_config(config), tuple(limit or ()), connect=connect, workers=workers)
    if output == "json":
        print(json.dumps(checked.redactor.values(_as_mapping(checked)), indent=1))
    else:
        show_check(Console(), checked)
    raise typer.Exit(checked.report.exit_code)


def _as_mapping(checked: Check) -> dict[str, Any]:
    """The report as run.json has it, and beside it what is not about a single host."""
    about_files = {
        "remarks": [asdict(remark) for remark in checked.remarks],
        "unresolved": list(checked.unresolved),
        "unused": list(checked.unused),
        "waves": list(checked.waves),
    }
    return {**as_mapping(checked.report), **about_files}


def show_check(screen: Console, checked: Check) -> None:
    """What is wrong with the files, then what is wrong with hosts, then the sum."""
    for remark in checked.remarks:
        text = checked.redactor.redact(remark.text)
        screen.print(Text(f"{remark.code} {remark.severity}  {text}\n      remedy: {remark.remedy}"), soft_wrap=True)
    for reference in checked.unresolved:
        print(f"warning: {checked.redactor.redact(reference)}")
    for name in checked.unused:
        print(f"note: {name} is used by no selected host")
    show_findings(screen, checked.report.hosts, checked.redactor)
    if len(checked.waves) > 1:
        print(f"a rollout goes in {len(checked.waves)} waves: {', '.join(map(str, checked.waves))} hosts")
    totals = checked.report.totals
    bad = ", ".join(f"{totals[state]} {state}" for state in ("failed", "unreachable") if totals[state])
    print(f"{counted(len(checked.report.hosts))} checked: {bad or 'all fine'}")
