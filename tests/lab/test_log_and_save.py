"""The log buffer, saving in all its variants, and what a reload forgets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lab.console import Console, screen
from lab.logbuffer import LogBuffer
from lab.personality import Answer, Faults


def test_a_full_buffer_starts_in_mid_line() -> None:
    """The oldest characters fall out first, so that the first line of a full buffer may be the end of one."""
    buffer = LogBuffer(size=20)
    for line in ("first line", "second line", "third"):
        buffer.add(5, line)
    assert buffer.text() == "e\nsecond line\nthird\n"
    buffer.resize(8, 7)
    assert buffer.text() == "e\nthird\n"


def test_a_level_keeps_the_rest_out() -> None:
    """Messages above the level are neither kept nor counted, nor is anything while logging is off."""
    buffer = LogBuffer(level=4)
    buffer.add(5, "notice")
    buffer.add(4, "warning")
    buffer.enabled = False
    buffer.add(0, "emergency")
    assert (buffer.text(), buffer.logged) == ("warning\n", 1)


def test_the_log_is_configured_shown_and_cleared(console: Callable[..., Console]) -> None:
    """`logging buffered` sets size and level, `show logging` says so, `clear logging` asks for a key first."""
    on = console()
    on.type("configure terminal", "logging buffered 4096 warnings", "crypto pki trustpoint TP", "end")
    text = on.type("show logging")
    assert "    Buffer logging:  level warnings, 1 messages logged, xml disabled,\n" in text
    assert "Log Buffer (4096 bytes):\n\n" in text
    assert text.endswith("%SYS-5-RESTART: System restarted --\n")
    assert on.type("clear logging") == ""
    assert (on.session.prompt, on.session.question.answer) == ("Clear logging buffer [confirm]", "key")
    on.type("n")
    assert "RESTART" in on.type("show logging")
    on.type("clear logging", "")
    assert on.type("show logging").endswith("Log Buffer (4096 bytes):\n\n")
    on.type("configure terminal", "no logging buffered", "end")
    assert "    Buffer logging:  disabled, xml disabled,\n" in on.type("show logging")


def test_configuring_pki_is_announced(console: Callable[..., Console], pem: Callable[[str], list[str]]) -> None:
    """A new trustpoint, an installed certificate and the advice to save it are in the log, as recorded."""
    on = console()
    on.type("conf t", "crypto pki trustpoint TP", "enrollment terminal", "crypto pki trustpoint TP")
    on.type("crypto pki authenticate TP", *pem("root"), "quit", "yes", "end")
    stamp = "Mar  5 10:20:30.123: "
    assert on.router.buffer.text().replace(stamp, "").splitlines()[1:] == [
        "%PKI-6-TRUSTPOINT_CREATE: Trustpoint: TP created succesfully",
        "%PKI-6-CERT_INSTALL: A CA certificate has been installed under",
        "                      Trustpoint   : TP",
        "                      Issuer-name  : cn=Golden Root,o=Golden Cases,c=ZZ",
        "                      Subject-name : cn=Golden Root,o=Golden Cases,c=ZZ",
        "                      Serial-number: 0A01",
        "                      End-date     : 2099-12-31T00:00:00Z",
        '%PKI-4-NOCONFIGAUTOSAVE: Configuration was modified.  Issue "write memory" to save new IOS PKI configuration',
        "%SYS-5-CONFIG_I: Configured from console by admin on vty0 (127.0.0.1)",
    ]


OVERWRITE = (
    "Warning: Attempting to overwrite an NVRAM configuration previously written\n"
    "by a different version of the system image.\n"
)


CORRUPT = (
    "Warning: Saving this config to nvram may corrupt any network management or security files stored at the end of "
    "nvram.\n"
)
CHANGED = "Warning: the boot variables have changed since the last write.\n"


@pytest.mark.parametrize(
    ("habit", "typed", "printed"),
    [
        ("ok", ["write memory"], ["Building configuration...\n[OK]\n"]),
        ("ok", ["wr"], ["Building configuration...\n[OK]\n"]),
        ("ok", ["copy run start", ""], ["", "Building configuration...\n[OK]\n"]),
        (
            "compressed",
            ["wr mem"],
            ["Building configuration...\nCompressed configuration from 22772 bytes to 7054 bytes[OK]\n"],
        ),
        (
            "overwrite",
            ["wr", "", "wr"],
            [OVERWRITE, "Building configuration...\n[OK]\n", "Building configuration...\n[OK]\n"],
        ),
        (
            "overwrite",
            ["copy running-config startup-config", "", "y"],
            ["", OVERWRITE, "Building configuration...\n[OK]\n"],
        ),
        (
            "busy-once",
            ["wr", "wr"],
            ["startup-config file open failed (Device or resource busy)\n", "Building configuration...\n[OK]\n"],
        ),
        ("asks", ["wr", "yes"], [CORRUPT, "Building configuration...\n[OK]\n"]),
        ("confirms", ["wr", ""], [CHANGED, "Building configuration...\n[OK]\n"]),
    ],
)
def test_saving_in_every_variant(
    habit: str, typed: list[str], printed: list[str], console: Callable[..., Console]
) -> None:
    """`write memory` and `copy` say what the recordings say, and then the configuration outlives a reload."""
    on = console(save=habit)
    on.type("conf t", "hostname saved", "end")
    assert [on.type(line) for line in typed] == printed
    on.router.reload()
    assert on.session.prompt == "saved#"


@pytest.mark.parametrize(
    ("habit", "typed"),
    [
        ("busy", ["wr"]),
        ("overwrite", ["wr", "n"]),
        ("asks", ["wr", ""]),
        ("asks", ["copy run start", "", "no"]),
        ("confirms", ["wr", "n"]),
        ("ok-but-failed", ["wr"]),
        ("failed", ["wr"]),
    ],
)
def test_what_is_not_saved_is_lost(
    habit: str, typed: list[str], console: Callable[..., Console], pem: Callable[[str], list[str]]
) -> None:
    """A refused or unconfirmed save leaves startup-config as it was: certificates and all are gone after a reload."""
    on = console(save=habit)
    on.type("conf t", "crypto pki trustpoint TP", "enrollment terminal", "crypto pki authenticate TP")
    on.type(*pem("root"), "quit", "yes", "end", *typed)
    assert "TP" not in on.type("show startup-config")
    on.router.reload()
    assert on.type("show running-config | section crypto pki") == ""


@pytest.mark.parametrize(
    ("habit", "printed"),
    [
        (
            "ok-but-failed",
            "Building configuration...\n[OK]\n%Error opening nvram:/startup-config (No space left on device)\n",
        ),
        ("failed", "Building configuration...\nstartup-config file write failed (No space left on device)\n"),
    ],
)
def test_a_save_may_fail_with_or_without_ok(habit: str, printed: str, console: Callable[..., Console]) -> None:
    """`[OK]` may stand in an answer that is none, and a failure need not begin with `%`."""
    assert console(save=habit).type("write memory") == printed


@pytest.mark.parametrize(
    ("habit", "typed", "question"),
    [("ok", "wr\r", ""), ("overwrite", "wr\ry", "Overwrite the previous NVRAM configuration?[confirm]y\r\n")],
)
def test_a_save_may_take_its_time(habit: str, typed: str, question: str, console: Callable[..., Console]) -> None:
    """`Building configuration...` comes at once, then nothing, then the rest."""
    pieces: list[str] = []
    on = console(save=habit, save_seconds=0.001)
    screen(on, typed, pieces=pieces)
    assert pieces[-1] == "[OK]\r\nR1#"
    assert pieces[-2].endswith(f"{question}Building configuration...\r\n")
    assert on.router.saved


def test_a_slow_save_can_have_another_answer(console: Callable[..., Console]) -> None:
    """What is replaced or cut is not shown early either."""
    answer = Answer("wr", cut=len("Building conf"))
    assert screen(console(save_seconds=0.001, faults=Faults(answers=(answer,))), "wr\r") == "R1#wr\r\nBuilding confR1#"


@pytest.mark.parametrize(
    ("lines", "stamp"),
    [
        ([], "Mar  5 10:20:30.123: %"),
        (["clock timezone CET 1"], "Mar  5 10:20:30.123: %"),
        (["clock timezone CET 1", "service timestamps log datetime msec localtime"], "Mar  5 11:20:30.123: %"),
        (["service timestamps log datetime msec localtime show-timezone"], "Mar  5 10:20:30.123 UTC: %"),
    ],
)
def test_the_log_is_in_utc_unless_told_otherwise(lines: list[str], stamp: str, console: Callable[..., Console]) -> None:
    """The zone of the clock concerns the log only with `localtime`, and is named only with `show-timezone`."""
    on = console()
    on.type("configure terminal", *lines, "end")
    assert on.router.buffer.text().splitlines()[-1].startswith(stamp)
    assert on.type("show running-config | include timestamps log").count("\n") == 1


def test_a_reload_brings_back_what_was_saved(console: Callable[..., Console], pem: Callable[[str], list[str]]) -> None:
    """Certificates, variables, registered applets and the log's size come back; log, debugs and history do not."""
    on = console()
    on.type("conf t", "logging buffered 4096 errors", "crypto pki trustpoint TP", "enrollment terminal")
    on.type("crypto pki authenticate TP", *pem("root"), "quit", "yes")
    on.type("event manager environment _a b", "event manager applet A", "event none", "end", "debug crypto pki scep")
    on.type("event manager run A", "write memory")
    saved = on.router.config
    on.router.reload()
    assert on.router.config == saved
    assert on.router.config is not saved
    assert list(on.router.registered) == ["A"]
    assert (on.router.debugs, on.router.history, on.router.buffer.size, on.router.buffer.level) == ({}, [], 4096, 3)


