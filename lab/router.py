"""One router's state, shared by its sessions and kept when they end: configuration, clock, log, EEM history."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Protocol

from cryptography import x509

from lab.configuration import Config, Trustpoint, default_config
from lab.factory import default_trustpoints
from lab.logbuffer import DEBUGGING, SEVERITIES, LogBuffer
from lab.mailclient import Delivery, Mail
from lab.personality import Answer, Personality

if TYPE_CHECKING:
    from lab.session import Session

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
STAMPS = "service timestamps log "
CLOCK_MARKS: Mapping[str, str] = {"synchronised": "", "never-set": "*", "lost": "."}


class Mailer(Protocol):
    """Sends one mail as the router would; `lab.mailclient.send` is the real one."""

    async def __call__(
        self,
        mail: Mail,
        trust: Mapping[str, x509.Certificate],
        hosts: Mapping[str, str],
        *,
        now: datetime,
        timeout: float,
    ) -> Delivery: ...


@dataclass(frozen=True)
class Job:
    """One line of `show event manager history events`."""

    number: int
    status: str
    at: datetime
    event: str
    applet: str


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(eq=False)
class Router:
    """An emulated router. `now` is the world's time; the router's own clock may differ."""

    personality: Personality
    mailer: Mailer
    now: Callable[[], datetime] = utc_now
    config: Config = field(init=False)
    startup: Config = field(init=False)
    buffer: LogBuffer = field(init=False)
    debugs: dict[str, str] = field(default_factory=dict)
    registered: dict[str, datetime] = field(default_factory=dict)  # applets with an event, since when
    history: list[Job] = field(default_factory=list)
    listeners: list[Callable[[str], None]] = field(default_factory=list)  # `terminal monitor`
    tasks: set[asyncio.Task[None]] = field(default_factory=set)  # what goes on without anybody waiting for it
    changed: datetime = field(init=False)
    booted: datetime = field(init=False)
    lock: object | None = None
    strikes: int = 0  # how often the fault of this personality has struck
    matched: Counter[tuple[int, object]] = field(default_factory=Counter)  # lines that came to each fault, by place
    answering: Callable[[Session, str], Answer | None] | None = None  # a test's word on each line; None is the truth
    saved: bool = False
    save_tried: bool = False
    startup_tried: bool = False

    def __post_init__(self) -> None:
        self.startup = default_config(self.personality.hostname, self.personality.host_login[0])
        if self.personality.default_trustpoints:
            self.startup.trustpoints.update(default_trustpoints(self.personality.hostname))
        self.lock = "console" if self.personality.config_locked else None
        self.reload()

    def reload(self) -> None:
        """Start again from startup-config: what was not saved is lost, the log is empty."""
        self.config = self.startup.snapshot()
        self.buffer = _log_buffer(self.config)
        self.debugs.clear()
        self.history.clear()
        self.booted = self.changed = self.clock()
        self.registered = {name: self.booted for name, applet in self.config.applets.items() if applet.armed}
        self.log(5, "SYS", "RESTART", "System restarted --")
        if self.personality.clock == "never-set":
            text = "PKI functions can not be initialized until an authoritative time source, like NTP, can be obtained."
            self.log(2, "PKI", "NON_AUTHORITATIVE_CLOCK", text)

    def save(self) -> None:
        self.startup = self.config.snapshot()
        self.saved = True

    def save_refused(self) -> bool:
        """True if nvram is busy: always, or once."""
        busy, self.save_tried = not self.save_tried, True
        return self.personality.save == "busy" or (self.personality.save == "busy-once" and busy)

    def startup_refused(self) -> bool:
        """True if startup-config cannot be read now: always, or once."""
        busy, self.startup_tried = not self.startup_tried, True
        return self.personality.startup == "busy" or (self.personality.startup == "busy-once" and busy)

    @property
    def startup_absent(self) -> bool:
        return self.personality.startup == "absent" and not self.saved

    def clock(self) -> datetime:
        """The router's time, in its own zone."""
        return (self.now() + self.personality.clock_offset).astimezone(self.zone)

    @property
    def zone(self) -> timezone:
        """`clock timezone NAME HOURS [MINUTES]`, or UTC."""
        for line in self.config.lines:
            if line.startswith("clock timezone "):
                name, hours, minutes = [*line.split()[2:], "0"][:3]
                sign = -1 if hours.startswith("-") else 1
                return timezone(timedelta(hours=int(hours), minutes=sign * int(minutes)), name)
        return timezone(timedelta(0), "UTC")

    @property
    def mark(self) -> str:
        return CLOCK_MARKS[self.personality.clock]

    def stamp(self) -> str:
        """The time that a log line begins with: UTC, unless `service timestamps log` says `localtime`."""
        words = next((line.split()[3:] for line in self.config.lines if line.startswith(STAMPS)), [])
        at = self.clock() if "localtime" in words else self.clock().astimezone(timezone.utc)
        return f"{self.mark}{log_stamp(at)}" + (f" {at.tzname()}" if "show-timezone" in words else "")

    def log(self, severity: int, facility: str, mnemonic: str, text: str) -> None:
        self._record(severity, f"%{facility}-{severity}-{mnemonic}: {text}")

    def debug(self, text: str) -> None:
        self._record(DEBUGGING, text)

    def message(self, text: str) -> None:
        """A whole message, `%FACILITY-SEVERITY-MNEMONIC: text`."""
        self._record(int(text.split("-")[1]), text)

    def _record(self, severity: int, text: str) -> None:
        line = f"{self.stamp()}: {text}"
        self.buffer.add(severity, line)
        for listener in tuple(self.listeners):
            listener(line)

    def touch(self) -> None:
        """Something was configured."""
        self.changed = self.clock()

    def put(self, trustpoint: Trustpoint) -> None:
        """Store a trustpoint; a new name is announced in the log."""
        if trustpoint.name not in self.config.trustpoints:
            self.log(6, "PKI", "TRUSTPOINT_CREATE", f"Trustpoint: {trustpoint.name} created succesfully")
        self.config.trustpoints[trustpoint.name] = trustpoint
        self.touch()

    def trust(self) -> dict[str, x509.Certificate]:
        """What a mail's TLS chain may be anchored to: the CA certificate of each trustpoint."""
        return {tp.name: tp.ca.certificate.x509 for tp in self.config.trustpoints.values() if tp.ca}

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Let something go on in the background until it ends, or the lab does."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def unlock(self, holder: object) -> None:
        if self.lock is holder:
            self.lock = None


