"""Which words of one line are secrets, by the grammar of IOS XE; what stands around tells commands from sentences."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

from mailtrust.secret_grammar import (
    BEFORE_COMMUNITY,
    BEGIN,
    DETERMINERS,
    FIRST_HEADS,
    HEADS,
    KEYWORD_ROW,
    KEYWORDS,
    NAMING,
    NO_COMPOUND,
    NOUNS,
    ODD,
    PROSE,
    ROWS,
    TAILS,
    row,
)

Span = tuple[int, int]
"""Begin and end of what is hidden."""

_REACH = 160
"""So far back a command is looked at to understand a keyword, whatever the length of the line."""
_APOSTROPHES = 8
_NEXT = 3
"""Words behind an untyped value that may show that somebody is talking."""
_KEY_NUMBER = 4
"""So many digits alone behind ``key`` are its number, in a key chain or of an NTP server; more may be a password."""
_FEW, _DENSE, _MANY = 5, 40, 24
"""No line has more beginnings than so few and one for each so many letters; what follows then is hidden unread."""

_CAPITALS = {code: chr(code).lower() for code in range(ord("A"), ord("Z") + 1)}
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_-"
_MARKS = "'\"`,.;:()[]*_"
_ENDS = ":;,.)]}"
_DIFF = frozenset("+-~")
_SIGNS = frozenset({"#", "=", "==", "|", "-", "--", "->", "=>", "+", "+="})
_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")
_WORD = re.compile(r"\S+")
_NO_VALUE_OF_COMMANDS = PROSE - DETERMINERS
_NO_VALUE_OF_SENTENCES = PROSE | NOUNS
_MODES = frozenset({"no", "default", "do"})
_MODE = re.compile(r"(?<!\S)(?:(?:no|default|do) +)+$")
_BREAK = re.compile(r"""(?<!\w)["'`]|["'`](?!\w)|[|;]|(?<=[\w)])[#>]""")
_SOME_BREAK = re.compile(r"""["'`|;#>+~-]|: """)
_SIGNED = re.compile(r": |command:|(?<!\S)[+~-](?=\S)")
"""What else a command follows: a colon, the words of the configuration log, the sign of a diff."""
_BREAKS = "\"'`|;#>"
_OPEN = re.compile(r"""(?<![^\s(\[{=:,;+-])(["'`])(?=\S)|(["'`])(?=[\s:;,.)\]}]|$)""")
_CLOSE = {quote: re.compile(quote + r"(?=[\s:;,.)\]}]|$)") for quote in "\"'`"}
_JOINT = re.compile(r";(?= [+~-]\S| [^;:]{1,100}: [+~-]\S)")
"""Where lines of a diff were joined to one: ``head: +line; head: -line``."""


def small_letters(text: str) -> str:
    """Lower case of the same length: IOS takes its words in capitals too, and a pattern that ignores case is slow."""
    small = text.lower()
    return small if len(small) == len(text) else text.translate(_CAPITALS)


def secrets(line: str) -> Iterator[Span]:
    """Where secrets stand, from left to right."""
    small, at, left = _bare(small_letters(line)), 0, min(_FEW + len(line) // _DENSE, _MANY)
    while (found := BEGIN.search(small, at)) is not None:
        at = found.start() + 1
        if small[found.start() - 1 : found.start()].isalnum():
            continue
        if not left:
            yield found.start(), len(line)
            return
        left -= 1
        told = _by_rows(line, small, found) or _by_keyword(line, small, found)
        if told is not None:
            yield from told[0]
            at = max(at, told[1])


def _bare(small: str) -> str:
    """With blanks for what moves a cursor: a command may stand right behind it."""
    return small if small.isprintable() else _CONTROL.sub(lambda found: " " * len(found[0]), small)


def rest_of_command(line: str, begin: int, start: int) -> int:
    """Where the command ends that begins at ``begin``: at its closing quote, at a joint, or with the line."""
    return _cut(line, begin, start, len(line))


# --- rows ----------------------------------------------------------------------------------------------------------

_Found = tuple[tuple[Span, ...], int]
"""The secrets, and where to go on."""


def _by_rows(line: str, small: str, found: re.Match[str]) -> _Found | None:
    for text in ROWS.get(found[0], ()):
        match = row(text).pattern.match(small, found.start())
        if match is not None:
            spans = tuple(_spans(line, match, whole=row(text).whole))
            return spans, spans[-1][1] if spans else match.end()
    return None


def _spans(line: str, match: re.Match[str], *, whole: bool) -> Iterator[Span]:
    for start, end in match.regs[1:]:
        if start >= 0:
            yield start, _cut(line, match.start(), start, len(line) if whole else _quoted_end(line, start, end))


def _quoted_end(line: str, start: int, end: int) -> int:
    """The end of a word that may be several in quotes."""
    close = line.find(line[start], start + 1) if line[start] in _CLOSE else -1
    return end if close < 0 else close + 1


# --- keywords ------------------------------------------------------------------------------------------------------


class _Use(NamedTuple):
    """A keyword and what stands around it."""

    keyword: str
    compound: str
    """What stands before it in its own word: ``server-`` of ``server-key``."""
    first: int
    """Where its command or sentence begins."""
    before: list[str]
    """The words of that before it."""
    begins: bool
    """Whether it certainly begins a command: behind a prompt, behind a sign of a diff, or indented as in a section."""
    spoken: bool
    """Whether it is what a message says: behind a colon, and no line of a diff."""
    said: list[str]
    """What stands between it and its value: ``7``, ``level 5``, ``local``."""
    value: str
    behind: list[str]


def _by_keyword(line: str, small: str, found: re.Match[str]) -> _Found | None:
    match = KEYWORD_ROW.match(small, found.start()) if found[0] in KEYWORDS else None
    if match is None or match[2] in _SIGNS:
        return None
    use = _use(small, found, match)
    alone = use.begins and not use.compound
    start = match.start(2)
    again = not alone and bool(use.behind) and _is_keyword(use.value)
    if again or not _is_written(line, found, use) or not _is_secret(use):
        return None
    end = _cut(line, found.start(), start, len(line) if alone else _value_end(line, small, start))
    return ((start, end),), end


def _use(small: str, found: re.Match[str], match: re.Match[str]) -> _Use:
    begin = max(0, found.start() - _REACH)
    before = ("?" if begin else "") + small[begin : found.start()]
    compound = before[len(before.rstrip(_LETTERS)) :].lstrip("-_")
    before = before[: len(before) - len(compound)]
    at = _last_break(before)
    command = before[at:].lstrip(" +~-([{")
    spoken = before[at - 2 : at] == ": "
    first = found.start() - len(compound) - len(command)
    behind = _behind(small, match, before[at - 1 : at])
    return _Use(found[0], compound, first, _words(command), _begins(before), spoken, match[1].split(), match[2], behind)


def _words(command: str) -> list[str]:
    words = command.replace(":", " ").split()
    return list(itertools.dropwhile(_MODES.__contains__, words))


def _behind(small: str, match: re.Match[str], sign: str) -> list[str]:
    """The next words behind a value that are not the router's answer; within quotes those within, in a diff none."""
    if sign in _DIFF or match[2].rstrip(_ENDS)[-1:] in _CLOSE:
        return []
    text = small[match.end() : match.end() + _REACH]
    words = (text.partition(sign)[0] if sign in _CLOSE else text).split(None, _NEXT)[:_NEXT]
    return list(itertools.takewhile("%".__ne__, words))


def _last_break(before: str) -> int:
    """Where the command or sentence begins that the text ends with; an apostrophe within a word breaks nothing."""
    if not _SOME_BREAK.search(before):
        return 0
    last, at = max((each.end() for each in _SIGNED.finditer(before)), default=0), len(before)
    for _ in range(_APOSTROPHES):
        at = max(before.rfind(sign, 0, at) for sign in _BREAKS)
        if at < last or _BREAK.match(before, at):
            break
    return max(at + 1, last)


def _begins(before: str) -> bool:
    head = _MODE.sub("", before) if before.endswith(" ") else before
    if head == " " or head.endswith("command:") or (head[-1:] in _DIFF and head[-2:-1] in {"", " ", ":"}):
        return True
    prompt = head.rstrip(" ")
    return prompt[-1:] in {"#", ">"} and (prompt[-2:-1].isalnum() or prompt[-2:-1] == ")")


def _is_keyword(word: str) -> bool:
    return word in KEYWORDS or word.rpartition("-")[2] in KEYWORDS


def _is_written(line: str, found: re.Match[str], use: _Use) -> bool:
    """Whether it is a keyword by its look: IOS prints them small, people may write commands in capitals."""
    if use.compound and (NO_COMPOUND.fullmatch(use.compound + use.keyword) or not NAMING.isdisjoint(use.before[-1:])):
        return False
    if line[found.start() - 1 : found.start()] == "=":
        return False
    word = line[found.start() : found.end()]
    in_capitals = word.isupper() and line[use.first].isupper() and _head(use.before) is not None
    return word.islower() or in_capitals or (word.isupper() and use.begins)


def _is_secret(use: _Use) -> bool:
    value = use.value.strip(_MARKS)
    typed = any(map(str.isdigit, use.said))
    if use.keyword == "key" and value.isdigit() and not (typed or use.compound) and len(value) <= _KEY_NUMBER:
        return False
    if use.begins or use.keyword.endswith("-string"):
        return True
    if use.keyword == "community" and use.before and BEFORE_COMMUNITY.isdisjoint(use.before):
        return False
    return _in_command(use, value, typed=typed)


def _in_command(use: _Use, value: str, *, typed: bool) -> bool:
    """Whether it is a command that says this, and no sentence."""
    head = _head(use.before)
    odd = ODD.search(value) is not None and (use.keyword != "key" or use.compound != "")
    if "is" in use.said or "was" in use.said:
        return odd and any(map(str.isdigit, value))
    if value in (_NO_VALUE_OF_COMMANDS if head == 0 else _NO_VALUE_OF_SENTENCES):
        return typed and use.keyword != "key"
    if head != 0 and not PROSE.isdisjoint(use.before[head or 0 :]):
        return False
    return head is not None or typed or (PROSE.isdisjoint(use.behind) and (odd or not use.spoken))


def _head(words: list[str]) -> int | None:
    """Where the word stands that a command begins with; the last one, as a sentence may come before."""
    if words and words[0] in FIRST_HEADS:
        return 0
    return next((at for at in reversed(range(len(words))) if words[at] in HEADS), None)


def _value_end(line: str, small: str, start: int) -> int:
    """A secret may hold blanks, so it goes on until a word that IOS sets behind one."""
    if line[start] in _CLOSE and (end := _quoted_end(line, start, 0)):
        return end
    end = start
    for word in _WORD.finditer(small, start):
        if end > start and (word[0] in TAILS or (_is_keyword(word[0]) and word.end() < len(small))):
            break
        end = word.end()
    return end


# --- ends ----------------------------------------------------------------------------------------------------------


def _cut(line: str, begin: int, start: int, end: int) -> int:
    """The end, or an earlier one that what stands around sets; blanks before it are not part of a secret."""
    ends = [end]
    quote = _quote_around(line, begin)
    if quote and (close := _CLOSE[quote].search(line, start, end)):
        ends.append(close.start())
    if joint := _JOINT.search(line, start, min(end + _REACH, len(line))):
        ends.append(joint.start())
    return max(start + len(line[start : min(ends)].rstrip()), start + 1)


def _quote_around(line: str, begin: int) -> str:
    """The quote that was opened before and is not closed yet, or nothing."""
    first, opened = max(0, begin - _REACH), ""
    if not any(line.find(quote, first, begin) >= 0 for quote in _CLOSE):
        return ""
    for quote in _OPEN.finditer(line, first, begin + 1):
        if not opened and quote[1]:
            opened = quote[1]
        elif opened and opened in (quote[1], quote[2]):
            opened = ""
    return opened
