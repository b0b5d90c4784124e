"""What a person reads when a run has ended: a table, each cause once, and what to do next."""

from __future__ import annotations

import contextlib
import io
import re
from collections import defaultdict
from collections.abc import Sequence

import colorama
from nornir.core.task import AggregatedResult
from nornir_utils.plugins.functions import print_result
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mailtrust.describe import counted
from mailtrust.findings import Finding
from mailtrust.model import HostOutcome, MailOutcome
from mailtrust.redact import Redactor
from mailtrust.report.model import Report

# nornir-utils makes colorama write escape codes into everything that this process prints, pipes and JSON included.
colorama.deinit()

_STYLES = {
    "changed": "green",
    "unchanged": "green",
    "planned": "cyan",
    "failed": "red",
    "unreachable": "yellow",
    "skipped": "dim",
    "interrupted": "magenta",
}
_ANSI = re.compile(r"\x1b\[[0-9;]*m")

# More rows than this say less: the rest is in run.json.
_ROWS = 40
_NAMES = 6


def show_report(console: Console, report: Report, redactor: Redactor) -> None:
    """The whole ending of a run; every text passes the redactor."""
    console.print(_table(report))
    _show_steps(console, report, redactor)
    show_findings(console, report.hosts, redactor)
    console.print(_summary(report))


def show_findings(console: Console, hosts: Sequence[HostOutcome], redactor: Redactor) -> None:
    """Each finding once, worst first, with the hosts that have it and the way out."""
    having: dict[Finding, list[str]] = defaultdict(list)
    for host in hosts:
        for finding in dict.fromkeys(host.findings):
            having[finding].append(host.name)
    for finding in sorted(having, key=lambda each: (["error", "warning", "note"].index(each.severity), each.code)):
        style = {"error": "bold red", "warning": "yellow", "note": "dim"}[finding.severity]
        line = Text.assemble((f"{finding.code} {finding.severity}", style), f"  {redactor.redact(finding.text)}")
        console.print(line, soft_wrap=True)
        console.print(Text(f"      on {_names(having[finding])}"), soft_wrap=True)
        console.print(Text(f"      remedy: {finding.remedy}"), soft_wrap=True)


def show_details(results: Sequence[AggregatedResult], redactor: Redactor) -> str:
    """What nornir-utils prints for every host, as text."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        for result in results:
            print_result(result)
    return redactor.redact(_ANSI.sub("", printed.getvalue()))


def _table(report: Report) -> Table:
    table = Table(
        title=f"{report.verb} {report.id}", title_justify="left", title_style="bold", box=None, pad_edge=False
    )
    for title in ("host", "state", "steps", "mail", "saved", "waits", "seconds"):
        table.add_column(title, justify="right" if title in {"waits", "seconds"} else "left")
    remarkable = [host for host in report.hosts if host.state not in {"changed", "unchanged"}]
    shown = list(report.hosts) if len(report.hosts) <= _ROWS else remarkable[:_ROWS]
    for host in shown:
        table.add_row(*_row(host))
    if len(shown) < len(report.hosts):
        table.add_row(f"... and {len(report.hosts) - len(shown)} more, all in run.json")
    return table


def _row(host: HostOutcome) -> tuple[Text | str, ...]:
    done = sum(step.state == "done" for step in host.steps)
    return (
        host.name,
        Text(host.state, _STYLES[host.state]),
        f"{done}/{len(host.steps)}" if host.steps else "-",
        _mail(host.mail),
        "yes" if host.saved else "-",
        str(host.round_trips),
        f"{host.seconds:.1f}",
    )


def _mail(mail: MailOutcome | None) -> str:
    if mail is None:
        return "-"
    return {None: "sent", True: "arrived", False: "not arrived"}[mail.arrived] if mail.sent else "failed"


def _show_steps(console: Console, report: Report, redactor: Redactor) -> None:
    """What a dry run would do: hosts with the same steps are told together."""
    if report.verb not in {"plan", "verify"}:
        return
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for host in report.hosts:
        steps = tuple(f"{step.kind} {step.target}: {redactor.redact(step.detail)}" for step in host.steps)
        if steps:
            alike[steps].append(host.name)
    for steps, names in alike.items():
        console.print(Text(f"\n{_names(names)}:", "bold cyan"), soft_wrap=True)
        for step in steps:
            console.print(Text("  " + step.replace("\n", "\n  ")), soft_wrap=True)
    if alike:
        console.print()


def _summary(report: Report) -> Text:
    totals = {state: number for state, number in report.totals.items() if number}
    parts: list[str | tuple[str, str]] = [f"{counted(len(report.hosts))}: "]
    for index, (state, number) in enumerate(totals.items()):
        parts += [", " if index else "", (f"{number} {state}", _STYLES[state])]
    seconds = (report.finished - report.started).total_seconds()
    stopped = "" if report.stopped is None else f"; stopped: {report.stopped}"
    return Text.assemble(*parts, f" in {seconds:.1f} s", (stopped, "bold red"))


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMES])
    return shown if len(names) <= _NAMES else f"{shown} and {len(names) - _NAMES} more ({len(names)} hosts)"
