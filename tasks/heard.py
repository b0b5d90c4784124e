"""What has been heard since the last write: bytes as they come, text when somebody can use it.

Looking at all of it after each packet would cost the square of its length, so only the tail is looked at: whoever wants
the whole text is asked again when the tail looks like an end, so many times, and then only when it has grown by a part.
"""

from __future__ import annotations

import codecs
import re

from mailtrust.errors import Silence
from mailtrust.findings import finding

_MORE = re.compile(r" ?--More-- ?\Z")
# What a terminal wipes the word out with: backspaces, or (where returns are gone already) nothing but blanks.
_TURNED = "\0"
_WIPED = re.compile(r"\0(?:\x08{1,20}(?: {1,20}\x08{1,20})?|\r? {8,10}\r?)?|\x08{1,20} {1,20}\x08{1,20}|\r")
_END = re.compile(r"(?:[#>:?)\]]|by itself\s*) *\Z")

_TAIL = 2000
_EAGER = 100
_GROWTH = 1.05
_MOST = 32 * 1024 * 1024
"""Bytes: more than any answer to a question of ours has."""


class Heard:
    """The answer so far."""

    def __init__(self, most: int | None = None) -> None:
        self.tail = ""
        self._most = _MOST if most is None else most
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._parts: list[str] = []
        self._length = 0
        self._asked = 0
        self._asked_at = 0

    def add(self, chunk: bytes) -> None:
        """Take what came; raises Silence when it never ends."""
        text = self._decoder.decode(chunk)
        self._parts.append(text)
        self._length += len(text)
        self.tail = (self.tail + text)[-_TAIL:]
        if self._length > self._most:
            last = self.tail.strip().rpartition("\n")[2][-_NEAR_END:]
            raise Silence(finding("MT404", f"{self._most} bytes came and no end of it; heard last: {last!r}"))

    @property
    def text(self) -> str:
        """All of it, without what paging left behind."""
        whole = "".join(self._parts)
        self._parts = [whole]
        return _WIPED.sub("", whole)

    @property
    def promising(self) -> bool:
        """Whether it is worth while to look at the whole text now."""
        if not _END.search(self.tail[-_NEAR_END:]) and self._length:
            return False
        if self._asked >= _EAGER and self._length < self._asked_at * _GROWTH:
            return False
        self._asked += 1
        self._asked_at = self._length
        return True

    @property
    def paging(self) -> bool:
        """Whether the router waits for a key before it goes on."""
        return _MORE.search(self.tail[-_NEAR_END:]) is not None

    def turned(self) -> None:
        """The key has been typed: the word goes, with what will wipe it out."""
        last = ""
        while self._parts and len(last) < _NEAR_END:  # the pages before are not looked at again
            last = self._parts.pop() + last
        self._parts.append(_MORE.sub(_TURNED, last))
        self.tail = _MORE.sub("", self.tail)


_NEAR_END = 200
