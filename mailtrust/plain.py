"""Text of a router, a server or another stranger, made unable to act on the terminal, page or file that it reaches."""

from __future__ import annotations

import re
import unicodedata

INSTEAD = "\N{REPLACEMENT CHARACTER}"
"""One for each character taken: what stood there can be seen to be gone, and a second time changes nothing."""

FORBIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of what acts and is not seen: controls (ESC and C1 begin every terminal sequence), formats
(directions, zero width, tags), lone surrogates, and separators that some readers take for ends of lines."""

UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and marks by category, and still nothing to see."""

_USUAL = re.compile(r"[\t\n -~]*")
_ROOM = 4096


class _Table(dict[int, str]):
    """For ``str.translate``: looks each character up once, and has room for so many that no text makes it grow."""

    def __missing__(self, code: int) -> str:
        told = _told(chr(code))
        if len(self) < _ROOM:
            self[code] = told
        return told


def _told(character: str) -> str:
    acts = unicodedata.category(character) in FORBIDDEN and character not in "\t\n"
    return INSTEAD if acts or character in UNSEEN else character


_TABLE = _Table()


def plain(text: str) -> str:
    """The text with U+FFFD for every character that acts or hides; each end of a line, CR too, is a newline.

    What followed an ESC stays: without it, it is letters.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return lines if _USUAL.fullmatch(lines) else lines.translate(_TABLE)


def one_line(text: str) -> str:
    """The same for a value inside a sentence: newlines and tabs are blanks."""
    return plain(text).replace("\n", " ").replace("\t", " ")
