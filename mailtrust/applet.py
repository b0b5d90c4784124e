"""From values to the text of applets and environment variables, and back to whose they are."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from mailtrust.model import Account, Applet, AppletText, Provider, Variable
from mailtrust.secret import Secret
from mailtrust.typed import LINE_LENGTH

MARK = "mailtrust"
"""First word of the description (or comment) of an applet of ours; the digest of its lines follows."""

TEST_APPLET = "mailtrust-test"
MAXRUN = 60
"""Seconds. IOS's own 20 may be too few for TLS with a slow server, and an applet that overruns is killed."""
_TOKEN_DIGITS = 10

# --- variables -----------------------------------------------------------------------------------------------------


def server_string(account: Account, provider: Provider) -> Secret:
    """``login:password@server``, ``login@server`` or ``server``: the three forms that the mail action takes."""
    if account.login is None:
        return Secret(provider.server)
    password = "" if account.password is None else f":{account.password.reveal()}"
    return Secret(f"{account.login}{password}@{provider.server}")


def variables(account: Account, provider: Provider) -> tuple[Variable, ...]:
    """What the applets of one account refer to; ``_cc`` only when there is somebody to copy to.

    An applet that refers to a variable that is not set sends nothing at all.
    """
    values = {
        "server": server_string(account, provider),
        "from": Secret(account.sender),
        "to": Secret(",".join(account.to)),
        **({"cc": Secret(",".join(account.cc))} if account.cc else {}),
    }
    return tuple(Variable(f"{account.variables}_{name}", value) for name, value in values.items())


# --- applets -------------------------------------------------------------------------------------------------------


def mail_action(label: str, account: Account, provider: Provider, subject: str, body: str) -> str:
    """One ``action LABEL mail`` line; IOS takes the keywords in this order only."""
    prefix = f"${account.variables}"
    parts = [
        f'action {label} mail server "{prefix}_server" to "{prefix}_to" from "{prefix}_from"',
        f'cc "{prefix}_cc"' if account.cc else "",
        f'subject "{subject}" body "{body}"',
        f"source-interface {account.source_interface}" if account.source_interface else "",
        f"source-address {account.source_address}" if account.source_address else "",
        f"port {provider.port} secure {provider.security}",
        f"vrf {account.vrf}" if account.vrf else "",
    ]
    return " ".join(part for part in parts if part)


def applet_text(applet: Applet, account: Account, provider: Provider) -> AppletText:
    """The applet as configuration, with our mark."""
    action = mail_action("0010", account, provider, applet.subject, applet.body)
    return _marked(applet.name, (_event(applet.event), action))


def token(run_id: str, name: str) -> str:
    """What only the test mail of this host of this run has in its subject: the run's id, and digits of a digest.

    ``name`` is the inventory's, so that two routers with one host name are told apart.
    """
    return f"{run_id}-{hashlib.sha256(name.encode()).hexdigest()[:_TOKEN_DIGITS]}"


def test_applet(token: str, host: str, account: Account, provider: Provider) -> AppletText:
    """The applet that sends one test mail between two markers in the log: success itself writes nothing there.

    ``token`` stands in the markers and at the end of the subject, where a host name is cut that would make the line
    too long for IOS.
    """
    surplus = len(_test_mail(token, host, account, provider)) - LINE_LENGTH
    mail = _test_mail(token, host[: len(host) - max(surplus, 0)] if surplus < len(host) else "", account, provider)
    begin, end = (
        f'action {label} syslog priority notifications msg "{marker(word, token)}"'
        for label, word in (("0010", "BEGIN"), ("0030", "END"))
    )
    return _marked(TEST_APPLET, (_event("none"), begin, mail, end))


def _test_mail(token: str, host: str, account: Account, provider: Provider) -> str:
    subject = f"mailtrust test {host} {token}"
    return mail_action("0020", account, provider, subject, "A test by mailtrust; nothing has to be done.")


def marker(word: str, token: str) -> str:
    """What stands in the log where the test applet begins and ends."""
    return f"MAILTRUST-{word} {token}"


