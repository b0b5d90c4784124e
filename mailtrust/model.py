"""The values that all rooms share; nothing here decides anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from mailtrust.findings import Finding
from mailtrust.secret import Secret

# --- what the inventory says -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Certificate:
    """One X.509 certificate; ``der`` is the truth, the rest is read out of it once. Dates are aware, in UTC."""

    der: bytes = field(repr=False)
    subject: str
    issuer: str
    common_name: str
    serial: int
    not_before: datetime
    not_after: datetime
    is_ca: bool
    self_issued: bool
    sha256: str
    """64 lower-case hex digits of the whole DER."""
    sha1: str
    """40 upper-case hex digits: the form that ``fingerprint`` takes in a trustpoint."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the provider allows one account; None is no limit known."""

    per_minute: int | None = None
    per_day: int | None = None
    concurrent: int | None = None


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where the control copy of a test mail can be looked for."""

    server: str
    port: int
    user: str
    password: str
    """A reference (env:, file:, cmd:), never the password itself."""
    ca: str | None = None
    """Path of the PEM that vouches for the server, relative to providers.yaml; None is what this machine trusts."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One SMTP provider of providers.yaml."""

    name: str
    server: str
    port: int
    security: Literal["tls", "none"]
    trust: str | None
    """Path of the stacked PEM as written in the file, relative to providers.yaml."""
    install: Literal["issuers", "anchors", "all"]
    sender: Literal["account", "any"]
    limits: Limits
    mailbox: Mailbox | None
    window: int = 90
    """Days before the end of a certificate from which on it is worth a warning."""


@dataclass(frozen=True, slots=True)
class Account:
    """The ``mail`` data of one host after Nornir's inheritance, references resolved."""

    provider: str
    login: str | None
    password: Secret | None
    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    source_interface: str | None
    source_address: str | None
    vrf: str | None
    variables: str
    """Prefix of the environment variables, ``_email`` by default."""
    applets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Applet:
    """One applet of applets.yaml: what happens (``event``, as IOS writes it) and what the mail says."""

    name: str
    event: str
    subject: str
    body: str
    adopt: bool


# --- what a router should have, and what it has ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Variable:
    """One ``event manager environment NAME VALUE``; any value may hold a password, so all are secrets."""

    name: str
    value: Secret


@dataclass(frozen=True, slots=True)
class AppletText:
    """An applet as configuration: ``lines`` are the lines below ``event manager applet NAME OPTIONS``.

    They are stripped, but for what belongs to an inner mode (``trigger``), which keeps one leading blank.
    """

    name: str
    lines: tuple[str, ...]
    options: str = ""
    """The rest of its first line, such as ``authorization bypass``."""


@dataclass(frozen=True, slots=True)
class Trustpoint:
    """A trustpoint as a router shows it: its stripped sub-lines and the DER of each CA certificate of its chain."""

    name: str
    settings: tuple[str, ...]
    chain: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Desired:
    """What one router should have; ``trust`` stands roots first, ``adopt`` names applets that may be taken over."""

    trust: tuple[Certificate, ...]
    variables: tuple[Variable, ...]
    applets: tuple[AppletText, ...]
    adopt: frozenset[str]


@dataclass(frozen=True, slots=True)
class Observed:
    """What one router has, ours and foreign alike, in the order of its running-config."""

    trustpoints: tuple[Trustpoint, ...]
    variables: tuple[Variable, ...]
    applets: tuple[AppletText, ...]
    policies: tuple[str, ...] = ()
    """Files of Tcl or Python that are registered with EEM: nobody can tell which variables they read."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides whether a router can be worked on at all."""

    software: str
    """First line of ``show version``."""
    controller_mode: bool
    clock_mark: Literal["", ".", "*"]
    """'' synchronised, '.' synchronisation lost, '*' never set by an authority."""
    clock: datetime
    """Naive: the router's own wall clock, its zone unknown."""
    eem: bool | None
    """None when the router's answer tells neither yes nor no."""
    hostname: str = ""
    serial: str = ""
    """Of the processor board; '' where it is not told."""
    privilege: int | None = None
    """Of this login, 0 to 15; None when it was not asked for or not told."""
    view: str = ""
    """The parser view that this login sees the router through; '' for none."""


# --- what is done about the difference ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConfigureTrustpoint:
    name: str
    settings: tuple[str, ...]
    kind: Literal["trustpoint"] = "trustpoint"

    @property
    def target(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Authenticate:
    name: str
    certificate: Certificate
    kind: Literal["authenticate"] = "authenticate"

    @property
    def target(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class SetVariable:
    variable: Variable
    kind: Literal["variable"] = "variable"

    @property
    def target(self) -> str:
        return self.variable.name


@dataclass(frozen=True, slots=True)
class InstallApplet:
    """Replaces an applet of that name whole, or makes it."""

    applet: AppletText
    kind: Literal["applet"] = "applet"

    @property
    def target(self) -> str:
        return self.applet.name


@dataclass(frozen=True, slots=True)
class RemoveApplet:
    name: str
    kind: Literal["remove-applet"] = "remove-applet"

    @property
    def target(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class UnsetVariable:
    name: str
    kind: Literal["unset-variable"] = "unset-variable"

    @property
    def target(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class RemoveTrustpoint:
    """Removes a trustpoint with its certificate: only ever one that is provably ours, or empty and named by us."""

    name: str
    kind: Literal["remove-trustpoint"] = "remove-trustpoint"

    @property
    def target(self) -> str:
        return self.name


Step = (
    ConfigureTrustpoint | Authenticate | SetVariable | InstallApplet | RemoveApplet | UnsetVariable | RemoveTrustpoint
)

# --- what came of it ---------------------------------------------------------------------------------------------

State = Literal["unchanged", "changed", "planned", "failed", "unreachable", "skipped", "interrupted"]


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """One step and how far it came; ``detail`` tells a person what exactly."""

    kind: str
    target: str
    state: Literal["planned", "done", "failed", "undone"]
    detail: str


@dataclass(frozen=True, slots=True)
class MailOutcome:
    """``sent``: the server took it from the router; ``arrived``: seen in the mailbox, None when nobody looked."""

    sent: bool
    arrived: bool | None


@dataclass(frozen=True, slots=True)
class HostOutcome:
    """All that a report says about one host of one run."""

    name: str
    state: State
    seconds: float
    round_trips: int
    saved: bool
    steps: tuple[StepOutcome, ...]
    mail: MailOutcome | None
    findings: tuple[Finding, ...]
