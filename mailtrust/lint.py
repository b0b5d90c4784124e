"""What is wrong with a wish before any router is touched."""

from __future__ import annotations

import ipaddress
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from mailtrust.applet import references, test_applet
from mailtrust.event_variables import doubt, stranger
from mailtrust.findings import Finding, finding
from mailtrust.model import Account, Applet, AppletText, Desired, Provider
from mailtrust.typed import LINE_LENGTH

_IMPLICIT_TLS = 465


def lint(account: Account, provider: Provider, applets: Sequence[Applet], desired: Desired) -> tuple[Finding, ...]:
    """Everything that would make these mails fail, or break IOS's command line; no text contains the password."""
    told = (
        *_at_signs(account),
        *_sender(account, provider),
        *_characters(account, provider, applets),
        *_source_address(account),
        *_undefined(desired),
        *_events(applets),
        *_twins(applets),
        *_lengths(desired),
        *_test_length(account, provider),
        *_port(provider),
    )
    return tuple(replace(each, text=_printable(each.text)) for each in told)


def _printable(text: str) -> str:
    """A name of the inventory may hold anything, and goes to somebody's terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


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
#
# The one gate of what is typed: no value of the inventory becomes a second command, a keyword or a question.

_UNTYPABLE = r"[^\x20-\x7e]"
_WORD = re.compile(rf'[ "?$]|{_UNTYPABLE}')
_QUOTED = re.compile(rf'["?]|\$(?![A-Za-z_])|{_UNTYPABLE}')
_FORBIDDEN: Mapping[str, re.Pattern[str]] = {
    "mail.login": re.compile(rf'[ ":?$]|{_UNTYPABLE}'),
    "mail.password": _WORD,
    "mail.sender": _WORD,
    "mail.to": _WORD,
    "mail.cc": _WORD,
    "mail.source_interface": _WORD,
    "mail.source_address": _WORD,
    "mail.vrf": _WORD,
    "mail.variables": re.compile(r"[^A-Za-z0-9_]"),
    "server": re.compile(rf'[ "?$@/]|{_UNTYPABLE}'),
    "name": _WORD,
    "event": re.compile(rf"\?|{_UNTYPABLE}"),  # its own quotes are part of what IOS reads
    "subject": _QUOTED,
    "body": _QUOTED,
}
_CALLED = {" ": "a blank", '"': "a double quote", "\n": "a line break", "\t": "a tab"}
_INTERFACE_IN_TWO = re.compile(r"([A-Za-z-]+) (?=\d\S*$)")


def _characters(account: Account, provider: Provider, applets: Sequence[Applet]) -> Iterable[Finding]:
    for key, name, value in _texts(account, provider, applets):
        if broken := dict.fromkeys(map(_called, _FORBIDDEN[key].findall(value))):
            yield finding("MT103", f"{name} holds {', '.join(broken)}")


def _texts(account: Account, provider: Provider, applets: Sequence[Applet]) -> Iterable[tuple[str, str, str]]:
    """Each text that is typed into IOS: key of the table above, name for a person, value."""
    mail = {
        "login": account.login,
        "password": account.password.reveal() if account.password else None,
        "sender": account.sender,
        "to": "".join(account.to),
        "cc": "".join(account.cc),
        "source_interface": _INTERFACE_IN_TWO.sub(r"\1", account.source_interface or "", count=1),
        "source_address": account.source_address,
        "vrf": account.vrf,
        "variables": account.variables,
    }
    yield from ((f"mail.{key}", f"mail.{key}", value or "") for key, value in mail.items())
    yield "server", f"the server of provider {provider.name}", provider.server
    for applet in applets:
        yield "name", f"the name of applet {applet.name}", applet.name
        yield "event", f"the event of applet {applet.name}", applet.event
        yield "subject", f"the subject of applet {applet.name}", applet.subject
        yield "body", f"the body of applet {applet.name}", applet.body


def _called(character: str) -> str:
    if character in _CALLED:
        return _CALLED[character]
    if character.isprintable():
        return f"'{character}'"
    return f"a control character (U+{ord(character):04X})"


def _source_address(account: Account) -> Iterable[Finding]:
    if account.source_address is None or _FORBIDDEN["mail.source_address"].search(account.source_address):
        return
    try:
        ipaddress.ip_address(account.source_address)
    except ValueError:
        yield finding("MT103", f"mail.source_address is {account.source_address}, which is no IP address")


# --- references, lengths, port -------------------------------------------------------------------------------------


def _undefined(desired: Desired) -> Iterable[Finding]:
    defined = {variable.name for variable in desired.variables}
    for applet in desired.applets:
        for name in sorted(references(applet) - defined):
            if found := doubt(name, _event(applet)):
                code = "MT104" if found.certain else "MT111"
                yield finding(code, f"applet {applet.name} uses ${name}, {found.why}")


def _event(applet: AppletText) -> str:
    return next((line.removeprefix("event ") for line in applet.lines if line.startswith("event ")), "")


def _events(applets: Sequence[Applet]) -> Iterable[Finding]:
    for applet in applets:
        if told := stranger(applet.event):
            yield finding("MT112", f"the event of applet {applet.name}: {told}")


def _twins(applets: Sequence[Applet]) -> Iterable[Finding]:
    alike = defaultdict(list)
    for name in dict.fromkeys(applet.name for applet in applets):
        alike[name.casefold()].append(name)
    for first, *others in alike.values():
        if others:
            yield finding("MT113", f"applets {' and '.join((first, *others))} have one name but for capital letters")


def _lengths(desired: Desired) -> Iterable[Finding]:
    for variable in desired.variables:
        line = f"event manager environment {variable.name} {variable.value.reveal()}"
        yield from _length(f"the line that sets {variable.name}", line)
    for applet in desired.applets:
        # What begins an applet must not be longer than what takes it away.
        yield from _length(f"the line that removes applet {applet.name}", f"no event manager applet {applet.name}")
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
