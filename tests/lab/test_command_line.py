"""Commands: abbreviation, refusal, filters, modes and prompts, configuration that comes back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lab.console import Console

CONFIGURE = "Enter configuration commands, one per line.  End with CNTL/Z.\n"


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("sh clo", "show clock"),
        ("sh run", "show running-config"),
        ("SHOW VER", "show version"),
        ("sh crypto pki trustp SLA stat", "show crypto pki trustpoints SLA status"),
        ("sh start", "show startup-config"),
        ("sh ev man env", "show event manager environment"),
        ("sh ip int br", "show ip interface brief"),
        ("sh run | i ^interface", "show running-config | include ^interface"),
    ],
)
def test_commands_may_be_abbreviated(short: str, whole: str, console: Callable[..., Console]) -> None:
    """An unambiguous abbreviation is the whole command."""
    on = console()
    on.type("conf t", "crypto pki trustpoint SLA", "end")
    assert on.type(short) == on.type(whole) != ""


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("shw clock", "   ^\n% Invalid input detected at '^' marker.\n\n"),
        ("show clock now", "              ^\n% Invalid input detected at '^' marker.\n\n"),
        ("do show clock", "   ^\n% Invalid input detected at '^' marker.\n\n"),
        ("terminal length many", "                   ^\n% Invalid input detected at '^' marker.\n\n"),
        ("show", '% Type "show ?" for a list of subcommands\n'),
        ("show ip", "% Incomplete command.\n\n"),
        ("e", '% Ambiguous command:  "e"\n'),
        (
            "show running-config | frobnicate x",
            "                         ^\n% Invalid input detected at '^' marker.\n\n",
        ),
        ("", ""),
        ("! a comment", ""),
    ],
)
def test_refusals_name_the_fault(typed: str, printed: str, console: Callable[..., Console]) -> None:
    """Invalid input has its caret under the word at fault, the prompt counted; the others have their own words."""
    on = console()
    assert on.type(typed) == printed


def test_submodes_fall_back_to_global_configuration(console: Callable[..., Console]) -> None:
    """A global command leaves a sub-mode; a line that is neither stays there and is refused."""
    on = console()
    on.type("configure terminal", "crypto pki trustpoint TP", "event manager applet A", "event none")
    assert on.session.prompt == "R1(config-applet)#"
    assert "% Invalid input" in on.type("nonsense")
    assert on.session.prompt == "R1(config-applet)#"
    on.type("interface Loopback1")
    assert on.session.prompt == "R1(config-if)#"
    on.type("exit")
    assert on.session.prompt == "R1(config)#"
    on.type("exit")
    assert on.session.prompt == "R1#"


def test_prompts_cut_the_hostname_only_in_configuration(console: Callable[..., Console]) -> None:
    """EXEC shows the whole hostname, configuration its first twenty characters."""
    on = console(hostname="branch-office-number-four")
    assert on.session.prompt == "branch-office-number-four#"
    assert on.type("conf t") == CONFIGURE
    assert on.session.prompt == "branch-office-number(config)#"


def test_enable_wants_the_secret(console: Callable[..., Console]) -> None:
    """User EXEC knows little, and three wrong secrets are enough."""
    on = console(enable_secret="open sesame")
    on.type("disable")
    assert on.session.prompt == "R1>"
    assert "% Invalid input" in on.type("show running-config")
    assert on.type("show privilege") == "Current privilege level is 1\n"
    assert on.type("enable", "no", "no", "no") == "% Bad secrets\n\n"
    assert on.session.prompt == "R1>"
    on.type("enable")
    assert (on.session.prompt, on.session.question.answer) == ("Password: ", "secret")
    on.type("open sesame")
    assert on.type("show privilege") == "Current privilege level is 15\n"


@pytest.mark.parametrize(
    ("pipe", "printed"),
    [
        ("include ^interface", ["interface Loopback0", "interface GigabitEthernet1", "interface GigabitEthernet2"]),
        ("include Loop|aux", ["interface Loopback0", "line aux 0"]),
        ("section line vty", ["line vty 0 4", " login local", " transport input ssh"]),
        (
            "section Loopback0|con 0",
            ["interface Loopback0", " ip address 198.51.100.1 255.255.255.255", "line con 0", " stopbits 1"],
        ),
        ("section stopbits", [" stopbits 1"]),
        ("count ^ip ", ["Number of lines which match regexp = 5"]),
        (
            "begin line vty",
            ["line vty 0 4", " login local", " transport input ssh", "!", "ntp server 192.0.2.123", "!", "end", ""],
        ),
        ("include GigabitEthernet[2-9]", ["interface GigabitEthernet2"]),
        ("include interface_Loopback0_", ["interface Loopback0"]),
        ("include interface_Loopback_", []),
        ("include ^ +shutdown$", [" shutdown"]),
        ("include {", []),
    ],
)
def test_output_filters(pipe: str, printed: list[str], console: Callable[..., Console]) -> None:
    """Filters take IOS regular expressions; `section` brings the deeper lines below each match."""
    assert console().type(f"show running-config | {pipe}").splitlines() == printed


def test_exclude_is_the_rest_of_include(console: Callable[..., Console]) -> None:
    """What `exclude` leaves out is what `include` brings, and `section exclude` does the same for whole sections."""
    on = console()
    lines = on.type("show running-config").splitlines()
    kept = on.type("show running-config | exclude ^ ").splitlines()
    assert kept == [line for line in lines if not line.startswith(" ")]
    without = on.type("show running-config | section exclude ^interface").splitlines()
    assert not any("GigabitEthernet" in line or line == " shutdown" for line in without)
    assert "hostname R1" in without


def test_running_config_is_whole_and_counts_itself(console: Callable[..., Console]) -> None:
    """A configuration begins with its size and ends with `end`, whoever configured it last."""
    text = console().type("show running-config")
    header, body = text.split("!\n! Last configuration change")
    assert header.startswith("Building configuration...\n\nCurrent configuration : ")
    size = int(header.split()[-2])
    assert len(body.partition("\n!\n")[2]) - len("\n") == size
    assert text.endswith("!\nend\n\n")


def test_plain_configuration_comes_back(console: Callable[..., Console]) -> None:
    """Global lines and blocks are kept as typed, replaced, and removed by their `no` form."""
    on = console()
    on.type(
        "configure terminal",
        "hostname edge-1",
        "ip host smtp.example 192.0.2.9",
        "ip host smtp.example 192.0.2.10",
        "ntp server 198.51.100.123",
        "no ntp server 192.0.2.123",
        "aaa new-model",
        "interface GigabitEthernet2",
        "no shutdown",
        "description to the provider",
        "logging buffered 8192 informational",
        "end",
    )
    lines = on.type("show running-config").splitlines()
    assert [line for line in lines if "smtp.example" in line] == ["ip host smtp.example 192.0.2.10"]
    assert [line for line in lines if "ntp" in line] == ["ntp server 198.51.100.123"]
    assert [line for line in lines if "aaa" in line] == ["aaa new-model"]
    assert [line for line in lines if line.startswith("logging")] == ["logging buffered 8192 informational"]
    assert on.type("show running-config | section GigabitEthernet2").splitlines() == [
        "interface GigabitEthernet2",
        " no ip address",
        " negotiation auto",
        " description to the provider",
    ]
    assert on.session.prompt == "edge-1#"
    assert "smtp.example" in on.type("show hosts")
    assert "GigabitEthernet2       unassigned      YES NVRAM  up" in on.type("show ip interface brief")


def test_configuration_is_refused_while_it_is_locked(console: Callable[..., Console]) -> None:
    """Another session's lock, or the personality's, keeps `configure terminal` out until it is given up."""
    one = console()
    other = type(one)(type(one.session)(one.router))
    one.type("configure terminal lock")
    assert "Configuration mode locked exclusively" in other.type("configure terminal")
    assert other.session.prompt == "R1#"
    one.type("end")
    assert other.type("configure terminal") == CONFIGURE

    locked = console(config_locked=True)
    assert "Configuration mode locked exclusively" in locked.type("conf t")
    locked.router.lock = None
    assert locked.type("conf t") == CONFIGURE


def test_controller_mode_has_no_configure_terminal(console: Callable[..., Console]) -> None:
    """A router in controller mode says so in `show version`, and refuses `configure terminal`."""
    on = console(mode="controller")
    assert on.type("show version | include operating mode") == "Router operating mode: Controller\n"
    assert "% Invalid input" in on.type("configure terminal")


@pytest.mark.parametrize(
    ("release", "train"),
    [
        ("16.03.07", "Denali"),
        ("16.06.05", "Everest"),
        ("16.09.05", "Fuji"),
        ("16.12.04", "Gibraltar"),
        ("17.03.01", "Amsterdam"),
        ("17.06.01", "Bengaluru"),
        ("17.09.05", "Cupertino"),
        ("17.14.01", "Dublin"),
        ("17.15.03", "IOSXE"),
        ("26.01.01", "IOSXE"),
    ],
)
def test_releases_have_their_trains_name(release: str, train: str, console: Callable[..., Console]) -> None:
    """The name in the brackets of `show version` is that of the release's train."""
    assert f"Cisco IOS Software [{train}], " in console(release=release).type("show version")


