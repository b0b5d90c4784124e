"""What a router is configured to be: its values, and running-config and startup-config as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from lab import contextual
from lab.certificate import Certificate

TRUSTPOINT_ORDER = (
    "enrollment",
    "usage",
    "serial-number",
    "fqdn",
    "ip-address",
    "fingerprint",
    "vrf",
    "subject-name",
    "subject-alt-name",
    "source",
    "chain-validation",
    "revocation-check",
    "match",
    "rsakeypair",
    "eckeypair",
    "auto-enroll",
    "hash",
    "storage",
)
TRUSTPOINT_DEFAULTS = MappingProxyType({"revocation-check": "revocation-check crl"})
HIDDEN_DEFAULTS = ("chain-validation stop", "revocation-check crl")
LINES_AT_TOP = ("service", "platform")
LINES_BEFORE_PKI = ("logging", "aaa", "clock", "ip domain", "ip name-server", "ip host", "login", "username")
LINES_OF_EEM = ("event manager",)
LINES_AFTER_INTERFACES = ("ip", "snmp-server", "access-list", "banner")


@dataclass(frozen=True)
class Installed:
    """A certificate under a trustpoint, and when it came."""

    certificate: Certificate
    at: datetime


@dataclass(frozen=True)
class Trustpoint:
    """A trustpoint: its sub-commands by first word, the one CA certificate it may hold, the router's own one."""

    name: str
    settings: Mapping[str, str] = field(default_factory=lambda: TRUSTPOINT_DEFAULTS)
    ca: Installed | None = None
    own: Installed | None = None

    @property
    def fingerprint(self) -> str:
        return self.settings.get("fingerprint", "").partition(" ")[2]

    def lines(self, *, hide_defaults: bool) -> Iterator[str]:
        known = sorted(self.settings, key=lambda word: (TRUSTPOINT_ORDER.index(word), word))
        lines = (self.settings[word] for word in known)
        return (f" {line}" for line in lines if not (hide_defaults and line in HIDDEN_DEFAULTS))


@dataclass(frozen=True)
class Applet:
    """An EEM applet: options of its header line, description, events, trigger, actions by label."""

    name: str
    options: str = ""
    description: str = ""
    event: str = ""
    actions: Mapping[str, str] = field(default_factory=dict)
    tagged: Mapping[str, str] = field(default_factory=dict)  # events by tag
    trigger: tuple[str, ...] = ()  # its header line, and what stands below it

    @property
    def armed(self) -> bool:
        return bool(self.event or self.tagged)

    def lines(self) -> Iterator[str]:
        yield f"event manager applet {self.name}" + (f" {self.options}" if self.options else "")
        if self.description:
            yield f" description {self.description}"
        if self.event:
            yield f" event {self.event}"
        yield from (f" event tag {tag} {event}" for tag, event in self.tagged.items())
        yield from (f"{' ' if number else ''} {line}" for number, line in enumerate(self.trigger))
        yield from self.action_lines()

    def action_lines(self) -> Iterator[str]:
        return (f" action {label} {self.actions[label]}" for label in sorted(self.actions))


@dataclass
class Config:
    """A whole configuration. Its values are frozen, so a copy of the tables is a snapshot."""

    hostname: str
    lines: dict[str, None] = field(default_factory=dict)  # one-line commands, in order of arrival
    blocks: dict[str, tuple[str, ...]] = field(default_factory=dict)  # `interface X`, `line vty 0 4`, ...
    trustpoints: dict[str, Trustpoint] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    applets: dict[str, Applet] = field(default_factory=dict)

    def snapshot(self) -> Config:
        return Config(
            hostname=self.hostname,
            lines=dict(self.lines),
            blocks=dict(self.blocks),
            trustpoints=dict(self.trustpoints),
            environment=dict(self.environment),
            applets=dict(self.applets),
        )

    @property
    def hosts(self) -> dict[str, str]:
        """Name to address, from the `ip host` lines."""
        words = (line.split() for line in self.lines if line.startswith("ip host "))
        return {word[2]: word[3] for word in words}


def running(config: Config, release: str, changed: str, *, hide_defaults: bool) -> str:
    """`show running-config`, without a filter."""
    body = _body(config, release, nvram=False, hide_defaults=hide_defaults)
    header = f"Building configuration...\n\nCurrent configuration : {len(body)} bytes\n"
    return f"{header}!\n! Last configuration change at {changed}\n!\n{body}\n"


def startup(config: Config, release: str, *, hide_defaults: bool) -> str:
    """`show startup-config`: certificates are file names in nvram."""
    body = _body(config, release, nvram=True, hide_defaults=hide_defaults)
    return f"Using {len(body)} out of 33554432 bytes\n!\n{body}\n"