def _event(event: str) -> str:
    """With ``maxrun``, which IOS takes after all keywords but ``ratelimit``."""
    bare = _QUOTED.sub("", event)
    if re.search(r"\bmaxrun\b", bare):
        return f"event {event}"
    head, separator, rate = event.rpartition(" ratelimit ") if " ratelimit " in bare else (event, "", "")
    return f"event {head} maxrun {MAXRUN}{separator}{rate}"


def _marked(name: str, lines: tuple[str, ...]) -> AppletText:
    return AppletText(name, (f"description {MARK} {digest(lines, name)}", *lines))


# --- whose an applet is --------------------------------------------------------------------------------------------

_QUOTED = re.compile(r'"[^"]*"')
_MARK_LINE = re.compile(rf'(?:description|action 0000 comment) "?{MARK} ([0-9a-f]{{8}})"?')
_UNQUOTED = (
    (re.compile(r"\s+"), " "),
    (re.compile(r"(?<= )(\d+)\.000(?= |$)"), r"\1"),
    (re.compile(r" (?:port 25|secure none)(?= |$)"), ""),
)
_LABEL = re.compile(r"action (\S+)")
_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)", re.ASCII)


def mark(applet: AppletText) -> str | None:
    """The digest that our mark carries; None for an applet that is not ours."""
    found = (_MARK_LINE.fullmatch(_collapsed(line)) for line in applet.lines)
    return next((match[1] for match in found if match), None)


def is_mark(line: str) -> bool:
    """Whether the line is nothing but our mark."""
    return _MARK_LINE.fullmatch(_collapsed(line)) is not None


def digest(lines: Iterable[str], name: str = "") -> str:
    """Eight hex digits over the lines as ``normal`` gives them, and the name: a copy under another name is not ours."""
    return hashlib.sha256("\n".join([name, *normal(lines)]).encode()).hexdigest()[:8]


def normal(lines: Iterable[str]) -> tuple[str, ...]:
    """The lines without what IOS may print differently from what it was given, and without our mark.

    Blanks outside quotes count once, ``60.000`` is ``60``, the mail action's defaults (port 25, secure none) are left
    out, actions stand last and sorted by label, as strings.
    """
    plain = [line for line in map(_collapsed, lines) if line and not _MARK_LINE.fullmatch(line)]
    return tuple(sorted(plain, key=_rank))


def same(one: AppletText, other: AppletText) -> bool:
    """Whether both are one applet to IOS, marks aside."""
    return one.name == other.name and normal(one.lines) == normal(other.lines)


def edited(applet: AppletText) -> bool:
    """Whether it was ours and has been changed since: the mark does not fit the lines."""
    return mark(applet) not in {None, digest(applet.lines, applet.name)}


def proven(applet: AppletText) -> bool:
    """Whether it proves itself ours: the mark fits the lines. A mark alone may have been copied by a person."""
    return mark(applet) == digest(applet.lines, applet.name)


def runs_files(applet: AppletText) -> bool:
    """Whether it starts a script, of which nobody can tell which variables it reads."""
    return any(_SCRIPT.search(line) for line in applet.lines)


def mails(applet: AppletText) -> bool:
    """Whether it sends mail, or starts a script that may."""
    return runs_files(applet) or any(_MAIL.match(line) for line in applet.lines)


def references(applet: AppletText) -> frozenset[str]:
    """The names of all variables it uses, without ``$``; those that EEM itself provides are among them."""
    return frozenset(name for line in applet.lines for name in _VARIABLE.findall(line))


_SCRIPT = re.compile(r"\btclsh\b|\baction \S+ policy\b|\bguestshell\b|\bpython\d?\b|\.(?:tcl|tbc|py)\b", re.IGNORECASE)
_MAIL = re.compile(r"\s*action \S+ mail\b")


def _rank(line: str) -> tuple[bool, str]:
    label = _LABEL.match(line)
    return label is not None, label[1] if label else ""


def _collapsed(line: str) -> str:
    parts = re.split(r'("[^"]*")', line.strip())
    return "".join(part if part.startswith('"') else _squeezed(part) for part in parts)


def _squeezed(text: str) -> str:
    for pattern, instead in _UNQUOTED:
        text = pattern.sub(instead, text)
    return text
