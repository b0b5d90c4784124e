"""``mailtrust probe``: look at providers' servers as routers do, judge their chains, compare with the trust files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from mailtrust.chain import Judgement, Presented, Root, compare, drift, judge
from mailtrust.chain_input import Needed, from_text, resolve_needed
from mailtrust.errors import UsageError
from mailtrust.findings import Finding, finding
from mailtrust.model import Certificate, Provider
from mailtrust.trust_file import trust_set
from mailtrust.trust_text import Wanted, wanted
from runbooks.fleet import find_config, known
from runbooks.init import scaffold
from runbooks.known_roots import known_roots
from runbooks.looking import told_by
from runbooks.probe_report import Asked, Mode, Probed, ProbeReport, Target
from runbooks.proposal import accept, held_in, propose
from runbooks.provider_file import ProviderFile, read_providers
from runbooks.yaml_file import read_text
from tasks.aia import fetch, issuer_urls
from tasks.provider import DEADLINE, Look, look
from tasks.wire import Vantage

CATALOGUE = Path("trust") / "roots"
WINDOW = 90
PORT = 587
_FETCHES = 8
"""How often something is fetched for one chain, at most."""
_TOGETHER = 8
"""Providers that are looked at at the same time."""


@dataclass(frozen=True)
class _Way:
    """How to look, and by what to judge."""

    now: datetime
    roots: tuple[Root, ...]
    deadline: float
    vantage: Vantage
    aia: bool
    text: str | None
    """Offline input instead of looks."""
    file: str


def probe(
    config: Path = Path("config.yaml"),
    providers: Sequence[str] = (),
    *,
    server: str | None = None,
    update: bool = False,
    check: bool = False,
    from_file: Path | None = None,
    window: int | None = None,
    aia: bool = False,
    source_address: str | None = None,
    proxy: str | None = None,
    deadline: float = DEADLINE,
    agreed: bool = True,
    now: datetime | None = None,
) -> ProbeReport:
    """Look at the named providers (default: all with TLS); ``server`` (``HOST[:PORT]``) stands in for the one named.

    ``update`` proposes the trust files of all that is in order, and writes them if it is ``agreed`` already (else
    ``agree`` does, with the report); ``check`` writes nothing and makes drift count in ``exit_code``;
    ``from_file`` is judged instead: a PEM, the output of ``openssl s_client -showcerts``, a router's PKI debugs.
    ``window``: days, over the provider's own; ``deadline``: seconds for each server; ``now``: aware, default the clock.
    No router is touched. Raises UsageError (InventoryError among them) before anything is connected.
    """
    targets, catalogue = _targets(config, providers, server, offline=from_file is not None)
    _refuse_nonsense(targets, update=update, check=check, offline=from_file is not None)
    way = _Way(
        now=now or datetime.now(timezone.utc),
        roots=known_roots(catalogue),
        deadline=deadline,
        vantage=Vantage(source_address, proxy),
        aia=aia,
        text=None if from_file is None else read_text(from_file),
        file=str(from_file),
    )
    if window is not None:
        targets = tuple(replace(target, window=timedelta(days=window)) for target in targets)
    with ThreadPoolExecutor(max_workers=_TOGETHER, thread_name_prefix="probe") as pool:
        probed = _with_proposals(tuple(pool.map(lambda target: _probed(target, way), targets)), way.now)
    mode: Mode = "update" if update else "check" if check else "look"
    report = ProbeReport(way.now, mode, probed)
    return agree(report) if update and agreed else report


def agree(report: ProbeReport) -> ProbeReport:
    """Write what the report proposes."""
    return replace(report, written=accept(dict.fromkeys(one.proposal for one in report.probed if one.proposal)))


# --- what to look at -----------------------------------------------------------------------------------------------


def _targets(
    config: Path, names: Sequence[str], server: str | None, *, offline: bool
) -> tuple[tuple[Target, ...], Path]:
    """The targets, and the catalogue beside the providers file; without any file the catalogue that we ship."""
    nameless = (server is not None or offline) and not names
    host, port = _server(server) if server is not None else ("", 0)
    if nameless and not config.is_file():
        return (_nameless(host, port),), scaffold() / "inventory" / CATALOGUE
    file = read_providers(find_config(config))
    catalogue = file.folder / CATALOGUE
    if nameless:
        return (_nameless(host, port),), catalogue
    targets = tuple(_target(file, name) for name in dict.fromkeys(names or _with_tls(file)))
    if server is None:
        return targets, catalogue
    if len(targets) > 1:
        raise UsageError("--server stands for the server of one provider: name one, or none")
    return (replace(targets[0], server=host, port=port),), catalogue


def _with_tls(file: ProviderFile) -> tuple[str, ...]:
    names = tuple(name for name, provider in file.providers.items() if provider.security == "tls")
    if not names:
        raise UsageError(f"{file.path}: no provider with TLS; name a server with --server HOST:PORT")
    return names


def _target(file: ProviderFile, name: str) -> Target:
    provider: Provider = known(file.providers, name, "probe", file.path)
    trust = None if provider.trust is None else file.folder / provider.trust
    return Target(name, provider.server, provider.port, provider.install, timedelta(days=provider.window), trust)


def _nameless(host: str, port: int) -> Target:
    return Target(None, host, port, "issuers", timedelta(days=WINDOW), None)


def _server(text: str) -> tuple[str, int]:
    """``HOST``, ``HOST:PORT``, ``[ADDRESS]:PORT`` or an address of IPv6 alone."""
    fit = re.fullmatch(r"\[([0-9A-Fa-f:.]+)\](?::(\d{1,5}))?|([^\s:/@\[\]]+)(?::(\d{1,5}))?|([0-9A-Fa-f:.]+)", text)
    if fit is None or not 0 < int(fit[2] or fit[4] or PORT) < 65536:  # noqa: PLR2004
        raise UsageError(f"--server: expected HOST:PORT, got {text!r}")
    return fit[1] or fit[3] or fit[5], int(fit[2] or fit[4] or PORT)


def _refuse_nonsense(targets: Sequence[Target], *, update: bool, check: bool, offline: bool) -> None:
    if update and check:
        raise UsageError("--update writes and --check does not: use one of them")
    if offline and len(targets) > 1:
        raise UsageError("--from is the chain of one provider: name one, or none")
    for target in targets:
        if (update or check) and target.trust is None:
            raise UsageError(f"{target.title} has no trust file: name a provider that has one")


# --- one target ----------------------------------------------------------------------------------------------------


def _probed(target: Target, way: _Way) -> Probed:
    if way.text is not None:
        read = from_text(way.text, way.file)
        if isinstance(read, Needed):
            return _from_debugs(target, read, way)
        return _judged(target, (), (read,), way)
    looks = look(target.server, target.port, deadline=way.deadline, vantage=way.vantage)
    seen = (Presented(each.where, each.sni, each.chain) for each in looks if each.stopped is None)
    return _judged(target, looks, tuple(dict.fromkeys(seen)), way)


def _judged(target: Target, looks: tuple[Look, ...], seen: Sequence[Presented], way: _Way) -> Probed:
    held = held_in(target.trust)
    judgements = tuple(_judgement(target, one, held, way) for one in seen)
    findings = (*told_by(looks), *(told for one in judgements for told in one.findings), *compare(judgements))
    drifted = (*_installed(target, way)[1], *(told for one in judgements for told in _drift(target, one, way)))
    chosen = wanted(judgements, target.install)
    return Probed(target, looks, judgements, None, _once(findings), _once(drifted), chosen)


def _judgement(target: Target, presented: Presented, held: tuple[Certificate, ...], way: _Way) -> Judgement:
    """With what the trust file holds and, if asked for, with what certificates point to, until there is a path."""
    extra, asked = held, set[str]()
    judgement = _judge(target, presented, extra, way)
    while way.aia and not judgement.paths and len(asked) < _FETCHES:
        places = (url for one in (*presented.chain, *extra) for url in issuer_urls(one) if not one.self_issued)
        url = next((url for url in places if url not in asked), None)
        if url is None:
            break
        asked.add(url)
        issuer = fetch(url, deadline=way.deadline, vantage=way.vantage)
        if issuer is not None and issuer.is_ca:
            extra = (*extra, issuer)
            judgement = _judge(target, presented, extra, way)
    return judgement


def _judge(target: Target, presented: Presented, extra: Sequence[Certificate], way: _Way) -> Judgement:
    host = target.server
    judgement = judge(presented, way.roots, host=host, now=way.now, window=target.window, extra=extra)
    if not host:  # an offline chain of nobody in particular: no name to compare with
        return replace(judgement, findings=tuple(one for one in judgement.findings if one.code != "MT524"))
    return judgement


# --- against the trust file ----------------------------------------------------------------------------------------


def _installed(target: Target, way: _Way) -> tuple[tuple[Certificate, ...], tuple[Finding, ...]]:
    """What routers get from the trust file, and what is wrong with the file by itself."""
    if target.trust is None:
        return (), ()
    text = read_text(target.trust) if target.trust.exists() else ""
    return trust_set(text, name=target.trust.name, install=target.install, now=way.now, window=target.window)


def _drift(target: Target, judgement: Judgement, way: _Way) -> tuple[Finding, ...]:
    if target.trust is None:
        return ()
    installed, _ = _installed(target, way)
    return drift(judgement, installed, now=way.now, window=target.window, install=target.install)


def _with_proposals(probed: tuple[Probed, ...], now: datetime) -> tuple[Probed, ...]:
    """One proposal for each trust file: providers that share one get it together."""
    sharing: dict[Path, list[Probed]] = {}
    for one in probed:
        if one.target.trust is not None:
            sharing.setdefault(one.target.trust, []).append(one)
    proposals = {
        path: propose(path, " and ".join(str(one.target.name) for one in users), _all_wanted(users), now)
        for path, users in sharing.items()
        if all(one.in_order and one.wanted for one in users)
    }
    return tuple(replace(one, proposal=proposals.get(one.target.trust)) if one.target.trust else one for one in probed)


def _all_wanted(probed: Iterable[Probed]) -> tuple[Wanted, ...]:
    return tuple(each for one in probed for each in one.wanted)


def _once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(dict.fromkeys(findings))


# --- from a router's own debugs ------------------------------------------------------------------------------------


def _from_debugs(target: Target, needed: Needed, way: _Way) -> Probed:
    in_file = held_in(target.trust)
    held, absent = resolve_needed(needed, (*(root.certificate for root in way.roots), *in_file))
    held = tuple(dict.fromkeys(one for one in held if one.self_issued or target.install != "anchors"))
    sources = {root.certificate: root.source for root in reversed(way.roots)}
    why = "a router asked for it"
    chosen = tuple((one, why, sources.get(one, "this file")) for one in held)
    findings = tuple(_unknown(issuer, needed, way.file) for issuer in absent)
    installed, told = _installed(target, way)
    lacking = () if target.trust is None else tuple(one for one in held if one not in installed)
    drifted = (*told, *(finding("MT542", f"{one.subject} (SHA-256 {one.sha256[:8]}...)") for one in lacking))
    asked = Asked(needed, held, absent)
    return Probed(target, (), (), asked, _once(findings), _once(drifted), chosen)


def _unknown(issuer: str, needed: Needed, file: str) -> Finding:
    """An error if the router refused the server for want of it."""
    return finding("MT501" if issuer in needed.missing else "MT556", f"{file}: the router asked for {issuer}")
