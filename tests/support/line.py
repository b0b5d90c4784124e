"""A line to a lab router without SSH: the session of the product types into the very terminal of the lab, step by step."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal
from unittest.mock import patch

from lab import cli
from lab.router import Router
from lab.session import Session as Vty
from lab.terminal import Terminal
from mailtrust.secret import Secret
from tasks.connection import Deadlines
from tasks.session import Session

TURNS = 12
"""So many turns of the loop without output mean that the router waits for somebody."""
PATIENT = Deadlines(burst=60, host=600)

Enter = Callable[[Vty, str], Awaitable[str]]
Meddle = Callable[[Vty, str, Enter], Awaitable[str]]
"""What a router makes of a line, if not what is true; gets the way to the truth."""


class Killed(BaseException):
    """The product has been killed in the midst of its work: nothing of it runs any more."""


@dataclass
class Cut:
    """The line is lost at the so manieth line that is typed, on whatever session; never, if that is None.

    With ``kill`` it is the product that is lost.
    """

    at: int | None = None
    how: Literal["drop-before", "drop-after", "hang", "kill"] = "drop-before"
    typed: int = 0

    def now(self) -> bool:
        self.typed += 1
        return self.at is not None and self.typed == self.at + 1


@dataclass
class Line:
    """What scrapli's driver is to the session: a channel and a transport, here both in one."""

    router: Router
    loop: asyncio.AbstractEventLoop
    cut: Cut
    after_line: Callable[[], None]
    timeout_transport: float = 0.0
    _heard: list[str] = field(default_factory=list)
    _alive: bool = True
    _mute: bool = False

    def __post_init__(self) -> None:
        self.vty = Vty(self.router)
        self._terminal = Terminal(self.vty, self._print, self.close)
        self._talk = self.loop.create_task(self._terminal.serve())
        self.channel = self.transport = self
        self._rest()

    def _set_timeout(self, seconds: float) -> None:
        """Only to be had: whoever has it can time out by itself."""

    def isalive(self) -> bool:
        return self._alive

    def write(self, text: str, *, redacted: bool) -> None:
        """Line by line, so that something can happen between any two."""
        for line in text.splitlines(keepends=True):
            if not self._alive:
                raise ConnectionError("cut")
            cut = self.cut.now()
            if cut and self.cut.how == "kill":
                raise Killed
            if cut and self.cut.how == "drop-before":
                self.close()
                return
            self._mute = self._mute or cut
            self._terminal.keyboard.feed(line)
            self._rest()
            self.after_line()
            if cut and self.cut.how == "drop-after":
                self.close()
                return

    def read(self) -> bytes:
        if not self._heard:
            raise TimeoutError if self._alive else ConnectionError("cut")
        text, self._heard[:] = "".join(self._heard), []
        return text.replace("\r", "").encode()

    def close(self) -> None:
        self._alive = False
        self._heard.clear()
        self._terminal.hung_up()

    def end(self) -> None:
        """The router has noticed that nobody is there any more."""
        self.close()
        self._rest()
        self._talk.cancel()
        with suppress(asyncio.CancelledError):
            self.loop.run_until_complete(self._talk)

    def _print(self, text: str) -> None:
        if self._alive and not self._mute:
            self._heard.append(text)

    def _rest(self) -> None:
        async def quiet() -> None:
            for _ in range(TURNS):
                await asyncio.sleep(0)

        self.loop.run_until_complete(quiet())


@contextmanager
def opened(
    router: Router,
    loop: asyncio.AbstractEventLoop,
    cut: Cut | None = None,
    after_line: Callable[[], None] = lambda: None,
    heed: Callable[[Session], None] = lambda _: None,
    meddle: Meddle | None = None,
) -> Iterator[Session]:
    """A session of the product with this router, privileged; ``heed`` gets it before anything is heard."""
    line: Any = Line(router, loop, cut or Cut(), after_line)
    with _meddled(line.vty, meddle):
        try:
            session = Session(line, PATIENT)
            heed(session)
            session.greet(Secret(""))
            yield session
        finally:
            line.end()


@contextmanager
def _meddled(vty: Vty, meddle: Meddle | None) -> Iterator[None]:
    """Whatever is typed on this session is answered by ``meddle``."""
    true = cli.enter

    async def enter(session: Vty, line: str) -> str:
        return await (meddle(session, line, true) if meddle and session is vty else true(session, line))

    with patch("lab.cli.enter", enter):
        yield
