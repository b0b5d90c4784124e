"""`show ...` of everything that is neither PKI nor EEM."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from lab import configuration, rights
from lab.grammar import FailedError
from lab.logbuffer import SEVERITIES
from lab.router import Router, clock_text
from lab.session import USER, Result, Session

Args = Mapping[str, str]

TRAINS = {  # the first release of each
    (16, 1): "Denali",
    (16, 4): "Everest",
    (16, 7): "Fuji",
    (16, 10): "Gibraltar",
    (17, 1): "Amsterdam",
    (17, 5): "Bengaluru",
    (17, 7): "Cupertino",
    (17, 10): "Dublin",
    (17, 15): "IOSXE",
}
CLOCK_SOURCES = {"synchronised": "NTP", "never-set": "hardware calendar", "lost": "NTP"}

VERSION = """\
Cisco IOS XE Software, Version {release}
Cisco IOS Software [{train}], Virtual XE Software ({image}), Version {short}, RELEASE SOFTWARE (fc1)
Technical Support: http://www.cisco.com/techsupport

ROM: IOS-XE ROMMON

{hostname} uptime is {uptime}
Uptime for this control processor is {uptime}
System returned to ROM by reload
System image file is "bootflash:packages.conf"
Last reload reason: reload

cisco C8000V (VXE) processor (revision VXE) with 1900130K/3075K bytes of memory.
Processor board ID {board}
Router operating mode: {mode}
2 Gigabit Ethernet interfaces
32768K bytes of non-volatile configuration memory.
8123456K bytes of physical memory.
11526144K bytes of virtual hard disk at bootflash:.

Configuration register is 0x2102

"""

LOGGING = """\
Syslog logging: enabled ({drops}, xml disabled, filtering disabled)

No Active Message Discriminator.



No Inactive Message Discriminator.


    Console logging: disabled
    Monitor logging: level debugging, 0 messages logged, xml disabled,
                     filtering disabled
    Buffer logging:  {buffer}
                    filtering disabled
    Exception Logging: size (4096 bytes)
    Count and timestamp logging messages: disabled
    Persistent logging: disabled

No active filter modules.

    Trap logging: level informational, {logged} message lines logged
        Logging Source-Interface:       VRF Name:
    TLS Profiles:

Log Buffer ({size} bytes):

"""

BUSY = "startup-config file open failed (Device or resource busy)\n"
DIFF_FAILS = "% Diff operation fails: not enough contiguous memory for both configurations\n"

NTP = {
    "synchronised": "Clock is synchronized, stratum 3, reference is 192.0.2.123    \n",
    "never-set": "Clock is unsynchronized, stratum 16, no reference clock\n",
    "lost": "Clock is unsynchronized, stratum 16, no reference clock\n",
}

DEBUGGING = """\
IOSXE Conditional Debug Configs:

Conditional Debug Global State: Stop


IOSXE Packet Tracing Configs:


