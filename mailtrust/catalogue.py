"""The roots that somebody vouches for: the project's own reviewed files first, then the bundles of this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

from mailtrust.certificates import CertificateError, from_pem
from mailtrust.chain import Root
from mailtrust.errors import InventoryError
from mailtrust.model import Certificate

_IN_NAME = re.compile(r"(?:^|-)([0-9a-f]{8,64})$", re.IGNORECASE)
_IN_COMMENT = re.compile(r"^# *SHA-?256:([0-9A-Fa-f: ]*)", re.MULTILINE)
_AFTER_EACH = re.compile(r"(?<=-----END CERTIFICATE-----)")


def roots_from(texts: Mapping[str, str]) -> tuple[Root, ...]:
    """The roots of the catalogue: file name -> PEM text, every certificate with its SHA-256 told by a person.

    Told either in a comment ``# SHA-256: <64 digits>`` above the certificate, or, for a file with one certificate, by
    at least its first 8 digits at the end of the file's name: ``gts-root-r1-d947432a.pem``. A digest that is missing
    or wrong, or a certificate that is no root, is an InventoryError.
    """
    return tuple(Root(one, "catalogue") for name in sorted(texts) for one in _reviewed(name, texts[name]))


def _reviewed(name: str, text: str) -> Iterator[Certificate]:
    blocks = _blocks(text)
    if not blocks:
        raise InventoryError(name, "expected a PEM certificate, found none")
    if len(whole := _whole(name, text)) != len(blocks):
        raise InventoryError(name, f"holds {len(whole)} certificates in {len(blocks)} usual PEM blocks")
    in_name = _IN_NAME.search(PurePath(name).stem) if len(blocks) == 1 else None
    for number, block in enumerate(blocks, start=1):
        try:
            certificate = from_pem(block)[0]
        except CertificateError as error:
            raise InventoryError(f"{name}, certificate {number}", str(error)) from error
        _check(f"{name}, certificate {number}", certificate, _IN_COMMENT.findall(block), in_name[1] if in_name else "")
        yield certificate


def _whole(name: str, text: str) -> Sequence[Certificate]:
    """Every certificate of the file, whatever its frame: none may be passed over without a word."""
    try:
        return from_pem(text)
    except CertificateError as error:
        raise InventoryError(name, str(error)) from error


def _check(where: str, certificate: Certificate, comments: Sequence[str], in_name: str) -> None:
    subject, digest = certificate.subject, certificate.sha256
    told = [re.sub("[: ]", "", comment).lower() for comment in comments]
    if not told and not in_name:
        raise InventoryError(where, f"nobody tells the SHA-256 of {subject}: put '# SHA-256: {digest}' above it")
    for one in told:
        if one != digest:
            raise InventoryError(where, f"{subject}: the comment tells SHA-256 {one}, it is {digest}")
    if not digest.startswith(in_name.lower()):
        raise InventoryError(where, f"{subject}: the file's name tells SHA-256 {in_name}, it is {digest}")
    if not (certificate.is_ca and certificate.self_issued):
        raise InventoryError(where, f"{subject}: expected a root, that is a CA that is its own issuer")


def from_bundle(text: str, source: str) -> tuple[Root, ...]:
    """The roots of a bundle that others keep (certifi's, the system's); what is no root or unreadable is left out."""
    return tuple(Root(one, source) for block in _blocks(text) for one in _readable(block))


def _readable(block: str) -> Iterator[Certificate]:
    try:
        yield from (one for one in from_pem(block) if one.is_ca and one.self_issued)
    except CertificateError:
        return


def _blocks(text: str) -> list[str]:
    """Each certificate with the comments above it."""
    return [block for block in _AFTER_EACH.split(text) if "-----BEGIN CERTIFICATE-----" in block]


def merge(*sources: Sequence[Root]) -> tuple[Root, ...]:
    """All roots once; of a root that several sources know, the first one's word counts."""
    first: dict[Certificate, Root] = {}
    for root in (root for source in sources for root in source):
        first.setdefault(root.certificate, root)
    return tuple(first.values())