def differences(old: Config, new: Config, release: str, *, hide_defaults: bool) -> str:
    """`show archive config differences` of startup-config and running-config: certificates always differ."""
    before = _body(old, release, nvram=True, hide_defaults=hide_defaults)
    after = _body(new, release, nvram=False, hide_defaults=hide_defaults)
    changes = contextual.differences(before, after) or ["!No changes were found"]
    return "\n".join(["!Contextual Config Diffs:", *changes, ""])


def _body(config: Config, release: str, *, nvram: bool, hide_defaults: bool) -> str:
    parts: tuple[list[str], ...] = (
        [f"version {version_numbers(release)}"],
        _global_lines(config, LINES_AT_TOP),
        [f"hostname {config.hostname}"],
        ["boot-start-marker", "boot-end-marker"],
        _global_lines(config, LINES_BEFORE_PKI),
        *([f"crypto pki trustpoint {tp.name}", *tp.lines(hide_defaults=hide_defaults)] for tp in _trustpoints(config)),
        [line for tp in _trustpoints(config) for line in chain_lines(tp, nvram=nvram)],
        *_blocks(config, lines=False),
        _global_lines(config, LINES_AFTER_INTERFACES, LINES_BEFORE_PKI),
        ["control-plane"],
        *_blocks(config, lines=True),
        _global_lines(config, (), LINES_AT_TOP + LINES_BEFORE_PKI + LINES_AFTER_INTERFACES + LINES_OF_EEM),
        [
            *(f"event manager environment {name} {value}" for name, value in config.environment.items()),
            *_global_lines(config, LINES_OF_EEM),
            *(line for applet in config.applets.values() for line in applet.lines()),
        ],
    )
    return "".join("\n".join([*part, "!"]) + "\n" for part in parts if part) + "end\n"


def _trustpoints(config: Config) -> list[Trustpoint]:
    return list(config.trustpoints.values())


def _blocks(config: Config, *, lines: bool) -> list[list[str]]:
    """The blocks that are (or are not) `line ...`."""
    chosen = (header for header in config.blocks if header.startswith("line ") is lines)
    return [[header, *(f" {line}" for line in config.blocks[header])] for header in chosen]


def _global_lines(config: Config, starts: tuple[str, ...], but: tuple[str, ...] = ()) -> list[str]:
    """The one-line commands that begin with one of `starts` (any, if empty) and with none of `but`."""
    return [
        line
        for line in config.lines
        if (not starts or _bare(line).startswith(starts)) and not (but and _bare(line).startswith(but))
    ]


def _bare(line: str) -> str:
    return line.removeprefix("no ")


def chain_lines(trustpoint: Trustpoint, *, nvram: bool) -> list[str]:
    """The `crypto pki certificate chain` block: hex, or in startup-config a file name."""
    lines = [f"crypto pki certificate chain {trustpoint.name}"]
    for held in (trustpoint.own, trustpoint.ca):
        if held is None:
            continue
        certificate = held.certificate
        if held is trustpoint.ca:
            kind, file_name = "ca ", certificate.file_name
        else:
            kind, file_name = "self-signed " if certificate.self_signed else "", certificate.own_file_name
        item = f" certificate {kind}{certificate.serial}"
        lines += [f"{item} nvram:{file_name}"] if nvram else [item, *certificate.hex_lines, "  \tquit"]
    return lines


def version_numbers(release: str) -> str:
    """`17.09.05` as the `version 17.9` of a configuration."""
    major, minor = release.split(".")[:2]
    return f"{int(major)}.{int(minor)}"


def default_config(hostname: str, username: str) -> Config:
    """A small believable router: interfaces, lines, SNMP, NTP."""
    lines = (
        "service timestamps debug datetime msec",
        "service timestamps log datetime msec",
        "platform console virtual",
        "logging buffered 102400 debugging",
        "no aaa new-model",
        "ip domain name lab.example",
        "ip name-server 192.0.2.53",
        "login on-success log",
        "ip forward-protocol nd",
        "no ip http server",
        "ip route 0.0.0.0 0.0.0.0 192.0.2.254",
        "ip ssh version 2",
        "snmp-server location lab",
        "ntp server 192.0.2.123",
        f"username {username} privilege 15 secret 9 $9$lab",
    )
    blocks = {
        "interface Loopback0": ("ip address 198.51.100.1 255.255.255.255",),
        "interface GigabitEthernet1": ("ip address 192.0.2.1 255.255.255.0", "negotiation auto"),
        "interface GigabitEthernet2": ("no ip address", "shutdown", "negotiation auto"),
        "line con 0": ("stopbits 1",),
        "line aux 0": (),
        "line vty 0 4": ("login local", "transport input ssh"),
    }
    return Config(hostname, dict.fromkeys(lines), blocks)
