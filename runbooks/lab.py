"""``mailtrust lab``: a fleet of emulated routers and a real mail server on this machine, until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

from lab.authority import Authority
from lab.fleet import Fleet, Spec, host_lines
from lab.inventory import MailService, write_inventory
from lab.mailhost import Account, MailHost
from lab.personality import Personality

LOGIN = "alerts"
PASSWORD = "lab-app-password"  # noqa: S105  # a lab's password is no secret
SENDER = "alerts@lab.example"
SERVER = "smtp.lab.test"
MAIL_FILE = "mail.jsonl"

_RELEASES = ("17.09.05", "16.12.04", "17.15.03", "26.2.01")


def lab(directory: Path, routers: int, ready: Callable[[Path], None]) -> None:
    """Serve until SIGINT or SIGTERM; ``ready`` hears where config.yaml is as soon as everything listens."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / MAIL_FILE).unlink(missing_ok=True)
    asyncio.run(_serve(directory, routers, ready))


async def _serve(directory: Path, routers: int, ready: Callable[[Path], None]) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, over.set)
    authority = Authority.mint()
    async with (
        MailHost(authority.chain(), [account()], mail_file=directory / MAIL_FILE) as mail,
        Fleet([empty_router(number) for number in range(1, routers + 1)]) as fleet,
    ):
        ready(write_inventory(directory, fleet, service(authority, mail)))
        await over.wait()


def empty_router(number: int) -> Spec:
    """A router that knows where the mail server is, and nothing of trust; every fourth demands a fingerprint."""
    release = _RELEASES[number % len(_RELEASES)]
    personality = Personality(
        hostname=f"lab-{number:03}", release=release, demands_fingerprint=release.startswith("26.")
    )
    return Spec(f"lab-{number:03}", personality, dns())


def dns() -> tuple[str, ...]:
    """How a lab router finds the mail server."""
    return host_lines({SERVER: "127.0.0.1"})


def account() -> Account:
    return Account(LOGIN, PASSWORD, (SENDER,))


def service(authority: Authority, mail: MailHost) -> MailService:
    """What the inventory says of the mail server."""
    return MailService(SERVER, mail.port, authority.trust_set(), LOGIN, PASSWORD, SENDER)
