"""A chain as a server presented it -> every path to a known root, what IOS will anchor it on, what to install.

IOS does not look for a shortest path. It takes the topmost certificate that was presented and wants a trustpoint that
holds its issuer (or that certificate itself), even where another verifier would stop one certificate lower. So what
a router needs is read off the chain as presented, never off a verifier's answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailtrust.certificates import roots_first
from mailtrust.findings import Finding, finding
from mailtrust.model import Certificate
from mailtrust.quality import ageing, dates, in_time, key_kind, other_host, proven, strength, who
from mailtrust.sending import as_sent, not_sent
from mailtrust.walk import Holder, Issuance, Way, issuance

POLICIES = ("issuers", "anchors", "all")


@dataclass(frozen=True, slots=True)
class Root:
    """A self-signed root and who vouches for it: catalogue, certifi or system, preferred in this order."""

    certificate: Certificate
    source: str


@dataclass(frozen=True, slots=True)
class Presented:
    """One look at a server: its chain as sent, in the order sent. ``where`` is for people: ``192.0.2.1:587``."""

    where: str
    sni: bool
    chain: tuple[Certificate, ...]

    @property
    def look(self) -> str:
        return f"{self.where} {'with' if self.sni else 'without'} SNI"


@dataclass(frozen=True, slots=True)
class Path:
    """From the leaf to a known root, each certificate issued by the next; the root stands once, at the end."""

    certificates: tuple[Certificate, ...]
    root: Root


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one look means.

    ``paths``: every path to a known root, by name and signature; dates are told by findings. Those through key types
    that routers were seen to accept come first.
    ``anchors``: what IOS anchors this chain on today; without a trustpoint for one of these it refuses the server.
    ``sets``: by install policy the certificates for the trust file, valid today, roots first. They hold more than
    ``anchors``: the self-signed form of every root, for the day on which a cross-sign is not sent any more.
    """

    presented: Presented
    paths: tuple[Path, ...]
    anchors: tuple[Certificate, ...]
    sets: Mapping[str, tuple[Certificate, ...]]
    findings: tuple[Finding, ...]


# --- one look ------------------------------------------------------------------------------------------------------


def judge(
    presented: Presented,
    roots: Sequence[Root],
    *,
    host: str | None,
    now: datetime,
    window: timedelta,
    extra: Sequence[Certificate] = (),
) -> Judgement:
    """What a presented chain means to a router that reaches the server as ``host`` (None: names are not compared).

    ``roots``: all that is known, the preferred source of each one first. ``extra``: CA certificates that were not
    presented and may complete a path (a trust file's, fetched ones); they vouch for nothing. What ends within
    ``window`` of ``now`` (aware) is a finding.
    """
    if not presented.chain:
        nothing = finding("MT507", f"{presented.look}: the chain is empty")
        return Judgement(presented, (), (), dict.fromkeys(POLICIES, ()), (nothing,))
    known = {root.certificate: root for root in reversed(roots)}
    usable = (one for one in extra if in_time(one, now))
    ground = issuance((*presented.chain, *usable, *(root.certificate for root in roots)))
    paths = _paths(presented.chain[0], ground, known)
    ways = _presented_ways(presented.chain, ground)
    anchored = {way[-1]: _anchors(way[-1], paths, ground) for way in ways}
    forms = _forms(presented, paths, ground, now)
    anchors = roots_first(dict.fromkeys(forms[holder] for holders in anchored.values() for holder in holders))
    told = (
        *_unvouched(presented.look, [top for top, holders in anchored.items() if not holders]),
        *as_sent(presented.look, presented.chain, ways),
        *not_sent(presented.look, presented.chain, ways, [path.certificates for path in paths]),
        *(other_host(presented.look, presented.chain[0], host) if host is not None else ()),
        *_quality(presented, paths, now, window),
    )
    sets = _sets(presented.chain[0], anchors, paths, forms, ground, now)
    return Judgement(presented, paths, anchors, sets, tuple(dict.fromkeys(told)))


