"""A chain from text instead of from the network: PEM, ``openssl s_client -showcerts``, or a router's debug log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from mailtrust.certificates import CertificateError, from_pem
from mailtrust.chain import Presented
from mailtrust.errors import UsageError
from mailtrust.model import Certificate
from mailtrust.symptoms import lookups, missing_issuer

LONGEST = 32
"""Certificates in one offline chain; a whole CA bundle is no chain."""


@dataclass(frozen=True, slots=True)
class Needed:
    """What a debug log tells of a presented chain: names only.

    ``issuers``: issuer and serial number (hex) of each presented certificate, names as IOS prints them.
    ``missing``: those issuers for want of which the router refused the server.
    """

    issuers: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]


_BEGIN, _END = "Certificate chain\n", "\n---\n"  # the frame of openssl's list
_SESSION = re.compile(r"^(?:Certificate chain$|CONNECTED\()", re.MULTILINE)
_ENTRY = re.compile(r"^ *\d+ s:", re.MULTILINE)
_OF_THE_SERVER = re.compile(
    r"-----BEGIN ((?:[A-Z]+ )*PRIVATE KEY|(?:EC|DH) PARAMETERS)-----(?:(?!-----BEGIN ).)*?-----END \1-----", re.DOTALL
)
"""What a server's own file has beside its chain; nobody looks at it here."""
_LOOSE = str.maketrans("", "", '\\" ')


def from_text(text: str, where: str = "offline") -> Presented | Needed:
    """What kind of text this is shows by itself; one that is none of the three is a UsageError that names ``where``.

    Certificates come in the order of the text. A file cannot tell about SNI: s_client sends it, a router does not.
    More than one chain is a UsageError too: nobody could tell which one is meant.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if asked := lookups(text):
        return _needed(text, asked)
    text = _OF_THE_SERVER.sub(lambda block: "\n" * block[0].count("\n"), text)  # so that lines keep their numbers
    _one_session(text, where)
    _, listed, rest = text.partition(_BEGIN)
    if listed:
        section, _, behind = rest.partition(_END)
        return Presented(where, True, _nothing_else(_shown(section, where), behind, where))
    return Presented(where, False, _one_chain(_certificates(text, where), where))


def _one_session(text: str, where: str) -> None:
    """Of the lines that openssl prints once in each session none may come twice."""
    seen: dict[str, int] = {}
    for match in _SESSION.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if (first := seen.setdefault(match[0], line)) != line:
            raise UsageError(f"{where}: expected one chain; sessions begin in line {first} and in line {line}")


def _nothing_else(chain: tuple[Certificate, ...], behind: str, where: str) -> tuple[Certificate, ...]:
    """Behind its list openssl shows the server's certificate once more, perhaps cut, and no other one."""
    with suppress(CertificateError):
        if other := [one.subject for one in from_pem(behind) if one not in chain]:
            raise UsageError(f"{where}: expected one chain; behind it comes another certificate: {other[0]}")
    return chain


def _one_chain(chain: tuple[Certificate, ...], where: str) -> tuple[Certificate, ...]:
    """A chain has one certificate of a server; two of them are two chains, one behind the other."""
    servers = list(dict.fromkeys(one for one in chain if not one.is_ca))
    if len(servers) > 1:
        names = " and ".join(f"{one.subject} ({chain.index(one) + 1})" for one in servers[:2])
        raise UsageError(f"{where}: expected one chain; certificates of two servers are in it: {names}")
    return chain


def _needed(text: str, asked: tuple[tuple[str, str], ...]) -> Needed:
    refusals = [told.text for told in missing_issuer(text) if told.code == "MT301"]
    named = (issuer for issuer, _ in asked if any(f"'{issuer}'" in refusal for refusal in refusals))
    return Needed(asked, tuple(dict.fromkeys(named)))


def _shown(section: str, where: str) -> tuple[Certificate, ...]:
    listed, shown = len(_ENTRY.findall(section)), section.count("-----BEGIN CERTIFICATE-----")
    if listed != shown:
        raise UsageError(f"{where}: openssl lists {listed} certificates and shows {shown}: use -showcerts")
    return _certificates(section, where)


def _certificates(text: str, where: str) -> tuple[Certificate, ...]:
    try:
        chain = from_pem(text)
    except CertificateError as error:
        raise UsageError(f"{where}: {error}") from error
    if not chain:
        raise UsageError(
            f"{where}: expected PEM certificates, the output of 'openssl s_client -showcerts' or of "
            "'debug crypto pki transactions'; found none of them"
        )
    if len(chain) > LONGEST:
        raise UsageError(f"{where}: expected one chain, at most {LONGEST} certificates; found {len(chain)}")
    return chain


def resolve_needed(needed: Needed, known: Sequence[Certificate]) -> tuple[tuple[Certificate, ...], tuple[str, ...]]:
    """Which certificates of ``known`` have the names of the issuers, and the names that none has.

    A name alone proves nothing about keys; where a self-signed form is known its cross-signs are left out.
    """
    held: dict[Certificate, None] = {}
    absent: dict[str, None] = {}
    for issuer, _ in needed.issuers:
        found = [one for one in known if one.is_ca and _plain(one.subject) == _plain(issuer)]
        chosen = [one for one in found if one.self_issued] or found
        held.update(dict.fromkeys(chosen))
        if not chosen:
            absent[issuer] = None
    return tuple(held), tuple(absent)


def _plain(name: str) -> str:
    """A name for comparison: IOS writes types in lower case, and its escapes are not known."""
    return name.translate(_LOOSE).casefold()
