"""The one gate for every line that is typed into a router: what passes is one line, and is taken as it stands."""

from __future__ import annotations

import re

LINE_LENGTH = 254
"""The longest line that an IOS command line takes."""

_CALLED = {"\n": "a line break", "\r": "a carriage return", "\t": "a tab", "?": "'?', which asks for help"}
_AT_EXEC = re.compile(
    r" *(?:$|(?:terminal|show|configure terminal|write memory|event manager run|(?:no )?debug|end)\b)"
)


def at_exec(line: str) -> bool:
    """Whether the line is one of those that belong at EXEC, or harmless there; no other is ever typed at EXEC."""
    return _AT_EXEC.match(line) is not None


def untypable(line: str) -> str | None:
    """Why a line cannot be typed as it is; None when it can: printable ASCII, no ``?``, not too long."""
    for character in line:
        if character == "?" or not " " <= character <= "~":
            return f"it holds {_CALLED.get(character, _coded(character))}"
    if len(line) > LINE_LENGTH:
        return f"it has {len(line)} characters; IOS takes {LINE_LENGTH}"
    return None


def _coded(character: str) -> str:
    shown = f"'{character}' (U+{ord(character):04X})"
    return shown if character.isprintable() else f"a control character (U+{ord(character):04X})"
