"""Embedded Event Manager: reading action lines, and running an applet as the router does."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from lab.configuration import Applet
from lab.grammar import IncompleteError, InvalidError
from lab.logbuffer import SEVERITIES
from lab.mailclient import Delivery, Mail
from lab.router import Job, Router

TOKEN = re.compile(r'"([^"]*)"(?=\s|$)|([^\s"]\S*)')
VARIABLE = re.compile(r"\$(\w+)")
MAIL_HEAD = (("server", True), ("to", True), ("from", True), ("cc", False), ("subject", True), ("body", True))
MAIL_TAIL = ("source-address", "source-interface", "ipv6-address", "vrf")
MAIL_TLS = ("port", "secure")
SECURE = ("none", "ssl", "tls")
PLAIN_ACTIONS = (
    *("add", "append", "break", "cli", "cns-event", "comment", "context", "continue", "counter", "decrement"),
    *("divide", "else", "elseif", "end", "exit", "file", "force-switchover", "foreach", "gets", "handle-error", "help"),
    *("if", "increment", "info", "multiply", "policy", "publish-event", "puts", "regexp", "reload", "set"),
    *("snmp-trap", "string", "subtract", "track", "wait", "while"),
)
DEFAULT_PORT = 25
DEFAULT_MAXRUN = 20.0
TIMEOUT = "timeout error"
EVENT_NUMBERS = {"none": "131", "syslog": "97"}
DEBUG_FLAGS = {
    "pki": "crypto pki",
    "openssl": "ssl openssl",
    "mail": "event manager action mail",
}


@dataclass(frozen=True)
class Word:
    """A word of an action line: its text without quotes, whether it had some, and its column."""

    text: str
    quoted: bool
    at: int


class UnknownVariableError(Exception):
    """`$name` of a variable that is not set."""


def words(line: str) -> list[Word]:
    """The words of an action line; a stray quote is invalid input."""
    found, at = [], 0
    while at < len(line):
        if line[at].isspace():
            at += 1
            continue
        token = TOKEN.match(line, at)
        if token is None:
            raise InvalidError(at)
        found.append(Word(token[1] if token[1] is not None else token[2], token[1] is not None, at))
        at = token.end()
    return found


# -- what an action line says -------------------------------------------------------------------------------------


def action(line: str, *, mail_tls: bool) -> str:
    """An action as running-config has it; raises a RefusedError if it is none."""
    found = words(line)
    kind = found[0].text
    if kind == "mail":
        return " ".join(["mail", *_spelled(mail_words(found[1:], mail_tls=mail_tls))])
    if kind == "syslog":
        priority, message = syslog_words(found[1:])
        return "syslog " + (f"priority {priority} " if priority else "") + f'msg "{message}"'
    if kind not in PLAIN_ACTIONS:
        raise InvalidError(0)
    return line


def _spelled(values: dict[str, str]) -> Iterator[str]:
    texts = [keyword for keyword, _ in MAIL_HEAD]
    return chain.from_iterable((key, f'"{value}"' if key in texts else value) for key, value in values.items())


def mail_words(found: list[Word], *, mail_tls: bool) -> dict[str, str]:
    """Keyword to value, of a mail action: the head in its order, then options in any."""
    pairs: dict[str, str] = {}
    rest = list(found)
    for keyword, needed in MAIL_HEAD:
        if rest and rest[0].text == keyword and not rest[0].quoted:
            pairs[keyword] = _value(rest)
        elif needed:
            raise InvalidError(rest[0].at) if rest else IncompleteError
    options = MAIL_TAIL + (MAIL_TLS if mail_tls else ())
    while rest:
        word = rest[0]
        if word.text not in options:
            raise InvalidError(word.at)
        pairs[word.text] = _value(rest)
        if (word.text == "secure" and pairs["secure"] not in SECURE) or (word.text == "port" and not _is_port(pairs)):
            raise InvalidError(word.at + len(word.text) + 1)
    return pairs


def _value(rest: list[Word]) -> str:
    """Takes a keyword and its value off the front."""
    rest.pop(0)
    if not rest:
        raise IncompleteError
    return rest.pop(0).text


def _is_port(pairs: dict[str, str]) -> bool:
    return "$" in pairs["port"] or (pairs["port"].isdigit() and 0 < int(pairs["port"]) < 1 << 16)


def syslog_words(found: list[Word]) -> tuple[str, str]:
    """Priority name ("" if none is given) and text of a syslog action."""
    rest, priority = list(found), ""
    if rest and rest[0].text == "priority":
        at = rest[0].at
        priority = _value(rest)
        if priority not in SEVERITIES:
            raise InvalidError(at)
    if not rest:
        raise IncompleteError
    if rest[0].text != "msg":
        raise InvalidError(rest[0].at)
    return priority, _value(rest)


# -- events -------------------------------------------------------------------------------------------------------


def event_type(event: str) -> str:
    """`none`, `syslog`, `timer cron`: the column Event Type; one of several tagged events has none of these."""
    if not event:
        return "multiple"
    first, *others = event.split()
    return f"{first} {others[0]}" if first == "timer" and others else first


def maxrun(applet: Applet) -> float:
    found = re.search(r"\bmaxrun ([\d.]+)", applet.event)
    return float(found[1]) if found else DEFAULT_MAXRUN


def register(router: Router, name: str) -> None:
    """What happens on leaving applet mode: an applet with an event is armed, one without is complained about."""
    applet = router.config.applets.get(name)
    if applet is None:
        return
    if applet.armed:
        router.registered[name] = router.clock()
    else:
        router.registered.pop(name, None)
        router.log(4, "HA_EM", "FMPD_NO_EVENT", f"No event configured for applet {name}")


# -- running ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """One run of an applet: its variables, and when its time is up (on the monotonic clock, seconds)."""

    router: Router
    applet: Applet
    variables: dict[str, str]
    deadline: float

    def fill_in(self, text: str) -> str:
        """`text` with each `$name` replaced; raises UnknownVariableError."""

        def value(found: re.Match[str]) -> str:
            if found[1] not in self.variables:
                raise UnknownVariableError(found[1])
            return self.variables[found[1]]

        return VARIABLE.sub(value, text)

    @property
    def left(self) -> float:
        return max(self.deadline - time.monotonic(), 0.0)


async def run(router: Router, applet: Applet) -> None:
    """Run all actions, in the order of their labels as strings, until one fails."""
    started = router.clock()
    variables = {**router.config.environment, **_of_the_event(applet, started)}
    this = Run(router, applet, variables, time.monotonic() + maxrun(applet))
    status = "success"
    for label in sorted(applet.actions):
        if not await _succeeds(this, label):
            status = "abort"
            break
    number = router.history[-1].number + 1 if router.history else 1
    router.history.append(Job(number, status, started, event_type(applet.event), applet.name))


def _of_the_event(applet: Applet, at: datetime) -> dict[str, str]:
    """The variables that the event itself sets; what actions set comes with the actions."""
    seconds, kind = at.timestamp(), event_type(applet.event)
    return {
        "_event_id": "1",
        "_event_pub_msec": str(int(seconds % 1 * 1000)),
        "_event_pub_sec": str(int(seconds)),
        "_event_pub_time": f"{seconds:.3f}",
        "_event_severity": "severity-normal",
        "_event_type": EVENT_NUMBERS.get(kind, "0"),
        "_event_type_string": kind,
        "_job_id": "1",
    }


async def _succeeds(this: Run, label: str) -> bool:
    """Run one action; False if the applet stops here."""
    kind, _, rest = this.applet.actions[label].partition(" ")
    try:
        reason = await ACTIONS[kind](this, rest) if kind in ACTIONS else None
    except UnknownVariableError as missing:
        text = f"fh_parse_var: could not find environment variable: {missing}"
        this.router.log(3, "HA_EM", "FMPD_UNKNOWN_ENV", text)
        reason = "unknown variable"
    if reason and reason != TIMEOUT:
        this.router.log(3, "HA_EM", "FMPD_ERROR", f"Error executing applet {this.applet.name} statement {label}")
    return not reason or (reason == TIMEOUT and this.router.personality.continues_after_timeout)


async def _mail(this: Run, rest: str) -> str | None:
    router = this.router
    mail = mail_from({key: this.fill_in(value) for key, value in mail_words(words(rest), mail_tls=True).items()})
    delivery = await router.mailer(mail, router.trust(), router.config.hosts, now=router.clock(), timeout=this.left)
    _debug(this, delivery)
    for message in delivery.syslog:
        router.message(message)
    if delivery.reason:
        text = f"Error occurred when sending mail to SMTP server: {mail.server} : {delivery.reason}"
        router.log(3, "HA_EM", "FMPD_SMTP", text)
    return delivery.reason


def mail_from(values: dict[str, str]) -> Mail:
    return Mail(
        server=values["server"],
        to=values["to"],
        sender=values["from"],
        cc=values.get("cc", ""),
        subject=values["subject"],
        body=values["body"],
        port=int(values.get("port", DEFAULT_PORT)),
        secure=values.get("secure", "none"),
    )


def _debug(this: Run, delivery: Delivery) -> None:
    """Log what the mail client saw, as far as somebody asked for it."""
    for feature, line in delivery.debug:
        if not any(flag.startswith(DEBUG_FLAGS[feature]) for flag in this.router.debugs):
            continue
        if feature == "mail":
            this.router.log(6, "HA_EM", "LOG", f"{this.applet.name} : {line}")
        else:
            this.router.debug(line)


async def _syslog(this: Run, rest: str) -> str | None:
    priority, message = syslog_words(words(rest))
    severity = SEVERITIES.index(priority or "informational")
    this.router.log(severity, "HA_EM", "LOG", f"{this.applet.name}: {this.fill_in(message)}")
    return None


async def _set(this: Run, rest: str) -> str | None:
    name, *value = words(rest)
    this.variables[name.text] = this.fill_in(" ".join(word.text for word in value))
    return None


async def _info(this: Run, rest: str) -> str | None:
    """`info type routername` is what sets `$_info_routername`, and nothing else does."""
    if [word.text for word in words(rest)][:2] == ["type", "routername"]:
        this.variables["_info_routername"] = this.router.config.hostname
    return None


def _setting(variable: str) -> Callable[[Run, str], Awaitable[str | None]]:
    """An action that is not carried out: only that its result is set matters to others."""

    async def act(this: Run, rest: str) -> None:
        this.fill_in(rest)
        this.variables[variable] = ""

    return act


async def _wait(this: Run, rest: str) -> str | None:
    seconds, left = float(this.fill_in(rest)), this.left
    await asyncio.sleep(min(seconds, left))
    return TIMEOUT if seconds > left else None


ACTIONS: dict[str, Callable[[Run, str], Awaitable[str | None]]] = {
    "mail": _mail,
    "syslog": _syslog,
    "set": _set,
    "wait": _wait,
    "info": _info,
    "cli": _setting("_cli_result"),
    "regexp": _setting("_regexp_result"),
    "string": _setting("_string_result"),
}