def _paths(leaf: Certificate, ground: Issuance, known: Mapping[Certificate, Root]) -> tuple[Path, ...]:
    ways = (way for way in ground.ways(leaf) if way[-1] in known)
    return tuple(sorted((Path(way, known[way[-1]]) for way in ways), key=lambda path: not _all_proven(path)))


def _all_proven(path: Path) -> bool:
    return all(map(proven, path.certificates))


def _presented_ways(chain: Sequence[Certificate], ground: Issuance) -> tuple[Way, ...]:
    """From the leaf as far up as presented certificates go, in whatever order they were sent; each ends in a top."""
    return ground.among(dict.fromkeys(chain)).ways(chain[0])


def _anchors(top: Certificate, paths: Sequence[Path], ground: Issuance) -> tuple[Holder, ...]:
    """Who may vouch for ``top`` to a router: its issuers that lead to a known root, or itself if it is a root."""
    vouched = {ground.holders[one] for path in paths for one in (*path.certificates[1:], path.root.certificate)}
    candidates = (top,) if top.self_issued else ground.issuers[top]
    holders = dict.fromkeys(ground.holders[one] for one in candidates)
    return tuple(holder for holder in holders if holder in vouched)


def _forms(
    presented: Presented, paths: Sequence[Path], ground: Issuance, now: datetime
) -> Mapping[Holder, Certificate]:
    """For each CA of the paths the form to install: the self-signed one if known, else as presented, else as held.

    Never two of one subject and key: a router that holds a root twice under one name may take the wrong one.
    """
    roots = {path.root.certificate for path in paths}
    best: dict[Holder, Certificate] = {}

    def rank(one: Certificate) -> tuple[bool, bool, bool, datetime]:
        return in_time(one, now), one in roots, one in presented.chain, one.not_after

    for one in dict.fromkeys(one for path in paths for one in path.certificates):
        holder = ground.holders[one]
        best[holder] = max(best.get(holder, one), one, key=rank)
    return best


def _sets(
    leaf: Certificate,
    anchors: Sequence[Certificate],
    paths: Sequence[Path],
    forms: Mapping[Holder, Certificate],
    ground: Issuance,
    now: datetime,
) -> Mapping[str, tuple[Certificate, ...]]:
    ends = tuple(forms[ground.holders[path.root.certificate]] for path in paths)
    issuers = tuple(forms[ground.holders[one]] for path in paths for one in path.certificates[1:])
    chosen = {
        "issuers": (*anchors, *ends, *issuers),
        "anchors": (*anchors, *ends),
        "all": (*anchors, *ends, *issuers, *((leaf,) if paths else ())),
    }
    return {
        policy: roots_first(dict.fromkeys(one for one in wanted if in_time(one, now)))
        for policy, wanted in chosen.items()
    }


def _unvouched(look: str, unanchored: Iterable[Certificate]) -> Iterator[Finding]:
    for top in unanchored:
        yield finding(
            "MT501",
            f"{look}: the topmost presented certificate is {top.subject} (SHA-256 {top.sha256}), issued by "
            f"{'itself' if top.self_issued else top.issuer}",
        )


def _quality(presented: Presented, paths: Sequence[Path], now: datetime, window: timedelta) -> Iterator[Finding]:
    """Not told per look: a certificate is as old and as weak wherever it was seen."""
    for one in dict.fromkeys((*presented.chain, *(one for path in paths for one in path.certificates))):
        yield from dates(one, now=now, window=window)
        yield from strength(one)
        if not proven(one):
            spared = any(_all_proven(path) for path in paths)
            instead = "another path needs only proven keys" if spared else "no path does without"
            yield finding("MT523", f"{who(one)} has a key of {key_kind(one)}; {instead}")
    for root in dict.fromkeys(path.root.certificate for path in paths):
        yield from ageing(root, now=now, window=window)


# --- one look against another --------------------------------------------------------------------------------------


