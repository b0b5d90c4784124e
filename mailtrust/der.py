"""DER: one value after another, as far as certificates need it (X.690); what is cut or stranger is a ValueError."""

from __future__ import annotations

from collections.abc import Iterator

CONSTRUCTED = 0x20
_SHORT = 0x80  # X.690 8.1.3: below it a length octet is the length, from it on it tells how many octets hold it
_LONG_TAG = 0x1F
_LONGEST_HEAD = 2 + 0x7F


def length(der: bytes) -> int:
    """How long the value at the beginning says that it is, head included; no octet behind its head is looked at."""
    if len(der) < 2 or der[1] < _SHORT:  # noqa: PLR2004 - tag and length
        return 2 + (der[1] if len(der) > 1 else 0)
    octets = der[1] & 0x7F
    return 2 + octets + int.from_bytes(der[2 : 2 + octets], "big")


def first(der: bytes) -> bytes:
    """The first value, head included, whatever follows it."""
    return der[: _end(der, 0)]


def values(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each value."""
    place = 0
    while place < len(der):
        end, octets = _end(der, place), der[place + 1]
        if der[place] & _LONG_TAG == _LONG_TAG:
            raise ValueError("a tag of more than one octet")
        yield der[place], der[place + 2 + (octets & 0x7F if octets & _SHORT else 0) : end]
        place = end


def _end(der: bytes, place: int) -> int:
    """Where the value that begins there ends."""
    head = der[place : place + _LONGEST_HEAD]
    end = place + length(head)
    if len(head) < 2 or head[1] == _SHORT or end > len(der):  # noqa: PLR2004 - tag and length
        raise ValueError("the value is cut, or tells no length")
    return end


def encoded(tag: int, content: bytes) -> bytes:
    """The value of this tag and content."""
    size = len(content)
    if size < _SHORT:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _SHORT | len(octets))) + octets + content
