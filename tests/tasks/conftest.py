"""Routers to talk to without SSH: the product's session at the very terminal of a lab router, write by write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from lab.fleet import Spec, boot
from lab.mailclient import Delivery
from lab.personality import Personality
from lab.router import Router, utc_now
from tasks.session import Session
from tests.support.line import Cut, opened

Talk = Callable[..., AbstractContextManager[Session]]
Make = Callable[..., Router]


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture
def make(loop: asyncio.AbstractEventLoop) -> Make:
    """``make("a line", release=...)``: a router of that make, with these lines; its mails go, whoever they go to."""

    async def mailer(*_: Any, **__: Any) -> Delivery:
        return Delivery(None, ())

    def made(*lines: str, mailer: Any = mailer, **habits: Any) -> Router:
        habits.setdefault("hostname", "r1")
        return loop.run_until_complete(boot(Spec("r1", Personality(**habits), lines), mailer, utc_now))

    return made


@pytest.fixture
def talk(loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> Talk:
    """What opens a session with a router: each write since then is in its ``sent``, as lines; no pause is made."""
    for place in ("configuration_mode._PAUSE_SECONDS", "testmail._PAUSE"):
        monkeypatch.setattr(f"tasks.{place}", 0)

    @contextmanager
    def talking(router: Router, cut: Cut | None = None, **more: Any) -> Iterator[Session]:
        sent: list[list[str]] = []

        def heed(session: Session) -> None:
            send = session._send

            def counted(text: str) -> None:
                sent.append(text.split("\n")[:-1] or [text])
                send(text)

            session._send = counted
            session.sent = sent

        with opened(router, loop, cut, heed=heed, **more) as session:
            yield session

    return talking
