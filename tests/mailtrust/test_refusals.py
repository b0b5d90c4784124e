"""How a router says no, in one table for all rooms; and what is no refusal although it looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrust.refusals import locked, quiet, refusal, said

STAMP = "*Jun  1 12:00:01.123: "
REFUSALS = (
    # the parser
    "% Invalid input detected at '^' marker.",
    "%Invalid input detected at '^' marker.",
    "% Incomplete command.",
    "Incomplete command.",
    '% Ambiguous command:  "xx"',
    "% Unknown command or computer name, or unable to find computer address",
    "% Unrecognized command",
    "Unrecognized host or address, or protocol not running.",
    "% Bad IP address or host name",
    "Invalid command at '^' marker.",
    # AAA, views, rights
    "Command authorization failed.",
    "% Authorization failed.",
    "User authorization denied",
    "Command rejected: this login may not do that",
    "Command Rejected (TACACS+): this login may not do that",
    "Command denied",
    "Command not permitted by the policy of this site",
    "This line is not authorized for you",
    "not privileged",
    "% Permission denied",
    "Permission denied",
    "Access denied",
    "You may not use this command",
    "% Cannot do that in a parser view",
    # errors of the command and of file systems
    "%Error: something is amiss",
    "% Error: something is amiss",
    "ERROR: something is amiss",
    "Error",
    "%Error opening system:/running-config (Device or resource busy)",
    "startup-config file open failed (Device or resource busy)",
    "startup-config is not present",
    "%Error reading nvram:startup-config (No space left on device)",
    "Cannot write the configuration",
    "Failed to write the configuration",
    "could not write the configuration",
    # busy, and out of memory
    "Unable to get configuration. Try again later.",
    "The system is busy, try again later",
    "%% Low on memory; try again later",
    "Low on memory",
    "% Not enough contiguous memory",
    "Not enough memory",
    "Insufficient resources",
    # locks
    "Configuration mode locked exclusively by user 'x' process '3' from terminal '0'. Please try later.",
    "Configuration mode is locked by process '3' user 'x' from terminal '0'. Please try later.",
    "Config mode cannot be entered during Standby initialization",
    # of a line of ours
    "% Please delete your existing CA certificate first",
    "% Certificate Authority (trustpoint) X is unknown",
)
NOTICES = (
    "% Certificate successfully imported",
    "% Removing an enrolled trustpoint will destroy all certificates",
    "% Be sure to ask the CA administrator to revoke your certificates.",
    "% Please answer 'yes' or 'no'.",
    "% Do you accept this certificate? [yes/no]:",
    "% Generating 2048 bit RSA keys, keys will be non-exportable...",
    "% WARNING: The master key is not configured",
    "% Warning: it will be slow",
    "% Note: it is done all the same",
    "%NOTE: it is done all the same",
    "% INFO: it is done all the same",
)
MESSAGES = (
    f"{STAMP}%SYS-5-CONFIG_I: Configured from console by admin on vty0",
    "%SYS-5-CONFIG_I: Configured from console by admin on vty0",
    "000123: *Jun  1 12:00:01.123 UTC: %PKI-6-TRUSTPOINT_CREATE: Trustpoint: X created succesfully",
    "Jun  1 2026 12:00:01.123 CEST: %LINK-3-UPDOWN: Interface Gi1, changed state to down",
    "1w2d: %LINEPROTO-5-UPDOWN: Line protocol on Interface Gi1, changed state to down",
    "00:00:12: %SYS-6-CLOCKUPDATE: it is 12 o'clock",
    "SECURITY WARNING - Module: EEM, Command: event manager, Reason: error, not authorized",
    "INSECURE DYNAMIC WARNING - Module: SNMP, Command: x, Reason: error",
    " WARNING: Command has been added, error or not",
    "Note: this may fail, try again later",
    "***",
    "*** --- SHUTDOWN in 0:05:00 ---",
)
CONSENT = ("", "   ^", "100% done", "EEM: applet X not found", "errors: 0", "Trustpoint CA certificate accepted.")


@pytest.mark.parametrize("words", REFUSALS)
@pytest.mark.parametrize("around", ["{}", "\n{}\n\n", "   ^\n{}\n", f"{STAMP}%SYS-5-CONFIG_I: x\n{{}}\nmore\n"])
def test_a_refusal_is_told_in_its_own_words(words: str, around: str) -> None:
    """With and without ``%``, whoever refuses and whatever stands around it: the line that says so."""
    assert refusal(around.format(words)) == words
    assert said(around.format(words)) == words


@pytest.mark.parametrize("words", NOTICES)
def test_a_notice_is_no_refusal(words: str) -> None:
    """What a router says while it does as it was told, percent sign or not."""
    assert (refusal(words), said(words)) == (None, None)
    assert refusal(f"{words}\n% Invalid input\n") == "% Invalid input", "and hides none"


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_is_no_answer(message: str) -> None:
    """What comes unasked is neither a refusal nor anything said to a line, and hides neither."""
    assert (refusal(message), said(message), list(quiet(message))) == (None, None, [])
    assert refusal(f"{message}\n% Invalid input\n{message}") == "% Invalid input"


@pytest.mark.parametrize("words", CONSENT)
def test_other_words_are_no_refusal(words: str) -> None:
    """What stands in no table is judged where it is asked for."""
    assert refusal(words) is None


def test_a_message_takes_its_continuation_along() -> None:
    """Lines far to the right go on with the message above them; a line of a configuration does not."""
    text = (
        f"one\n{STAMP}%SYS-2-MALLOCFAIL: Memory allocation failed\n{' ' * 14}-Process= error\n two\n{' ' * 14}three\n"
    )
    assert list(quiet(text)) == ["one", " two", f"{' ' * 14}three"]


def test_what_is_said_to_a_silent_line_counts() -> None:
    """Whatever it is: a line that enters a mode is taken without a word."""
    assert said("   ^\nNo such thing here\n") == "No such thing here"
    assert said("\n \n  ^  \n") is None


LOCKED = [words for words in REFUSALS if "ocked" in words or "cannot be entered" in words]


def test_a_lock_is_told_apart() -> None:
    """It can be waited for, other refusals cannot."""
    assert len(LOCKED) == 3
    assert [words for words in REFUSALS if locked(words)] == LOCKED
    assert not locked("Enter configuration commands, one per line.  End with CNTL/Z.")


@given(st.text() | st.lists(st.sampled_from([*REFUSALS, *NOTICES, *MESSAGES, *CONSENT])).map("\n".join))
def test_any_reply_is_judged(reply: str) -> None:
    """Whatever comes: a line of it, or nothing; a refusal is always something said."""
    words = refusal(reply)
    assert words is None or words in reply
    assert words is None or said(reply) is not None
    locked(reply)
