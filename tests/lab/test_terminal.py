"""What a client sees, character by character: echo, editing, pages, scrolling, noise and faults. No socket."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lab.console import Console, screen
from lab.keyboard import LINE_LIMIT
from lab.personality import Faults

PROMPT = "R1#"
QUIET = "terminal length 0\r"


def seen(written: str) -> list[str]:
    """The lines as they stand on a screen: backspaces move the cursor, and what is overwritten is gone."""
    lines, column = [""], 0
    for character in written:
        if character == "\b":
            column = max(0, column - 1)
        elif character == "\r":
            column = 0
        elif character == "\n":
            lines, column = [*lines, ""], 0
        elif character != "\a":
            lines[-1] = lines[-1][:column].ljust(column) + character + lines[-1][column + 1 :]
            column += 1
    return [line.rstrip() for line in lines]


def test_type_ahead_is_echoed_in_its_turn(console: Callable[..., Console]) -> None:
    """A burst looks as if it had been typed at leisure: prompt, echo, output, prompt, and so on."""
    assert screen(console(), "show clock\rconf t\rhostname R2\rend\rshow privilege\r") == (
        "R1#show clock\r\n10:20:30.123 UTC Thu Mar 5 2026\r\n"
        "R1#conf t\r\nEnter configuration commands, one per line.  End with CNTL/Z.\r\n"
        "R1(config)#hostname R2\r\nR2(config)#end\r\nR2#show privilege\r\nCurrent privilege level is 15\r\nR2#"
    )


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_any_line_end_is_one_return(end: str, console: Callable[..., Console]) -> None:
    """CR, LF and CR LF are one Return each, also when the CR LF is torn apart."""
    torn = screen(console(), f"show privilege{end[0]}", *end[1:], "x")
    assert torn == f"{PROMPT}show privilege\r\nCurrent privilege level is 15\r\n{PROMPT}x"


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("shox\bw", "show"),
        ("shox\x7fw", "show"),
        ("nonsense\x15show", "show"),
        ("nonsense\x18show", "show"),
        ("show nonsense\x17clock", "show clock"),
        ("\b\bshow", "show"),
    ],
)
def test_editing_keys(typed: str, left: str, console: Callable[..., Console]) -> None:
    """Backspace, Ctrl-U, Ctrl-X and Ctrl-W change the line and what is seen of it."""
    assert seen(screen(console(), typed)) == [PROMPT + left]


def test_a_line_wider_than_the_terminal_scrolls_behind_a_dollar(console: Callable[..., Console]) -> None:
    """Beyond the width, the line moves left behind a `$`, in place; the router still has all of it."""
    on = console()
    value = "0123456789" * 10
    shown = seen(screen(on, f"conf t\revent manager environment _long {value}\r{QUIET}"))
    line = next(line for line in shown if "$" in line)
    assert line.startswith("R1(config)#$")
    assert line.endswith("0123456789")
    assert max(map(len, shown)) < 80
    assert on.router.config.environment == {"_long": value}


def test_a_wide_terminal_does_not_scroll(console: Callable[..., Console]) -> None:
    """After `terminal width`, a long line is echoed as it is."""
    value = "x" * 180
    assert "$" not in screen(console(), f"terminal width 511\rconf t\revent manager environment _long {value}\r")


def test_erasing_a_scrolled_line_brings_it_back(console: Callable[..., Console]) -> None:
    """Whatever is erased, the screen shows the end of what is left."""
    on = console()
    assert seen(screen(on, "x" * 100 + "\x15show clock")) == ["R1#show clock"]
    assert seen(screen(console(), "a" * 50 + "b" * 50 + "\b" * 60))[0].endswith("a" * 20)


def test_a_line_has_254_characters_and_no_more(console: Callable[..., Console]) -> None:
    """What is typed beyond the limit is refused with the bell."""
    on = console()
    start = "event manager environment _v "
    written = screen(on, "terminal width 0\rconf t\r" + start + "v" * LINE_LIMIT + "\r")
    assert "\a" in written
    assert on.router.config.environment["_v"] == "v" * (LINE_LIMIT - len(start))


def test_long_output_comes_in_pages(console: Callable[..., Console]) -> None:
    """`--More--` waits after a page; space brings a page, Return a line, anything else ends it, and no trace remains."""
    on = console()
    lines = on.type("show running-config").splitlines()
    written = screen(on, "show running-config\r", " ", "\r", "q", "show privilege\r")
    assert written.count(" --More-- ") == 3
    shown = seen(written)
    assert shown[1 : 1 + 23 + 23 + 1] == [line.rstrip() for line in lines[:47]]
    assert "Current privilege level is 15" in shown
    assert not any("--More--" in line for line in shown)


def test_terminal_length_0_has_no_pages(console: Callable[..., Console]) -> None:
    """After `terminal length 0` everything comes at once."""
    on = console()
    whole = on.type("show running-config").replace("\n", "\r\n")
    assert (
        screen(on, f"{QUIET}show running-config\r")
        == f"{PROMPT}{QUIET}\n{PROMPT}show running-config\r\n{whole}{PROMPT}"
    )


def test_a_line_wider_than_the_terminal_takes_more_rows(console: Callable[..., Console]) -> None:
    """A narrow terminal pages earlier, since long lines take several rows."""
    assert " --More-- " not in screen(console(), "show version\r")
    assert " --More-- " in screen(console(faults=Faults(width=20)), "show version\r")


def test_a_certificate_is_pasted_without_prompts(
    console: Callable[..., Console], pem: Callable[[str], list[str]]
) -> None:
    """Between the invitation and the terminator nothing but the echo of the paste is seen; type-ahead works through it."""
    lines = pem("root")
    typed = [
        "conf t",
        "crypto pki trustpoint TP",
        "enrollment terminal",
        "crypto pki authenticate TP",
        *lines,
        "quit",
        "yes",
    ]
    written = screen(console(), "".join(f"{line}\r" for line in typed))
    paste = "\r\n".join(lines)
    invitation = 'End with a blank line or the word "quit" on a line by itself\r\n\r\n'
    assert f"{invitation}{paste}\r\nquit\r\nCertificate has" in written
    assert written.endswith(
        "\r\n\r\n% Do you accept this certificate? [yes/no]: yes\r\nTrustpoint CA certificate accepted.\r\n"
        "% Certificate successfully imported\r\n\r\nR1(config)#"
    )


def test_secrets_are_not_echoed(console: Callable[..., Console]) -> None:
    """The enable secret leaves no trace on the screen."""
    on = console(enable_secret="sesame")
    assert screen(on, "disable\renable\rsesame\rshow privilege\r").endswith(
        "R1>enable\r\nPassword: \r\nR1#show privilege\r\nCurrent privilege level is 15\r\nR1#"
    )


def test_confirm_takes_one_key(console: Callable[..., Console]) -> None:
    """`[confirm]` is answered by a key alone: what follows is the next command."""
    on = console()
    written = screen(on, "clear logging\r", "y", "show privilege\r")
    assert "Clear logging buffer [confirm]y\r\nR1#show privilege\r\n" in written
    assert on.router.buffer.text() == ""


def test_ctrl_z_and_ctrl_c(console: Callable[..., Console]) -> None:
    """Ctrl-Z runs the line and ends configuration; Ctrl-C forgets it, ends configuration, and gives up a question."""
    on = console()
    assert screen(on, "conf t\rhostname R2\x1ashow privilege\r").endswith(
        "hostname R2^Z\r\nR2#show privilege\r\nCurrent privilege level is 15\r\nR2#"
    )
    assert seen(screen(on, "conf t\rhostname R3\x03"))[-1] == "R2#"
    on.type("conf t", "crypto pki trustpoint TP", "enrollment terminal", "crypto pki authenticate TP", "MII")
    assert screen(on, "more\x03").endswith("^C\r\nR2(config)#")


def test_question_mark_helps_at_once(console: Callable[..., Console]) -> None:
    """`?` lists what may follow and brings the line back; Ctrl-V makes it a character."""
    on = console()
    written = screen(on, "show crypto pki ?")
    assert written == ("R1#show crypto pki ?\r\n  certificates\r\n  trustpoints\r\n\r\nR1#show crypto pki ")
    screen(on, "conf t\revent manager environment _why w\x16?y\r")
    assert on.router.config.environment == {"_why": "w?y"}


def test_messages_come_to_a_monitoring_terminal(console: Callable[..., Console]) -> None:
    """After `terminal monitor` syslog lines stand before the next prompt; without it they are only in the log."""
    on = console()
    assert "%SYS-5-CONFIG_I" not in screen(on, "conf t\rend\r")
    written = screen(on, "terminal monitor\rconf t\rend\r")
    assert "R1(config)#end\r\nMar  5 10:20:30.123: %SYS-5-CONFIG_I: Configured from console by admin" in written
    assert written.endswith("\r\nR1#")


def test_noise_comes_between(console: Callable[..., Console]) -> None:
    """A noisy router interrupts both before output and after a prompt, and changes nothing else."""
    on = console(faults=Faults(noise=True))
    written = screen(on, "show privilege\r" * 4)
    noise = "Mar  5 10:20:30.123: %LINEPROTO-5-UPDOWN"
    assert f"R1#show privilege\r\n{noise}" in written
    assert f"\r\nR1#\r\n{noise}" in written
    assert written.count("Current privilege level is 15\r\n") == 4


@pytest.mark.parametrize(
    ("point", "reached"),
    [
        ("configure", "conf t"),
        ("before-paste", "crypto pki authenticate TP"),
        ("mid-paste", None),
        ("after-paste", "quit"),
        ("run", "event manager run A"),
        ("write-memory", "write memory"),
    ],
)
def test_a_fault_strikes_at_its_point_and_only_so_often(
    point: str, reached: str | None, console: Callable[..., Console], pem: Callable[[str], list[str]]
) -> None:
    """The connection drops where the fault says, once; the next login gets through and finds the state left behind."""
    lines = ["conf t", "crypto pki trustpoint TP", "enrollment terminal", "crypto pki authenticate TP", *pem("root")]
    lines += ["quit", "yes", "event manager applet A", "event none", "end", "event manager run A", "write memory"]
    typed = "".join(f"{line}\r" for line in lines)
    on = console(faults=Faults(at=point))
    hung_up: list[bool] = []

    first = screen(on, typed, hung_up=hung_up)

    assert hung_up == [True]
    assert seen(first)[-2].endswith(reached or pem("root")[4])
    again = type(on)(type(on.session)(on.router))
    assert "[OK]" in screen(again, typed, hung_up=hung_up)
    assert hung_up == [True]


def test_a_router_that_hangs_says_nothing_more(console: Callable[..., Console]) -> None:
    """A fault that hangs keeps the connection and stays silent."""
    hung_up: list[bool] = []
    on = console(faults=Faults(at="write-memory", act="hang"))
    assert screen(on, "write memory\rshow clock\r", hung_up=hung_up) == "R1#write memory\r\n"
    assert hung_up == []


def test_a_banner_may_lack_its_line_end(console: Callable[..., Console]) -> None:
    """A banner is printed as it is: without a newline the prompt follows on its line."""
    on = console(hostname="algona.rtr", banner="**DO NOT ATTEMPT LOGIN**")
    assert screen(on, "") == "**DO NOT ATTEMPT LOGIN**algona.rtr#"


def test_a_terminal_whose_length_may_not_be_set_goes_on_paging(console: Callable[..., Console]) -> None:
    """Where `terminal length` and `terminal width` are not authorized, `--More--` and `$` come as before."""
    on = console(deny=("terminal (length|width)",))
    written = screen(on, f"{QUIET}terminal width 511\rshow running-config\r", "q", "! " + "long " * 20 + "\r")
    assert written.count("Command authorization failed.\r\n\r\n") == 2
    assert " --More-- " in written
    assert "R1#$" in "".join(seen(written))


@pytest.mark.parametrize("goes_on", [True, False])
def test_what_was_typed_ahead_of_a_hang_up(goes_on: bool, console: Callable[..., Console]) -> None:
    """A router executes what was typed ahead when the line drops, or forgets it, as its personality says."""
    on = console(executes_after_hangup=goes_on)
    screen(on, "configure terminal\rhostname R2\rend\rwrite memory\r")
    assert (on.router.config.hostname == "R2", on.router.saved) == (goes_on, goes_on)


def test_a_banner_comes_first(console: Callable[..., Console]) -> None:
    """The banner stands before the first prompt, whatever it looks like."""
    assert screen(console(banner="Keep out!\nR9#\n"), "") == "Keep out!\r\nR9#\r\nR1#"