@pytest.mark.parametrize(
    ("habit", "mark", "ntp"),
    [
        ("synchronised", "", "Clock is synchronized, stratum 3"),
        ("never-set", "*", "Clock is unsynchronized, stratum 16"),
        ("lost", ".", "Clock is unsynchronized, stratum 16"),
    ],
)
def test_clock_marks(habit: str, mark: str, ntp: str, console: Callable[..., Console]) -> None:
    """`show clock`, NTP and the log agree on how far the clock is to be trusted."""
    on = console(clock=habit)
    assert on.type("show clock") == f"{mark}10:20:30.123 UTC Thu Mar 5 2026\n"
    assert on.type("show clock detail").splitlines()[1].startswith("Time source is ")
    assert on.type("show ntp status").startswith(ntp)
    assert on.router.buffer.text().startswith(f"{mark}Mar  5 10:20:30.123: %SYS-5-RESTART")
    assert ("NON_AUTHORITATIVE_CLOCK" in on.router.buffer.text()) is (habit == "never-set")


def test_times_are_in_the_routers_zone(console: Callable[..., Console], pem: Callable[[str], list[str]]) -> None:
    """`clock timezone` moves every time that is shown, the validity of certificates among them."""
    on = console()
    on.type("configure terminal", "clock timezone IST 5 30", "crypto pki trustpoint TP", "enrollment terminal")
    on.type("crypto pki authenticate TP", *pem("root"), "quit", "yes", "end")
    assert on.type("show clock") == "15:50:30.123 IST Thu Mar 5 2026\n"
    assert "    start date: 05:30:00 IST Jan 1 2020\n" in on.type("show crypto pki certificates")


