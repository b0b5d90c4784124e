"""What a client types: characters in their order, and the line that they make."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

LINE_LIMIT = 254  # characters; IOS takes no more and rings the bell
SHIFT = 20  # columns by which a line too wide is shifted
BELL = "\a"
RUN = re.compile(r"[^\x00-\x1f\x7f?]+")  # characters that only have to be echoed


class HungUpError(Exception):
    """The other side is gone."""


class Keyboard:
    """What the client has typed and nobody has read."""

    def __init__(self, before_wait: Callable[[], Awaitable[None]]) -> None:
        self._text = ""
        self._at = 0
        self._ended = False
        self._dropped = False
        self._arrived = asyncio.Event()
        self._before_wait = before_wait

    def feed(self, text: str) -> None:
        if self._dropped:
            return
        self._text = self._text[self._at :] + text
        self._at = 0
        self._arrived.set()

    def end(self) -> None:
        """No more will come; what has come is still read."""
        self._ended = True
        self._arrived.set()

    def drop(self) -> None:
        """The client is gone, and what it typed ahead with it."""
        self._text, self._at, self._dropped = "", 0, True
        self.end()

    async def run(self) -> str:
        """The next run of plain characters, or the next single other one."""
        await self._wait()
        found = RUN.match(self._text, self._at)
        piece = found[0] if found else self._text[self._at]
        self._at += len(piece)
        return piece

    async def key(self) -> str:
        """The next single character."""
        await self._wait()
        self._at += 1
        return self._text[self._at - 1]

    async def _wait(self) -> None:
        while self._at >= len(self._text):
            self._arrived.clear()
            await self._before_wait()
            if self._ended and self._at >= len(self._text):
                raise HungUpError
            await self._arrived.wait()


class Line:
    """A line being edited: its text, and how much of it has scrolled off to the left behind a `$`."""

    def __init__(self, columns: int) -> None:
        self.text = ""
        self._columns = columns  # room for text; 0 is endless
        self._hidden = 0

    def insert(self, piece: str) -> str:
        """Add characters; returns what the terminal echoes."""
        room = LINE_LIMIT - len(self.text)
        taken, bell = piece[:room], BELL if len(piece) > room else ""
        if not self._columns or len(self._shown()) + len(taken) < self._columns:
            self.text += taken
            return taken + bell
        return "".join(self._insert_one(character) for character in taken) + bell

    def _insert_one(self, character: str) -> str:
        before = self._shown()
        self.text += character
        if len(self._shown()) < self._columns:
            return character
        self._hidden += min(SHIFT, len(self.text) - 1)
        return self._redraw(before)

    def erase(self, count: int) -> str:
        """Take characters off the end; returns what the terminal echoes."""
        before = self._shown()
        self.text = self.text[: len(self.text) - min(count, len(self.text))]
        if self._hidden >= len(self.text):
            self._hidden = max(0, len(self.text) - SHIFT)
        if self._hidden or before.startswith("$"):
            return self._redraw(before)
        return "\b \b" * (len(before) - len(self.text))

    def erase_word(self) -> str:
        """Take the last word off; returns what the terminal echoes."""
        return self.erase(len(self.text) - len(re.sub(r"\S*\s*$", "", self.text)))

    def _shown(self) -> str:
        return ("$" if self._hidden else "") + self.text[self._hidden :]

    def _redraw(self, before: str) -> str:
        after = self._shown()
        surplus = len(before) - len(after)
        return "\b" * len(before) + after + " " * surplus + "\b" * surplus
