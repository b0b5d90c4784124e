"""One redactor for every artefact: no known secret, and no password of a server string, leaves this product."""

from __future__ import annotations

import base64
import html
import json
import logging
import re
import urllib.parse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from mailtrust.secret import Secret

HIDDEN = "***"
_OUR_WORDS = frozenset({"code", "host", "kind", "name", "schema", "selected", "severity", "state", "verb"})
_SHORTEST = 4
"""A shorter secret would blacken half of any text; it is hidden where passwords stand, and there only."""

# --- passwords that nobody told us: what stays, what is hidden, what stays -----------------------------------------
# No line of IOS is longer than 254, so no password is: with that bound no text can keep the search busy for long.

_START = r"^(?:\S*[>#])?[ \t]*[+-]?"  # + and - as in `show archive config differences`
_PLACES = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        # server strings, where the password may hold blanks: in variables, mail actions, error messages, EEM's table
        (
            r'((?:SMTP server: |manager environment \S+ |mail server ")[^\s:"]+:)'
            r'(.{1,300}?)(@[^\s@"]+(?: : |"|[ \t]*\r?$))'
        ),
        r"(^ *\d+ +\w+ +[^\s:]+:)(.{1,300})(@[^\s@]+[ \t]*\r?$)",
        # anything else that looks like one
        r"""((?<![^\s"'=(</])[^\s:"'=(</]+:(?!//))([^\s"]{1,300})(@[\w.-]+)""",
        # IOS's own
        r"(\b(?:password|secret|key|key-string) +\d +)(\S+)()",
        rf"({_START}(?:username \S+ .*?|enable )?(?:password|secret) +)(\S+)([ \t]*\r?$)",
        rf"({_START}(?:\S+-server .*)?key +)(\S+)([ \t]*\r?$)",
        r"(\b(?:snmp-server community|crypto isakmp key|pre-shared-key) +(?:\d +)?)(\S+)()",
        rf"({_START}community +)(\S+)()",
    )
)


def _in_places(text: str) -> str:
    for place in _PLACES:
        text = place.sub(rf"\1{HIDDEN}\3", text)
    return text


# --- secrets that we know ------------------------------------------------------------------------------------------

_BREAK = r"(?:\r?\n)?"


def _spellings(secret: str) -> Iterator[tuple[str, str]]:
    """Each way to write a secret, with the pattern of all that must go with it; IOS may wrap it at any column."""
    for spelling in {
        secret,
        repr(secret)[1:-1],
        json.dumps(secret)[1:-1],
        html.escape(secret),
        urllib.parse.quote(secret, safe="", errors="surrogatepass"),
        urllib.parse.quote_plus(secret, errors="surrogatepass"),
    }:
        yield spelling, _wrapped(spelling)
    for core in _base64_cores(secret.encode(errors="surrogatepass")):
        yield core, rf"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]*{_wrapped(core)}[A-Za-z0-9+/]*={{0,2}}"


def _flat(text: str) -> str:
    return text.replace("\r", "").replace("\n", "")


def _wrapped(text: str) -> str:
    return _BREAK.join(map(re.escape, text))


def _base64_cores(secret: bytes) -> Iterator[str]:
    """What base64 makes of the secret at each of the three places of a triple, without what its neighbours decide.

    AUTH PLAIN and AUTH LOGIN are found so, whatever user name stands before the password.
    """
    for before in range(3):
        bits = 8 * (before + len(secret))
        yield base64.b64encode(bytes(before) + secret).decode()[-(-8 * before // 6) : bits // 6]


@dataclass(frozen=True)
class Redactor:
    """Hides the given secrets in any text, and passwords of foreign server strings and IOS lines as well.

    Made for text that people read and for values before they are serialised: in a document, a secret that happens to
    be one of its key words would be replaced there too.
    """

    secrets: Iterable[Secret] = field(repr=False)
    _patterns: list[tuple[str, str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        values = {secret.reveal() for secret in self.secrets}
        told = sorted((value for value in values if len(value) >= _SHORTEST), key=len, reverse=True)
        patterns = [(_flat(spelling), pattern) for value in told for spelling, pattern in _spellings(value)]
        object.__setattr__(self, "secrets", frozenset(map(Secret, values)))
        object.__setattr__(self, "_patterns", patterns)

    def redact(self, text: str) -> str:
        """The text with ``***`` for all that is secret; a second time changes nothing."""
        while (hidden := _in_places(self._without_known(text))) != text:
            text = hidden
        return text

    def values(self, data: Any) -> Any:  # noqa: ANN401  # whatever JSON takes
        """Plain data, every text in it redacted: before it becomes JSON, where escapes would hide a secret.

        Words of our own tables and names of hosts stay: even a password that reads "failed" is none there.
        """
        match data:
            case str():
                return self.redact(data)
            case dict():
                return {key: value if key in _OUR_WORDS else self.values(value) for key, value in data.items()}
            case list() | tuple():
                return [self.values(each) for each in data]
            case _:
                return data

    def _without_known(self, text: str) -> str:
        """A plain search first: hundreds of secrets in one pattern would be slow, and most texts hold none."""
        flat = _flat(text)
        present = [pattern for spelling, pattern in self._patterns if spelling in flat]
        return re.sub("|".join(present), HIDDEN, text) if present else text


class RedactingFilter(logging.Filter):
    """Rewrites every record that passes: message, exception and stack; the arguments are merged into the message."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redact = redactor.redact

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._redact(_message(record)), ()
        if record.exc_info:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        record.exc_text = record.exc_text and self._redact(record.exc_text)
        record.stack_info = record.stack_info and self._redact(record.stack_info)
        return True


def _message(record: logging.LogRecord) -> str:
    """Also of a record whose arguments do not fit: logging would print them to stderr as they are."""
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} {record.args!r}"
