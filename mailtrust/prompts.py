"""Where a router's text ends: prompts, questions and the echo of what was typed.

Everything is anchored: a certificate's file name may contain ``HOSTNAME#``, a banner may look like a prompt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_EXEC = re.compile(r"(?:^|\n)([\w.\-@/:]{1,63})([>#]) ?\Z")
_QUESTION = re.compile(r"(?:\[(?:yes/no|confirm|clear)\]|\? ?\[[\w.-]*\])[:?]? ?(?:\[confirm\])?\Z")

# IOS cuts the host name to 20 characters in configuration prompts.
_CUT = 20

_REFUSAL = re.compile(
    r"^% (?!warning|removing|be sure|certificate successfully|please answer|do you)(.+)$", re.MULTILINE | re.IGNORECASE
)
_LOCKED = re.compile(r"configuration (?:mode )?(?:is )?locked|config mode cannot be entered", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What this router calls itself when it is ready: learned once, at login."""

    hostname: str

    @property
    def pattern(self) -> str:
        return rf"{re.escape(self.hostname[:_CUT])}[\w.\-@/:]*(?:\([\w.\-@/:+]{{0,32}}\))?[>#]"


def login_prompt(heard: str) -> tuple[Prompt, bool] | None:
    """The prompt at the very end of a login, and whether it is the privileged one; None while there is none yet."""
    match = _EXEC.search(heard)
    return None if match is None else (Prompt(match[1]), match[2] == "#")


def echoed_prompt(heard: str, typed: str) -> Prompt | None:
    """The prompt before the echo of a typed line: what came earlier may have been a banner that looks like one."""
    match = re.search(rf"^([\w.\-@/:]{{1,63}})[>#] ?{re.escape(typed)}[ \t]*$", heard, re.MULTILINE)
    return None if match is None else Prompt(match[1])


def ready(heard: str, prompt: Prompt) -> bool:
    """Whether the text ends with this router's prompt, at the beginning of a line."""
    return re.search(rf"(?:^|\n){prompt.pattern} ?\Z", heard) is not None


def asking(heard: str) -> bool:
    """Whether the text ends with a question that wants an answer."""
    return _QUESTION.search(heard) is not None


def replies(heard: str, prompt: Prompt, typed: Sequence[str]) -> tuple[str, ...] | None:
    """What the router said to each of the typed lines; None until the last one is answered by a prompt.

    The echo of each line, in order and on a line of its own behind the prompt, cuts the text.
    """
    if not ready(heard, prompt):
        return None
    ends = []
    starts = []
    at = 0
    for line in typed:
        echo = re.compile(rf"^(?:{prompt.pattern} ?)?{re.escape(line.strip())}[ \t]*(?:\n|\Z)", re.MULTILINE)
        match = echo.search(heard, at)
        if match is None:
            return None
        ends.append(match.start())
        starts.append(match.end())
        at = match.end()
    last_prompt = re.search(rf"{prompt.pattern} ?\Z", heard)
    end = len(heard) if last_prompt is None else last_prompt.start()
    if end < starts[-1]:
        return None
    return tuple(heard[start:stop] for start, stop in zip(starts, [*ends[1:], end], strict=True))


def refusal(reply: str) -> str | None:
    """The router's own words when it did not take a line, None when it did. Warnings are no refusal."""
    match = _REFUSAL.search(reply)
    return None if match is None else match[0].strip()


def locked(reply: str) -> bool:
    """Whether somebody else holds the configuration."""
    return _LOCKED.search(reply) is not None
