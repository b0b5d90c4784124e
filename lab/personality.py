"""What kind of router a lab router is, and what goes wrong with it: frozen data, looked up, never changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

Point = Literal["", "configure", "before-paste", "mid-paste", "after-paste", "run", "write-memory"]
"""A place in the dialogue at which a fault can strike; "" is none."""

Save = Literal[
    "ok",
    "compressed",
    "overwrite",
    "busy",
    "busy-once",
    "ok-but-failed",  # `[OK]`, and then that nothing was written
    "failed",  # no `[OK]`, and no `%` either
    "asks",  # a question in words, which only `yes` gets past
    "confirms",  # one key, as `overwrite` wants, for a reason nobody has heard of
]
"""What `write memory` is like."""


@dataclass(frozen=True)
class Answer:
    """Another answer than the true one, to lines that match `command` as a whole (stripped, `do` included).

    It strikes `times` times after `after` of the lines that get here gave the true answer; of several the first that
    strikes has the line. A replaced answer has no effect on the router unless the line `executes`.
    """

    command: str  # a regular expression
    text: str | None = None  # printed instead; None is the true answer, which always takes effect
    cut: int | None = None  # only so many characters of the answer
    after: int = 0
    times: int = 1_000_000
    delay: float = 0.0  # seconds of silence before the answer
    drip: float = 0.0  # seconds of pause after every line of the answer
    executes: bool = False


@dataclass(frozen=True)
class Message:
    """What the router says by itself behind a prompt, at which nothing but another Return brings a new one.

    `command`: a regular expression for the whole command that the prompt follows, whatever dialogue came between; ""
    is the prompt after login. On a line of its own, or, with `same_line`, right behind the prompt.
    """

    command: str
    text: str
    times: int = 1
    same_line: bool = False


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
    answers: tuple[Answer, ...] = ()
    messages: tuple[Message, ...] = ()


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
    default_trustpoints: bool = False  # True: the two that routers come with, SLA-TrustPoint and TP-self-signed-N
    config_locked: bool = False
    save: Save = "ok"
    save_seconds: float = 0.0  # of silence between `Building configuration...` and `[OK]`
    startup: Literal["ok", "absent", "busy", "busy-once"] = "ok"  # what reading startup-config meets
    differences: Literal["ok", "old", "fails"] = "ok"  # `show archive config differences`; 12.4 has it without `!`
    enable_secret: str | None = None  # None: a login is privileged at once
    enable_question: str = "Password: "
    host_login: tuple[str, str] = ("admin", "admin")
    privilege: int = 15  # of a login at `#`; below 15 running-config is blank
    view: str = ""  # a parser view, in which running-config shows little
    deny: tuple[str, ...] = ()  # AAA: regular expressions for the beginning of lines that are not authorized
    deny_words: str = "Command authorization failed.\n\n"
    seconds_per_line: float = 0.0  # of silence before the answer to each line: AAA far away
    banner: str = ""
    maintenance: str = ""  # "maint-mode", "recovery-mode", "diag": what the prompt has behind the hostname
    hidden_prompt: Literal["exec", "none"] = "exec"  # in configuration, with `no service prompt config`
    executes_after_hangup: bool = True  # False: what was typed ahead is forgotten when the line drops
    faults: Faults = field(default_factory=Faults)
