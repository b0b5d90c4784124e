"""A router's console for programs: lines in, text out, without SSH and without an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from lab import cli
from lab.router import Router
from lab.session import Session
from lab.terminal import Terminal


@dataclass
class Console:
    """A session, and the transcript of all that was typed and printed.

    The router's mailer must not really wait (`lab.postman.Postman` does not), nor may an applet.
    """

    session: Session
    transcript: str = ""

    @property
    def router(self) -> Router:
        return self.session.router

    def type(self, *lines: str) -> str:
        """Type lines; returns what the last one made the router print."""
        output = ""
        for line in lines:
            prompt = self.session.prompt
            output = _finish(cli.enter(self.session, line))
            self.transcript += f"{prompt}{line}\n{output}"
        return output

    def log(self) -> list[str]:
        """The lines of the log buffer, without time stamps."""
        return [line.partition(": ")[2] or line for line in self.router.buffer.text().splitlines()]


def screen(on: Console, *typed: str, hung_up: list[bool] | None = None, pieces: list[str] | None = None) -> str:
    """Everything a terminal on this console's session shows when `typed` arrives all at once and the client leaves.

    `hung_up` hears when the router drops the line, `pieces` what is written at a time.
    """
    written = [] if pieces is None else pieces
    on.session.closed = False

    async def story() -> None:
        terminal = Terminal(on.session, written.append, lambda: (hung_up if hung_up is not None else []).append(True))
        for piece in typed:
            terminal.keyboard.feed(piece)
        terminal.hung_up()
        await terminal.serve()

    asyncio.run(story())
    return "".join(written)


def _finish(work: Coroutine[Any, Any, str]) -> str:
    try:
        work.send(None)
    except StopIteration as over:
        return str(over.value)
    work.close()
    raise RuntimeError("the router waits for something, and nobody can")