def _log_buffer(config: Config) -> LogBuffer:
    """An empty buffer as the `logging buffered SIZE LEVEL` line of a configuration wants it."""
    for line in config.lines:
        if line.startswith("logging buffered "):
            size, level = line.split()[2:]
            return LogBuffer(int(size), SEVERITIES.index(level))
    return LogBuffer(enabled="no logging buffered" not in config.lines)


def log_stamp(at: datetime) -> str:
    """`Mar 15 21:51:32.798`, the stamp of `service timestamps log datetime msec`."""
    return f"{MONTHS[at.month - 1]} {at.day:2d} {time_of_day(at)}"


def time_of_day(at: datetime) -> str:
    return f"{at:%H:%M:%S}.{at.microsecond // 1000:03d}"


def clock_text(at: datetime) -> str:
    """`21:51:32.798 UTC Wed Mar 15 2023`, as `show clock` has it."""
    return f"{time_of_day(at)} {at.tzname()} {DAYS[at.weekday()]} {MONTHS[at.month - 1]} {at.day} {at.year}"


def date_text(at: datetime) -> str:
    """`21:51:32 UTC Mar 15 2023`, as certificates have it."""
    return f"{at:%H:%M:%S} {at.tzname()} {MONTHS[at.month - 1]} {at.day} {at.year}"


def job_time(at: datetime) -> str:
    """`Wed Mar15 21:51:32 2023`, as EEM has it: no space before a day of two digits."""
    return f"{DAYS[at.weekday()]} {MONTHS[at.month - 1]}{at.day:2d} {at:%H:%M:%S} {at.year}"
