"""Where a router's text ends: prompts, questions and the echo of what was typed.

Only the last line is looked at, so the cost does not grow with the text. A prompt is believed as soon as it stands
before the echo of a line of ours: a certificate's file name may contain ``HOSTNAME#``, a banner may look like a prompt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from mailtrust.refusals import NOISE, locked, refusal

__all__ = ["Prompt", "asking", "echoed_prompt", "last_line", "locked", "login_prompt", "ready", "refusal", "replies"]

_LONGEST = 100
"""Characters of a prompt: IOS takes host names of 63, and ``prompt`` may add to them."""

_EXEC = re.compile(r"([A-Za-z0-9_][^\s#>]{0,78})([>#]) ?")
_ODD = re.compile(rf"(?=.*[^\W_])(\S.{{0,{_LONGEST}}}?)([>#]) ?")
_QUESTION = re.compile(r"(?:\[(?:yes/no|confirm|clear)\]|\? ?\[[\w.-]*\])[:?]? ?(?:\[confirm\])?\Z")
_MODE = re.compile(r"\(([^\s()]{1,32})\)# ?\Z")

_NEAR = 4000
"""Characters behind an echo in which a message may hide the prompt."""

# IOS cuts the host name to 20 characters in configuration prompts.
_CUT = 20


@dataclass(frozen=True)
class Prompt:
    """What this router writes when it is ready.

    ``hostname`` is what stands before ``#`` at EXEC, as learned from an echo; ``name`` is what the router calls itself
    in ``show version``: configuration prompts are made of that, whatever ``prompt`` says.
    """

    hostname: str
    name: str = ""

    @cached_property
    def pattern(self) -> str:
        """A regular expression for the prompt of any mode, without the blank that may follow."""
        bases = {re.escape(self.hostname), *(_cut(name) for name in (self.hostname, self.name) if name)}
        mode = r"(?:\([^\s()]{0,32}\))?"
        return rf"(?:{'|'.join(sorted(bases, key=len, reverse=True))}){mode}[>#]"

    @cached_property
    def whole(self) -> re.Pattern[str]:
        """The prompt as a line of its own."""
        return re.compile(rf"{self.pattern} ?")

    @cached_property
    def idle(self) -> re.Pattern[str]:
        """The prompt where nothing was typed: alone on its line, or with a message behind it."""
        return re.compile(rf"^{self.pattern}(?: ?$| ?(?={NOISE.pattern}))", re.MULTILINE)


def _cut(name: str) -> str:
    """A name as configuration prompts have it: a longer one may end anywhere from the twentieth character on."""
    return re.escape(name) if len(name) < _CUT else rf"{re.escape(name[:_CUT])}[\w.\-@/:+]*"


def last_line(heard: str) -> str:
    """What stands behind the last end of a line."""
    return heard[heard.rfind("\n") + 1 :]


def login_prompt(heard: str, *, odd: bool = False) -> tuple[Prompt, bool] | None:
    """The prompt at the very end of a login, and whether it is the privileged one; None while there is none yet.

    ``odd`` takes whatever ends like a prompt, also with blanks and brackets: for when nothing more comes.
    """
    match = (_ODD if odd else _EXEC).fullmatch(last_line(heard))
    return None if match is None else (Prompt(match[1]), match[2] == "#")


def echoed_prompt(heard: str, typed: str) -> Prompt | None:
    """The prompt before the echo of a typed line: what came earlier may have been a banner that looks like one."""
    match = re.search(rf"^([^\n]{{1,{_LONGEST}}}?)[>#] ?{re.escape(typed)}[ \t]*$", heard, re.MULTILINE)
    return None if match is None else Prompt(match[1])


def ready(heard: str, prompt: Prompt) -> bool:
    """Whether the text ends with this router's prompt, at the beginning of a line."""
    return prompt.whole.fullmatch(last_line(heard)) is not None


def mode(heard: str, prompt: Prompt) -> str | None:
    """The configuration mode that the last prompt names, such as ``config`` or ``ca-trustpoint``; None for none.

    What a router is called may end in brackets as well: that names no mode.
    """
    match = _MODE.search(last_line(heard))
    return None if match is None or f"{prompt.hostname}#" == last_line(heard).strip() else match[1]


def asking(heard: str) -> bool:
    """Whether the text ends with a question that wants an answer."""
    return _QUESTION.search(last_line(heard)) is not None


def talked_over(heard: str, prompt: Prompt, typed: str) -> bool:
    """Whether the prompt has come after this line of ours and something unasked stands behind it.

    Then nothing more comes by itself, and one return brings the prompt again.
    """
    at = heard.rfind(typed)
    if at < 0 or ready(heard, prompt) or asking(heard):
        return False
    return prompt.idle.search(heard[at + len(typed) :][-_NEAR:]) is not None


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
        found = _echo(heard, prompt, line.strip(), at)
        if found is None:
            return None
        ends.append(found[0])
        starts.append(found[1])
        at = found[1]
    end = len(heard) - len(last_line(heard))
    if end < starts[-1]:
        return None
    return tuple(prompt.idle.sub("", heard[start:stop]) for start, stop in zip(starts, [*ends[1:], end], strict=True))


def _echo(heard: str, prompt: Prompt, line: str, at: int) -> tuple[int, int] | None:
    """Where the next line begins and ends that is nothing but this one, behind the prompt or not; None without one."""
    while (found := heard.find(line, at)) >= 0:
        begin = heard.rfind("\n", 0, found) + 1
        end = heard.find("\n", found)
        stop = len(heard) if end < 0 else end
        told = heard[begin:stop].rstrip(" \t")
        before = told.removesuffix(line)
        if begin >= at and told.endswith(line) and (not before or prompt.whole.fullmatch(before)):
            return begin, stop + (end >= 0)
        if end < 0:
            break
        at = end + 1
    return None
