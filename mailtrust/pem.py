"""PEM: the blocks that may hold certificates, and what only looks like one.

Trust files are made by people: copied from pages that turn hyphens into dashes, exported by Windows, pasted from mails.
What somebody takes for a certificate of the file and we do not is an error, since on the day when it is needed nobody
would know why it is not on the routers. Any other text is comment.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mailtrust.errors import MailtrustError

LABELS = ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE", "PKCS7", "PKCS #7 SIGNED DATA", "CMS")
"""What stands behind BEGIN of a block that holds certificates."""

BEGIN = "-----BEGIN CERTIFICATE-----"


class PemError(MailtrustError):
    """A block that is damaged, or something that looks like one; says line, what came and what was expected."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block, its base64 undone; ``number`` and ``line`` (of its BEGIN) count from 1."""

    label: str
    der: bytes = field(repr=False)
    number: int
    line: int


_FRAME = re.compile(f"-----(BEGIN|END) ({'|'.join(map(re.escape, LABELS))})-----")


def blocks(text: str) -> Iterator[Block]:
    """Every block in the order of the text; a PemError at the first place that somebody must look at."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    frames, place = _FRAME.finditer(text), 0
    for number, begin in enumerate(frames, start=1):
        _only_comment(text, place, begin.start())
        _exact(text, begin, place)
        line, end = _line(text, begin.start()), next(frames, None)
        if begin[1] == "END":
            raise PemError(f"line {line}: '{begin[0]}' ends a block that has no '-----BEGIN {begin[2]}-----'")
        if end is None or end.groups() != ("END", begin[2]):
            raise PemError(f"certificate {number} of the file: {_endless(text, begin, end)}")
        _exact(text, end, begin.end())
        yield Block(begin[2], _bytes(text, begin.end(), end.start(), number), number, line)
        place = end.end()
    _only_comment(text, place, len(text))


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _exact(text: str, frame: re.Match[str], place: int) -> None:
    """Five hyphens, not six; but ten where two files were joined without a line end between them, so from ``place``."""
    start, end = frame.span()
    if text[place:start].endswith("-") or (text[end : end + 1] == "-" and not _FRAME.match(text, end)):
        line = text[text.rfind("\n", 0, start) + 1 :].partition("\n")[0]
        raise PemError(f"line {_line(text, start)}: {_not_exact(line, frame[0])}")


def _endless(text: str, begin: re.Match[str], end: re.Match[str] | None) -> str:
    """What is said where END is missing; perhaps it is there and not exact."""
    behind = text[begin.end() : end.end() if end else len(text)].split("\n")
    first = _line(text, begin.end())
    near = next(((first + at, line) for at, line in enumerate(behind) if (_likeness(line) or "?")[0] == "END"), None)
    instead = f"; line {near[0]} holds {_shown(near[1])}" if near else ""
    return f"'-----END {begin[2]}-----' is missing for the block that begins in line {first}{instead}"


def _bytes(text: str, start: int, end: int, number: int) -> bytes:
    """The bytes of a body; never shows a line of it, which may be anything."""
    body, which = text[start:end], f"certificate {number} of the file: not base64"
    if odd := re.search(r"[^A-Za-z0-9+/=\s]", body):
        raise PemError(f"{which}: line {_line(text, start + odd.start())} holds {odd[0]!r}; copy this block again")
    digits = "".join(body.split())
    try:
        return base64.b64decode(digits, validate=True)
    except ValueError:
        lines = f"lines {_line(text, start)} to {_line(text, end)}"
        raise PemError(
            f"{which}: the {len(digits)} characters of {lines} make no whole bytes, so some were lost or added; "
            "copy this block again"
        ) from None


# --- what looks like a block ---------------------------------------------------------------------------------------

_WORDS = (
    r"TRUSTED|NEW|ATTRIBUTE|CERTIFICATES?|CERT|REQUEST|X509|CRL|PKCS|#?\d+|SIGNED|DATA|CMS|"
    r"ENCRYPTED|OPENSSH|SSH2|RSA|DSA|EC|DH|ANY|PUBLIC|PRIVATE|KEY|PARAMETERS"
)
_LIKE = re.compile(f"(BEGIN|END)(?=.*(?:CERT|REQUEST|CRL|PKCS|CMS|KEY|PARAMETERS))((?:{_WORDS})+)")
_RULED = re.compile(r"[^\w\s](?:.*[^\w\s]|[^\w\s].*)|.*[^\w\s]{2}")
"""What is set apart as a frame is: by a mark at both ends, or two of them at one."""
_NAKED = re.compile(r"MI[A-Za-z0-9+/]{58,}={0,2}")
"""A line of base64 that begins as every certificate does: of 0x30 0x8. comes MI."""
_WORTH_A_LOOK = re.compile(r"begin|end|mi\S{58}", re.IGNORECASE)
_LONGEST_SHOWN = 60
_INSTEAD: Mapping[str, str] = {
    "PRIVATE": "a private key has no place in this file: take it out, and replace it if others could read it",
    "REQUEST": "a request is what a CA makes a certificate of: put that certificate here",
    "PUBLIC": "a public key is only a part of a certificate: put the whole certificate here",
    "CRL": "a revocation list is no certificate: take it out",
    "PARAMETERS": "parameters of a key are no certificate: take them out",
}


def _only_comment(text: str, start: int, end: int) -> None:
    """Nothing between two places looks like a block, or like the beginning or end of one."""
    between = text[start:end]
    lines = between.split("\n") if _WORTH_A_LOOK.search(between) else []
    for above, (at, line) in zip(["", *lines], enumerate(lines), strict=False):
        if objection := _objection(line, above):
            raise PemError(f"line {_line(text, start) + at}: {objection}")


def _objection(line: str, above: str) -> str | None:
    if _NAKED.fullmatch(line.strip()):
        came = f"above it came {_shown(above)}" if above.strip() else "nothing stands above it"
        return f"base64 as of a certificate, outside of any block: expected '{BEGIN}', {came}"
    like = _likeness(line)
    return None if like is None else _otherwise(line, *like)


def _likeness(line: str) -> tuple[str, str] | None:
    """BEGIN or END, and the label without blanks, of a line that somebody may have meant as a frame."""
    bare = line.strip().strip("\N{ZERO WIDTH NO-BREAK SPACE}")
    like = _LIKE.fullmatch(re.sub(r"[^A-Za-z0-9#]", "", bare).upper())
    meant = bare == bare.upper() or _RULED.fullmatch(bare) is not None
    return (like[1], like[2]) if like and meant and not bare.startswith("#") else None


def _otherwise(line: str, word: str, squeezed: str) -> str:
    label = next((label for label in LABELS if label.replace(" ", "") == squeezed), None)
    if label is not None:
        return _not_exact(line, f"-----{word} {label}-----")
    why = next((why for part, why in _INSTEAD.items() if part in squeezed), "take it out")
    return f"{_shown(line)} is no frame of a certificate: expected '{BEGIN}'; {why}"


def _not_exact(line: str, expected: str) -> str:
    return f"{_shown(line)} is not exactly the frame of a block: expected '{expected}'"


def _shown(line: str) -> str:
    return repr(line.strip()[:_LONGEST_SHOWN])
