"""What a person reads after a probe: each session, each chain, each way to a root, what to install, what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from rich.console import Console
from rich.text import Text

from mailtrust.chain import Judgement
from mailtrust.findings import Finding
from mailtrust.model import Certificate
from runbooks.probe_report import Asked, Probed, ProbeReport
from tasks.provider import Look

_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}  # worst first
_MANNERS = {"router": "as a router: TLS 1.2, no server name", "everybody": "as everybody else"}


def show_probe(console: Console, report: ProbeReport) -> None:
    """The whole report; the diff of each proposal comes last, so that it stands above the question."""
    for probed in report.probed:
        console.print(Text(f"\n{probed.target.title}", "bold"))
        for line in _lines(probed, report.at):
            console.print(Text(line), soft_wrap=True)
        _show_findings(console, "findings", probed.findings)
        _show_findings(console, "against the trust file", probed.drift if report.mode != "update" else ())
        if report.mode == "update":
            _show_proposal(console, probed)
    console.print(_ending(report))


def _lines(probed: Probed, now: datetime) -> Iterator[str]:
    for look in probed.looks:
        yield from _look(look)
    for chain, alike in _by_chain(probed.judgements).items():
        yield f"  presented by {', '.join(each.presented.look for each in alike)}"
        yield from (f"    {place} {_certificate(one, now)}" for place, one in enumerate(chain))
        yield from _judgement(alike[0], probed.target.install, now)
    if probed.asked is not None:
        yield from _asked(probed.asked, now)


def _look(look: Look) -> Iterator[str]:
    yield f"  {look.where} {_MANNERS[look.manner]}{f', server name {look.server}' if look.sni else ''}"
    yield from (f"    {passed.stage:10}{passed.detail}" for passed in look.passed)
    if look.stopped is not None:
        yield f"    {look.stopped.stage:10}STOPPED: {look.stopped.reason}"


def _by_chain(judgements: Iterable[Judgement]) -> Mapping[tuple[Certificate, ...], list[Judgement]]:
    groups: dict[tuple[Certificate, ...], list[Judgement]] = {}
    for judgement in judgements:
        groups.setdefault(judgement.presented.chain, []).append(judgement)
    return groups


def _judgement(judgement: Judgement, install: str, now: datetime) -> Iterator[str]:
    for number, path in enumerate(judgement.paths, start=1):
        names = " <- ".join(one.common_name for one in path.certificates)
        yield f"  path {number}: {names} (root known from: {path.root.source})"
    for one in judgement.anchors:
        yield f"  a router anchors it on {_certificate(one, now)}"
    for policy, chosen in judgement.sets.items():
        yield f"  install: {policy}{' (chosen)' if policy == install else ''}"
        yield from (f"    {_certificate(one, now)}" for one in chosen)


def _asked(asked: Asked, now: datetime) -> Iterator[str]:
    yield "  the router asked for"
    yield from (f"    {issuer} (serial number of the certificate: {serial})" for issuer, serial in asked.needed.issuers)
    yield from (f"  it refused the server for want of {issuer}" for issuer in asked.needed.missing)
    yield from (f"  held: {_certificate(one, now)}" for one in asked.held)
    yield from (f"  not held: {issuer}" for issuer in asked.absent)


def _certificate(one: Certificate, now: datetime) -> str:
    left = (one.not_after - now).days
    return f"{one.subject}  ends {one.not_after:%Y-%m-%d} ({left} days)  SHA-256 {one.sha256}"


def _show_findings(console: Console, title: str, findings: Sequence[Finding]) -> None:
    if findings:
        console.print(Text(f"  {title}"))
    for one in sorted(findings, key=lambda each: (list(_STYLES).index(each.severity), each.code)):
        line = Text.assemble("    ", (f"{one.code} {one.severity}", _STYLES[one.severity]), f"  {one.text}")
        console.print(line, soft_wrap=True)
        console.print(Text(f"          remedy: {one.remedy}"), soft_wrap=True)


def _show_proposal(console: Console, probed: Probed) -> None:
    if probed.proposal is None:
        console.print(Text("  nothing is proposed: see the findings", "yellow"))
    elif probed.proposal.diff:
        console.print(Text(f"  proposed for {probed.proposal.path}"), soft_wrap=True)
        console.print(Text(probed.proposal.diff), soft_wrap=True)
    else:
        console.print(Text(f"  {probed.proposal.path} holds all of it already"), soft_wrap=True)


def _ending(report: ProbeReport) -> Text:
    failed = [one.target.title for one in report.probed if not one.in_order]
    if failed:
        return Text(f"\nnot in order: {', '.join(failed)}", "red")
    if report.exit_code:
        return Text("\ndrift: review it, then `mailtrust probe --update`", "yellow")
    return Text(f"\nin order: {', '.join(one.target.title for one in report.probed)}", "green")