def test_show_may_begin_with_load_and_time(console: Callable[..., Console]) -> None:
    """`terminal exec prompt timestamp` puts two lines and a blank before every show."""
    on = console()
    on.type("terminal exec prompt timestamp")
    load, source, blank, clock = on.type("show clock").splitlines()
    assert load.startswith("Load for five secs: ")
    assert source == "Time source is NTP, 10:20:30.123 UTC Thu Mar 5 2026"
    assert blank == ""
    assert clock.startswith("10:20:30")


def test_trustpoint_settings_come_back_spelt_out(console: Callable[..., Console]) -> None:
    """Sub-commands are shown in the router's order with their defaults, and `no` brings the default back."""
    on = console()
    on.type("conf t", "crypto pki trustpoint TP", "revocation-check none", "chain-val stop", "enroll term", "end")
    show = "show running-config | section crypto pki trustpoint"
    wanted = ["crypto pki trustpoint TP", " enrollment terminal", " chain-validation stop", " revocation-check none"]
    assert on.type(show).splitlines() == wanted
    on.type("conf t", "crypto pki trustpoint TP", "no revocation-check", "no chain-validation", "end")
    assert on.type(show).splitlines() == [wanted[0], wanted[1], " revocation-check crl"]


def test_some_releases_do_not_show_defaults(console: Callable[..., Console]) -> None:
    """With `hides_defaults`, settings that equal the default are left unsaid."""
    on = console(hides_defaults=True)
    on.type("conf t", "crypto pki trustpoint TP", "enrollment terminal", "chain-validation stop", "end")
    assert on.type("show running-config | section crypto pki trustpoint").splitlines() == [
        "crypto pki trustpoint TP",
        " enrollment terminal",
    ]


def test_a_fingerprint_has_32_or_40_digits(console: Callable[..., Console]) -> None:
    """Anything else is invalid input at the value, and changes nothing."""
    on = console()
    on.type("conf t", "crypto pki trustpoint TP")
    assert on.type("fingerprint 1234") == f"{' ' * 30}^\n% Invalid input detected at '^' marker.\n\n"
    assert on.router.config.trustpoints["TP"].fingerprint == ""