def test_startup_config_names_files(console: Callable[..., Console], pem: Callable[[str], list[str]]) -> None:
    """Startup-config has a certificate's file in nvram where running-config has its hex, and show tells the file too."""
    on = console()
    on.type("conf t", "crypto pki trustpoint TP", "enrollment terminal", "crypto pki authenticate TP")
    on.type(*pem("issuing"), "quit", "yes", "end")
    assert "Storage" not in on.type("show crypto pki certificates")
    on.type("write memory")
    assert on.type("show startup-config | section crypto pki certificate chain").splitlines() == [
        "crypto pki certificate chain TP",
        " certificate ca 77BD0D6CDB36F91AEA210FC4F058D30D nvram:GoldenRoot#D30DCA.cer",
    ]
    assert "  Storage: nvram:GoldenRoot#D30DCA.cer\n" in on.type("show crypto pki certificates TP")
    assert on.type("show startup-config").startswith("Using ")


def test_one_certificate_under_two_trustpoints_is_one_block(
    console: Callable[..., Console], pem: Callable[[str], list[str]]
) -> None:
    """A certificate that two trustpoints hold is shown once, with both names."""
    on = console()
    for name in ("ONE", "TWO"):
        on.type("conf t", f"crypto pki trustpoint {name}", "enrollment terminal", f"crypto pki authenticate {name}")
        on.type(*pem("root"), "quit", "yes", "end")
    text = on.type("show crypto pki certificates")
    assert text.count("CA Certificate\n") == 1
    assert "  Associated Trustpoints: ONE TWO \n" in text
