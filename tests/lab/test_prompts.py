"""What routers put before the cursor when somebody told them to, or when their hostname is odd."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lab.console import Console, screen

LONG = "branch-office-number-four"


@pytest.mark.parametrize(
    ("hostname", "command", "prompt", "configuring"),
    [
        ("Loc-S123987345", "prompt %h-STP-1234%p", "Loc-S123987345-STP-1234#", "Loc-S123987345(config)#"),
        ("R1", "prompt site-7#", "site-7#", "R1(config)#"),
        ("R1", "prompt prod/%h%s%p", "prod/R1 #", "R1(config)#"),
        ("R1", "prompt TTY%n@%h%%%p", "TTY2@R1%#", "R1(config)#"),
        (LONG, "prompt %h%p", f"{LONG}#", "branch-office-number(config)#"),
        ("R1", "no prompt", "R1#", "R1(config)#"),
    ],
)
def test_a_custom_prompt_is_for_exec_only(
    hostname: str, command: str, prompt: str, configuring: str, console: Callable[..., Console]
) -> None:
    """`prompt` changes EXEC's prompt, is shown in running-config, and `no prompt` brings the hostname back."""
    on = console(hostname=hostname)
    on.type("configure terminal", "prompt old%p", command)
    assert on.session.prompt == configuring
    on.type("end")
    assert on.session.prompt == prompt
    shown = on.type("show running-config | include ^prompt").splitlines()
    assert shown == ([command] if command.startswith("prompt") else [])


@pytest.mark.parametrize(("hidden", "prompt"), [("exec", "R1#"), ("none", "")])
def test_configuration_prompts_can_be_hidden(hidden: str, prompt: str, console: Callable[..., Console]) -> None:
    """`no service prompt config` takes the prompts of all configuration modes away, hex pastes included."""
    on = console(hidden_prompt=hidden, default_trustpoints=True)
    on.type("configure terminal", "no service prompt config")
    for line in ("crypto pki trustpoint TP", "event manager applet A", "crypto pki certificate chain TP"):
        on.type(line)
        assert on.session.prompt == prompt
    on.type("certificate ca 01")
    assert on.session.prompt == prompt
    on.type("quit", "end")
    assert on.session.prompt == "R1#"
    assert "no service prompt config\n" in on.type("show running-config")
    on.type("configure terminal", "service prompt config")
    assert on.session.prompt == "R1(config)#"
    assert "service prompt config" not in on.type("do show running-config")


def test_without_prompts_only_the_echo_is_seen(console: Callable[..., Console]) -> None:
    """With no prompt at all, what is typed in configuration stands at the beginning of its line."""
    on = console(hidden_prompt="none")
    written = screen(on, "configure terminal\rno service prompt config\rhostname R2\rend\r")
    assert written.endswith("R1(config)#no service prompt config\r\nhostname R2\r\nend\r\nR2#")


@pytest.mark.parametrize(
    ("maintenance", "prompt", "configuring"),
    [
        ("maint-mode", "sw1(maint-mode)#", "sw1(maint-mod(config)#"),
        ("recovery-mode", "sw1(recovery-mode)#", "sw1(recovery-mod(config)#"),
        ("diag", "sw1(diag)#", "sw1(dia(config)#"),
    ],
)
def test_maintenance_is_told_by_the_prompt(
    maintenance: str, prompt: str, configuring: str, console: Callable[..., Console]
) -> None:
    """The mode stands behind the hostname, and configuration cuts it."""
    on = console(hostname="sw1", maintenance=maintenance)
    assert on.session.prompt == prompt
    on.type("configure terminal")
    assert on.session.prompt == configuring


@pytest.mark.parametrize("hostname", ["Branch.76(3.11)", "r1+a", "core~1", "o'hare", "br,1", "a&b", "lab|1"])
def test_hostnames_may_be_odd(hostname: str, console: Callable[..., Console]) -> None:
    """Any characters but blanks come back in the prompts, hex pastes included, and in running-config."""
    on = console()
    on.type("configure terminal", f"hostname {hostname}", "crypto pki trustpoint TP", "crypto pki certificate chain TP")
    on.type("certificate ca 01")
    assert on.session.prompt == f"{hostname}(config-pki-hexmode)#"
    on.type("quit", "end")
    assert on.session.prompt == f"{hostname}#"
    assert on.type("show running-config | include ^hostname") == f"hostname {hostname}\n"