"""


def version(session: Session, _args: Args) -> Result:
    router, personality = session.router, session.router.personality
    major, minor, *rest = personality.release.split(".")
    return VERSION.format(
        release=personality.release,
        train=train(int(major), int(minor)),
        image="X86_64_LINUX_IOSD-UNIVERSALK9-M",
        short=".".join([str(int(major)), str(int(minor)), *(part.lstrip("0") or "0" for part in rest)]),
        hostname=router.config.hostname,
        uptime=uptime(router.clock() - router.booted),
        board=f"9LAB{sum(map(ord, router.config.hostname)):07d}",
        mode=personality.mode.capitalize(),
    )


def train(major: int, minor: int) -> str:
    """The name in brackets: of the last train that is not younger than the release."""
    return [name for first, name in TRAINS.items() if first <= (major, minor)][-1]


def uptime(lasted: timedelta) -> str:
    """`2 days, 3 hours, 19 minutes`."""
    minutes = int(lasted.total_seconds()) // 60
    parts = ((minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute"))
    shown = [f"{number} {unit}{'' if number == 1 else 's'}" for number, unit in parts if number or unit == "minute"]
    return ", ".join(shown)


def clock(session: Session, args: Args) -> Result:
    router = session.router
    source = CLOCK_SOURCES[router.personality.clock]
    detail = f"Time source is {source}\n" if "detail" in args else ""
    return f"{router.mark}{clock_text(router.clock())}\n{detail}"


def timestamp(router: Router) -> str:
    """What `terminal exec prompt timestamp` puts before every show."""
    source = CLOCK_SOURCES[router.personality.clock]
    load = "Load for five secs: 1%/0%; one minute: 2%; five minutes: 3%"
    return f"{load}\nTime source is {source}, {router.mark}{clock_text(router.clock())}\n\n"


def logging(session: Session, _args: Args) -> Result:
    buffer = session.router.buffer
    kept = f"level {SEVERITIES[buffer.level]}, {buffer.logged} messages logged, xml disabled,"
    header = LOGGING.format(
        drops="0 messages dropped, 0 messages rate-limited, 0 flushes, 0 overruns",
        buffer=kept if buffer.enabled else "disabled, xml disabled,",
        logged=buffer.logged,
        size=buffer.size,
    )
    return header + buffer.text()


def running_config(session: Session, _args: Args) -> Result:
    router = session.router
    changed = f"{clock_text(router.changed)} by {session.user}"
    hide = router.personality.hides_defaults
    text = configuration.running(router.config, router.personality.release, changed, hide_defaults=hide)
    return rights.visible(session, text)


def startup_config(session: Session, _args: Args) -> Result:
    router, personality = session.router, session.router.personality
    if router.startup_absent:
        raise FailedError("startup-config is not present\n")
    if router.startup_refused():
        raise FailedError(BUSY)
    return configuration.startup(router.startup, personality.release, hide_defaults=personality.hides_defaults)


def config_differences(session: Session, _args: Args) -> Result:
    router, personality = session.router, session.router.personality
    if personality.differences == "fails":
        return DIFF_FAILS
    if router.startup_absent:
        return "Error: Could not open file nvram:startup-config for reading\n"
    if router.startup_refused():
        return "%Error opening nvram:startup-config (Device or resource busy)\n"
    hide = personality.hides_defaults
    text = configuration.differences(router.startup, router.config, personality.release, hide_defaults=hide)
    return text.removeprefix("!") if personality.differences == "old" else text


def ntp_status(session: Session, _args: Args) -> Result:
    return NTP[session.router.personality.clock] + (
        "nominal freq is 1000.0003 Hz, actual freq is 1000.4589 Hz, precision is 2**14\n"
        "system poll interval is 64, last update was 182 sec ago.\n"
    )


def hosts(session: Session, _args: Args) -> Result:
    config = session.router.config
    return "".join(f"{line}\n" for line in _hosts(config))


def _hosts(config: configuration.Config) -> Iterator[str]:
    domain = _last_words(config, "ip domain name ")
    yield f"Default domain is {domain[0]}" if domain else "Default domain is not set"
    yield f"Name servers are {', '.join(_last_words(config, 'ip name-server ')) or '255.255.255.255'}"
    yield "NAME  TTL  CLASS   TYPE      DATA/ADDRESS"
    yield "-----------------------------------------"
    yield from (f" {name}   0    IN      A       {address}" for name, address in config.hosts.items())


def _last_words(config: configuration.Config, start: str) -> list[str]:
    return [word for line in config.lines if line.startswith(start) for word in line.removeprefix(start).split()]


def default_route(session: Session, args: Args) -> Result:
    """The answer for 0.0.0.0 only, from the static routes of the table that was named."""
    vrf = args.get("NAME")
    lines = session.router.config.lines
    if vrf is not None and not any(line.startswith(f"ip route vrf {vrf} ") for line in lines):
        return f"% IP routing table {vrf} does not exist\n"
    start = "ip route 0.0.0.0 0.0.0.0 " if vrf is None else f"ip route vrf {vrf} 0.0.0.0 0.0.0.0 "
    hop = next((line.removeprefix(start) for line in lines if line.startswith(start)), None)
    if args["ADDRESS"] != "0.0.0.0" or hop is None:  # noqa: S104  # the default route, no socket
        return "% Network not in table\n"
    return f'Routing entry for 0.0.0.0/0, supernet\n  Known via "static", distance 1, metric 0\n  * {hop}\n'


def interfaces(session: Session, _args: Args) -> Result:
    rows = [f"{'Interface':23}{'IP-Address':16}{'OK?':4}{'Method':7}{'Status':22}{'Protocol'}"]
    for header, lines in session.router.config.blocks.items():
        if header.startswith("interface "):
            rows.append(_interface(header.partition(" ")[2], lines))
    return "".join(f"{row}\n" for row in rows)


def _interface(name: str, lines: tuple[str, ...]) -> str:
    address = next((line.split()[2] for line in lines if line.startswith("ip address ")), "unassigned")
    state = ("administratively down", "down") if "shutdown" in lines else ("up", "up")
    return f"{name:23}{address:16}{'YES':4}{'NVRAM':7}{state[0]:22}{state[1]}"


def privilege(session: Session, _args: Args) -> Result:
    view = session.router.personality.view
    if view and session.mode is not USER:
        return f"Currently in View Context with view '{view}'\n"
    return f"Current privilege level is {rights.level(session)}\n"


def parser_view(session: Session, _args: Args) -> Result:
    view = session.router.personality.view
    return f"Current view is '{view}'\n" if view else "No view is active ! Currently in Privilege Level Context\n"


def debugging(session: Session, _args: Args) -> Result:
    return DEBUGGING + "".join(f"  {confirmation}\n" for confirmation in session.router.debugs.values())


USER_EXEC = (
    ("show version", version),
    ("show clock [detail]", clock),
    ("show privilege", privilege),
    ("show parser view", parser_view),
    ("show ntp status", ntp_status),
    ("show hosts", hosts),
)
EXEC = (
    *USER_EXEC,
    ("show logging", logging),
    ("show running-config", running_config),
    ("show running-config all", running_config),
    ("show startup-config", startup_config),
    ("show archive config differences nvram:startup-config system:running-config", config_differences),
    ("show ip interface brief", interfaces),
    ("show ip route ADDRESS", default_route),
    ("show ip route vrf NAME ADDRESS", default_route),
    ("show debugging", debugging),
)
