"""The commands ``probe`` and ``trust``: words in, the verb called, its report shown, its exit code out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from runbooks.probe import agree, probe
from runbooks.probe_report import ProbeReport, as_json
from runbooks.probe_screen import show_probe
from runbooks.trust import TrustReport, trust
from runbooks.trust import as_json as trust_as_json
from tasks.provider import DEADLINE

_CONFIG = Path("config.yaml")
Config = Annotated[Path, typer.Option("--config", metavar="FILE", help="Nornir's configuration file.")]
Output = Annotated[Literal["text", "json"], typer.Option(help="json: the whole report and nothing else.")]


def add_to(app: typer.Typer) -> None:
    """Make both of them commands of ``app``."""
    app.command("probe")(probe_command)
    app.command("trust")(trust_command)


def probe_command(
    providers: Annotated[
        list[str] | None, typer.Argument(metavar="[PROVIDER]...", help="Keys of providers.yaml; all with TLS if none.")
    ] = None,
    config: Config = _CONFIG,
    server: Annotated[
        str | None, typer.Option(metavar="HOST[:PORT]", help="Look here instead; needs no provider. Port 587 if none.")
    ] = None,
    update: Annotated[bool, typer.Option("--update", help="Propose the trust files, and write them.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 4 on drift or an end in sight.")
    ] = False,
    from_file: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Judge this instead of looking: a PEM, the output of openssl s_client -showcerts, or a router's PKI "
            "debugs.",
        ),
    ] = None,
    window: Annotated[
        int | None,
        typer.Option(min=1, metavar="DAYS", help="What ends within so many days is told; else the provider's."),
    ] = None,
    aia: Annotated[
        bool, typer.Option("--aia", help="Fetch missing issuers from where certificates say (plain http).")
    ] = False,
    source_address: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Connect from this address.")] = None,
    proxy: Annotated[str | None, typer.Option(metavar="URL", help="Connect through http://HOST:PORT.")] = None,
    deadline: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="What a look may take altogether.")
    ] = DEADLINE,
    yes: Annotated[bool, typer.Option("--yes", help="Ask no question.")] = False,
    output: Output = "text",
) -> None:
    """Look at mail servers as routers do; see what to trust, what has changed, what will end. No router is touched."""
    asks = update and not yes and output == "text" and sys.stdin.isatty()
    report = probe(
        config,
        tuple(providers or ()),
        server=server,
        update=update,
        check=check,
        from_file=from_file,
        window=window,
        aia=aia,
        source_address=source_address,
        proxy=proxy,
        deadline=deadline,
        agreed=not asks,
    )
    if output == "json":
        print(json.dumps(as_json(report), indent=2))
    else:
        report = _shown(report, asks=asks)
    raise typer.Exit(report.exit_code)


def _shown(report: ProbeReport, *, asks: bool) -> ProbeReport:
    show_probe(Console(), report)
    if asks and any(one.proposal and one.proposal.diff for one in report.probed):
        typer.confirm("Write what is proposed?", abort=True, err=True)
        report = agree(report)
    for path in report.written:
        print(f"wrote {path}")
    return report


def trust_command(
    config: Config = _CONFIG,
    limit: Annotated[
        list[str] | None, typer.Option("--limit", metavar="EXPR", help="Count these hosts only; as for plan.")
    ] = None,
    output: Output = "text",
) -> None:
    """Show what ends when, in which providers, in how many hosts; nothing is connected."""
    report = trust(config, limit=tuple(limit or ()))
    if output == "json":
        print(json.dumps(trust_as_json(report), indent=2))
    else:
        Console().print(_table(report))


def _table(report: TrustReport) -> Table:
    table = Table(title=f"trust as of {report.at:%Y-%m-%d}", title_justify="left", box=None, pad_edge=False)
    for title in ("ends", "days", "hosts"):
        table.add_column(title, justify="left" if title == "ends" else "right", no_wrap=True)
    for title in ("providers", "certificate", "SHA-256", "Mozilla's end"):
        table.add_column(title, overflow="fold")
    for row in report.rows:
        one = row.certificate
        ends, distrusted = f"{one.not_after:%Y-%m-%d}", str(row.distrusted or "-")
        who = (", ".join(row.providers), one.common_name, one.sha256[:8], distrusted)
        table.add_row(ends, str(row.days_left), str(row.hosts), *who)
    return table
