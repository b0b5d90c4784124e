"""The text of a trust file: a stacked PEM that a person can review, and its difference from the one before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import unified_diff
from itertools import groupby

from mailtrust.certificates import pem_lines, roots_first, serial_hex
from mailtrust.chain import Judgement
from mailtrust.model import Certificate

Wanted = tuple[Certificate, str, str]
"""A certificate, why it is needed, and who vouches for it or where it was seen."""


def wanted(judgements: Iterable[Judgement], install: str) -> tuple[Wanted, ...]:
    """What the trust file should hold for these looks under the policy ``install``, with reasons."""
    return tuple(
        (one, _why(one, judgement), _source(one, judgement))
        for judgement in judgements
        for one in judgement.sets[install]
    )


def _why(one: Certificate, judgement: Judgement) -> str:
    if one in judgement.anchors:
        return "issuer of the topmost presented certificate: routers anchor here"
    if any(one == path.root.certificate for path in judgement.paths):
        return "root of a path: routers anchor here on the day when no cross-sign is presented above it"
    if one.is_ca:
        return "issuer on the way to the root"
    return "the server's own certificate"


def _source(one: Certificate, judgement: Judgement) -> str:
    known = (path.root.source for path in judgement.paths if path.root.certificate == one)
    return next(known, "presented" if one in judgement.presented.chain else "held, not presented")


def write(name: str, wanted: Sequence[Wanted]) -> str:
    """The trust file of the provider ``name``: the same certificates and reasons give the same text, byte by byte.

    Each certificate once, roots first, under a comment that says what it is and why it is there.
    """
    reasons = sorted(wanted, key=lambda one: (one[0].subject, one[0].sha256, *one[1:]))
    grouped = {certificate: list(group) for certificate, group in groupby(reasons, key=lambda one: one[0])}
    blocks = (line for one in roots_first(grouped) for line in _block(one, grouped[one]))
    return "\n".join((f"# {_comment(name)}: the certificates that routers get, reviewed", *blocks, ""))


def _block(certificate: Certificate, wanted: Sequence[Wanted]) -> Iterator[str]:
    facts = {
        "subject": certificate.subject,
        "serial": serial_hex(certificate.serial),
        "valid": f"{certificate.not_before:%Y-%m-%d %H:%M:%S} to {certificate.not_after:%Y-%m-%d %H:%M:%S} UTC",
        "SHA-256": certificate.sha256,
        "source": "; ".join(dict.fromkeys(source for _, _, source in wanted)),
        "needed": "; ".join(dict.fromkeys(why for _, why, _ in wanted)),
    }
    yield ""
    yield from (f"# {key + ':':9}{_comment(value)}" for key, value in facts.items())
    yield from pem_lines(certificate)


def _comment(text: str) -> str:
    """One line, and never the frame of a certificate: a subject comes from the network, and a comment must stay one."""
    return " ".join(text.split()).replace("-----", "- -")


def diff(old: str, new: str, name: str) -> str:
    """What would change in the file, as a unified diff; empty if nothing does."""
    return "".join(unified_diff(_lines(old), _lines(new), name, f"{name} (proposed)"))


def _lines(text: str) -> list[str]:
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n\\ No newline at end of file\n"
    return lines
