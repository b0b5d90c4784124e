"""What kind of router a lab router is, and what goes wrong with it: frozen data, looked up, never changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

Point = Literal["", "configure", "before-paste", "mid-paste", "after-paste", "run", "write-memory"]
"""A place in the dialogue at which a fault can strike; "" is none."""


@dataclass(frozen=True)
class Faults:
    """What goes wrong on the line to this router. The default is nothing.

    At `at`, for the first `times` times, the router drops the connection or hangs: what was typed so far has been
    processed, its output is never shown.
    """

    refuse_login: bool = False
    at: Point = ""
    act: Literal["drop", "hang"] = "drop"
    times: int = 1
    drip: float = 0.0  # seconds of pause after every 64 characters of output
    noise: bool = False  # syslog lines come in between, without `terminal monitor`
    width: int = 0  # columns, whatever the client's pty says; 0 believes the client
    rtt: float = 0.0  # seconds between a client's write and its arrival here


@dataclass(frozen=True)
class Personality:
    """One router's make: its release, its habits, its state of mind at boot. Sources: ios-xe behaviour notes."""

    hostname: str = "Router"
    release: str = "17.09.05"
    demands_fingerprint: bool = False  # 26.x: no `fingerprint` line, no import, and no question either
    asks_even_with_fingerprint: bool = False
    clock: Literal["synchronised", "never-set", "lost"] = "synchronised"
    clock_offset: timedelta = timedelta(0)
    mode: Literal["autonomous", "controller"] = "autonomous"
    eem: bool = True
    applet_description: bool = True  # False: `description` is invalid input in applet mode
    mail_tls: bool = True  # False: an old mail action, without `port` and `secure`
    blocking_run: bool = True  # False: `event manager run` gives the prompt back at once
    continues_after_timeout: bool = False  # True: a mail that timed out does not stop its applet
    hides_defaults: bool = False  # True: running-config leaves `chain-validation stop` and its like unsaid
    config_locked: bool = False
    save: Literal["ok", "compressed", "overwrite", "busy", "busy-once"] = "ok"
    enable_secret: str | None = None  # None: a login is privileged at once
    host_login: tuple[str, str] = ("admin", "admin")
    banner: str = ""
    faults: Faults = field(default_factory=Faults)
