"""One redactor for every artefact: no known secret, and none that IOS prints, leaves this product."""

from __future__ import annotations

import base64
import functools
import html
import json
import logging
import re
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mailtrust import server_strings
from mailtrust.secret import Secret
from mailtrust.secret_lines import without_secrets

HIDDEN = server_strings.HIDDEN
_OUR_WORDS = frozenset({"code", "host", "kind", "name", "schema", "selected", "severity", "state", "verb"})
_SHORTEST = 4
"""A shorter secret would blacken half of any text; it is hidden where passwords stand, and there only.

From this length on it is hidden inside of longer words as well: a word that is spoilt tells less than a password that
is shown, and only whoever chose ``admin`` for a password has his words spoilt.
"""
_ROUNDS = 20
"""What is hidden may complete another secret; two rounds do, unless somebody's password is made of asterisks."""

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


def _by_first_letters(secrets: Iterable[str]) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Each spelling without ends of lines, and its pattern, by the first letters of it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for secret in secrets:
        for spelling, pattern in _spellings(secret):
            flat = _flat(spelling)
            found.setdefault(flat[:_SHORTEST] if len(flat) >= _SHORTEST else "", []).append((flat, pattern))
    return found


def _fours(text: str) -> set[str]:
    """All groups of four letters of the text, and the empty one, which every text holds."""
    return {"", *map("".join, zip(*(text[at:] for at in range(_SHORTEST)), strict=False))}


@dataclass(frozen=True)
class Redactor:
    """Hides the given secrets in any text, and passwords of foreign server strings and IOS lines as well.

    Made for text that people read and for values before they are serialised: in a document, a secret that happens to
    be one of its key words would be replaced there too.
    """

    secrets: Iterable[Secret] = field(repr=False)
    _patterns: Mapping[str, Sequence[tuple[str, str]]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        values = {secret.reveal() for secret in self.secrets}
        object.__setattr__(self, "secrets", frozenset(map(Secret, values)))
        object.__setattr__(self, "_patterns", _by_first_letters(value for value in values if len(value) >= _SHORTEST))

    def redact(self, text: str) -> str:
        """The text with ``***`` for all that is secret; a second time changes nothing."""
        hidden = without_secrets(self._without_known(text))  # known ones first, so that the grammar cuts none in two
        if hidden == text:
            return text
        for _ in range(_ROUNDS):
            known = self._without_known(hidden)
            if known == hidden:
                return hidden
            hidden = without_secrets(known)
        return HIDDEN

    def values(self, data: Any) -> Any:  # noqa: ANN401  # whatever JSON takes
        """Plain data, every text in it redacted: before it becomes JSON, where escapes would hide a secret.

        Words of our own tables and names of hosts stay: even a password that reads "failed" is none there.
        """
        return _values(data, functools.cache(self.redact))

    def _without_known(self, text: str) -> str:
        """A look at the first letters first: most texts hold those of hardly any secret, however many there are."""
        flat = _flat(text)
        begun = self._patterns.keys() & _fours(flat) if self._patterns else ()
        present = [told for letters in begun for told in self._patterns[letters] if told[0] in flat]
        longest_first = [pattern for _, pattern in sorted(present, key=lambda told: (-len(told[0]), told))]
        return re.sub("|".join(longest_first), HIDDEN, text) if present else text


def _values(data: Any, redact: Callable[[str], str]) -> Any:  # noqa: ANN401
    match data:
        case str():
            return redact(data)
        case dict():
            return {key: value if key in _OUR_WORDS else _values(value, redact) for key, value in data.items()}
        case list() | tuple():
            return [_values(each, redact) for each in data]
        case _:
            return data


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