def compare(judgements: Sequence[Judgement]) -> tuple[Finding, ...]:
    """What differs between addresses (looks with SNI and without it apart), and between SNI and none."""
    looks = ([one for one in judgements if one.presented.sni is sni] for sni in (False, True))
    return (*(told for look in looks for told in _addresses(look)), *_sni(judgements))


def _addresses(judgements: Sequence[Judgement]) -> Iterator[Finding]:
    anchors = _grouped((one.anchors, one) for one in judgements)
    chains = _grouped((one.presented.chain, one) for one in judgements)
    if len(anchors) > 1:
        yield finding("MT531", "; ".join(f"{looks}: {_names(key, ', ')}" for key, looks in anchors.items()))
    elif len(chains) > 1:
        yield finding("MT532", "; ".join(f"{looks}: {_names(key, ' <- ')}" for key, looks in chains.items()))


def _grouped(
    keyed: Iterable[tuple[tuple[Certificate, ...], Judgement]],
) -> Mapping[tuple[Certificate, ...], str]:
    groups: dict[tuple[Certificate, ...], list[str]] = {}
    for key, judgement in keyed:
        groups.setdefault(key, []).append(judgement.presented.look)
    return {key: ", ".join(looks) for key, looks in groups.items()}


def _names(certificates: Sequence[Certificate], between: str) -> str:
    return between.join(f"{one.common_name} ({one.sha256[:8]}...)" for one in certificates) or "none"


def _sni(judgements: Sequence[Judgement]) -> Iterator[Finding]:
    usual = {one.presented.where: one.presented.chain for one in judgements if one.presented.sni}
    for presented in (one.presented for one in judgements if not one.presented.sni):
        other = usual.get(presented.where, presented.chain)
        if other != presented.chain:
            shown = f"without SNI {_names(presented.chain, ' <- ')}; with SNI {_names(other, ' <- ')}"
            yield finding("MT533", f"{presented.where}: {shown}")


# --- a look against the reviewed trust file ------------------------------------------------------------------------


def drift(
    judgement: Judgement,
    installed: Sequence[Certificate],
    *,
    now: datetime,
    window: timedelta,
    install: str = "issuers",
) -> tuple[Finding, ...]:
    """What separates the certificates of a trust file from what this chain needs under the policy ``install``.

    An error: routers with that file refuse the server. A warning: they will, one day. A note is no drift.
    """
    valid = [one for one in installed if in_time(one, now)]
    absent = [one for one in judgement.sets[install] if one not in valid]
    needless = set(installed).difference(*(path.certificates for path in judgement.paths))
    told = (
        *_unanchored(judgement.presented, valid),
        *(finding("MT542", f"{who(one)} is wanted for {judgement.presented.look}") for one in absent),
        *(finding("MT543", f"{who(one)}: {judgement.presented.look}") for one in installed if one in needless),
        *(ending for one in installed for ending in _file_dates(one, now, window)),
    )
    return tuple(dict.fromkeys(told))


def _unanchored(presented: Presented, installed: Sequence[Certificate]) -> Iterator[Finding]:
    """The router's own rule: the topmost presented certificate or an issuer of it must be there."""
    ground = issuance((*presented.chain, *installed))
    for top in dict.fromkeys(way[-1] for way in _presented_ways(presented.chain, ground)):
        same = (one for one in installed if ground.holders[one] == ground.holders[top] and top.self_issued)
        if top not in installed and not any(same) and not any(up in installed for up in ground.issuers[top]):
            yield finding("MT541", f"{presented.look}: {who(top)} is presented topmost, issued by {top.issuer}")


def _file_dates(certificate: Certificate, now: datetime, window: timedelta) -> Iterator[Finding]:
    if certificate.not_after < now:
        yield finding("MT202", f"{who(certificate)} ended on {certificate.not_after:%Y-%m-%d}")
    elif certificate.not_before > now:
        yield finding("MT206", f"{who(certificate)} is valid from {certificate.not_before:%Y-%m-%d %H:%M} UTC")
    elif certificate.not_after - now <= window:
        yield finding("MT205", f"{who(certificate)} ends on {certificate.not_after:%Y-%m-%d}")
