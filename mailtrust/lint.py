"""What is wrong with a wish before any router is touched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from mailtrust.applet import LINE_LENGTH, references, test_applet
from mailtrust.findings import Finding, finding
from mailtrust.model import Account, Applet, Desired, Provider

_IMPLICIT_TLS = 465
_BUILT_IN = re.compile(
    r"_(event|syslog|track|timer|cli|none|snmp|ipsla|interface|oir|counter|config|resource|rf|rpc|routing|nf|neighbor)_\w+"
    r"|_exit_status|_info_\w+|_regexp_result|_string_result"
)


def lint(account: Account, provider: Provider, applets: Sequence[Applet], desired: Desired) -> tuple[Finding, ...]:
    """Everything that would make these mails fail, or break IOS's command line; no text contains the password."""
    return (
        *_at_signs(account),
        *_sender(account, provider),
        *_characters(account, applets),
        *_undefined(desired),
        *_lengths(desired),
        *_test_length(account, provider),
        *_port(provider),
    )


def _at_signs(account: Account) -> Iterable[Finding]:
    password = account.password.reveal() if account.password else ""
    keys = [key for key, value in (("login", account.login or ""), ("password", password)) if "@" in value]
    if keys:
        yield finding(
            "MT101",
            f"mail.{' and mail.'.join(keys)} with '@': IOS takes what follows the first '@' of the server string for "
            "the server (CSCwe75439)",
        )


def _sender(account: Account, provider: Provider) -> Iterable[Finding]:
    if provider.sender == "any" or account.login is None:
        return
    address = account.sender if "@" in account.login else account.sender.partition("@")[0]
    if address.lower() != account.login.lower():
        yield finding(
            "MT102",
            f"mail.sender is {account.sender}, but {provider.name} takes only mail of the account {account.login} "
            "(sender: any at the provider switches this rule off)",
        )


# --- characters ----------------------------------------------------------------------------------------------------

_UNTYPABLE = r"[^\x20-\x7e]"
_WORD = re.compile(rf'[ "?$]|{_UNTYPABLE}')
_FORBIDDEN: Mapping[str, re.Pattern[str]] = {
    "mail.login": re.compile(rf'[ ":?$]|{_UNTYPABLE}'),
    "mail.password": _WORD,
    "mail.sender": _WORD,
    "mail.to": _WORD,
    "mail.cc": _WORD,
    "event": re.compile(rf"\?|{_UNTYPABLE}"),  # its own quotes are part of what IOS reads
    "subject": (_QUOTED := re.compile(rf'["?]|\$(?![A-Za-z_])|{_UNTYPABLE}')),
    "body": _QUOTED,
}
_CALLED = {" ": "a blank", '"': "a double quote", "\n": "a line break", "\t": "a tab"}


def _characters(account: Account, applets: Sequence[Applet]) -> Iterable[Finding]:
    for key, name, value in _texts(account, applets):
        if broken := dict.fromkeys(map(_called, _FORBIDDEN[key].findall(value))):
            yield finding("MT103", f"{name} holds {', '.join(broken)}")


def _texts(account: Account, applets: Sequence[Applet]) -> Iterable[tuple[str, str, str]]:
    """Each text that is typed into IOS: key of the table above, name for a person, value."""
    yield "mail.login", "mail.login", account.login or ""
    yield "mail.password", "mail.password", account.password.reveal() if account.password else ""
    yield "mail.sender", "mail.sender", account.sender
    yield "mail.to", "mail.to", "".join(account.to)
    yield "mail.cc", "mail.cc", "".join(account.cc)
    for applet in applets:
        yield "event", f"the event of applet {applet.name}", applet.event
        yield "subject", f"the subject of applet {applet.name}", applet.subject
        yield "body", f"the body of applet {applet.name}", applet.body


def _called(character: str) -> str:
    if character in _CALLED:
        return _CALLED[character]
    if character.isprintable():
        return f"'{character}'"
    return f"a control character (U+{ord(character):04X})"


# --- references, lengths, port -------------------------------------------------------------------------------------


def _undefined(desired: Desired) -> Iterable[Finding]:
    defined = {variable.name for variable in desired.variables}
    for applet in desired.applets:
        for name in sorted(references(applet) - defined):
            if not _BUILT_IN.fullmatch(name):
                yield finding("MT104", f"applet {applet.name} uses ${name}, which nothing sets")


def _lengths(desired: Desired) -> Iterable[Finding]:
    for variable in desired.variables:
        line = f"event manager environment {variable.name} {variable.value.reveal()}"
        yield from _length(f"the line that sets {variable.name}", line)
    for applet in desired.applets:
        yield from _length(f"the line that begins applet {applet.name}", f"event manager applet {applet.name}")
        for line in applet.lines:
            yield from _length(f"'{line[:40]}...' of applet {applet.name}", line)


def _test_length(account: Account, provider: Provider) -> Iterable[Finding]:
    """The test mail goes through the same interface, VRF and variables as the alarms, and must fit as well."""
    longest = max(test_applet("0" * 8, "", account, provider).lines, key=len)
    return _length("the mail line of the test applet", longest)


def _length(what: str, line: str) -> Iterable[Finding]:
    if len(line) > LINE_LENGTH:
        yield finding("MT105", f"{what} has {len(line)} characters; IOS takes {LINE_LENGTH}")


def _port(provider: Provider) -> Iterable[Finding]:
    if provider.port == _IMPLICIT_TLS:
        yield finding("MT106", f"{provider.name} is asked on port {_IMPLICIT_TLS}")
