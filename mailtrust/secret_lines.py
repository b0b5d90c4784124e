"""Text of routers without the secrets that nobody told us of: IOS's grammar, line by line, in linear time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailtrust.secret_commands import Span, rest_of_command, secrets, small_letters
from mailtrust.secret_grammar import KEYWORDS, ODD, PROSE, ROWS, words
from mailtrust.server_strings import HIDDEN, in_known_places, without_password, without_passwords

_MARKS = ("manager environment", "smtp server: ", "cli command", "_server", "assword", "curl ", "@")
_ROUNDS = 4
"""What hides one secret may uncover another; a line that finds no rest is hidden whole."""


def without_secrets(text: str) -> str:
    """The text with ``***`` for private keys, answers to password questions, and what the grammar calls secret.

    A second time changes nothing.
    """
    text = _without_blocks(text)
    for _ in range(_ROUNDS):
        lines = _without_lines(text)
        text = _without_blocks(lines)
        if text == lines:
            return text
    return HIDDEN


def _without_lines(text: str) -> str:
    """Each line that holds a trigger without its secrets; equal lines are judged once."""
    small = small_letters(text)
    kept, done = [], 0
    judged: dict[str, str] = {}
    while (found := _TRIGGER.search(small, done)) is not None:
        start = text.rfind("\n", done, found.start()) + 1 or done
        end = text.find("\n", found.end())
        end = len(text) if end < 0 else end
        line = text[start:end]
        if line not in judged:
            judged[line] = _at_rest(line)
        kept += [text[done:start], judged[line]]
        done = end
    return "".join([*kept, text[done:]])


def _trigger() -> re.Pattern[str]:
    """Most lines hold none of these and are left after one look."""
    begins = {f"{word}{blank}" for word in ROWS for blank in " \t"}
    parts = {*KEYWORDS, *_PARTS, *_MARKS}
    shortest = {word for word in begins | parts if not any(part in word and part != word for part in parts)}
    return re.compile("|".join(map(re.escape, sorted(shortest))))


def _at_rest(line: str) -> str:
    for _ in range(_ROUNDS):
        hidden = in_known_places(_named_hidden(line))
        hidden = _hidden(hidden, secrets(hidden))
        hidden = _labels_hidden(without_passwords(hidden))
        if hidden == line:
            return line
        line = hidden
    return HIDDEN


def _hidden(text: str, spans: Iterable[Span]) -> str:
    kept, done = [], 0
    for start, end in spans:
        kept += [text[done:start], HIDDEN]
        done = end
    return "".join([*kept, text[done:]])


# --- values that have a name ---------------------------------------------------------------------------------------

_PARTS = ("pass", "pw", "secret", "token", "key", "psk", "communit", "cred", "bearer")
_SECRET_NAME = re.compile(
    r"(?<!by)(?<!com)pass(?!i|age|e[sd]|th|port)|pw(?![rm])|secret|token|psk|communit|cred|bearer"
    r"|(?<!mon)(?<!tur)(?<!hot)(?<!private_)(?<!public_)(?<!host_)key(?!board|word|pad)"
    r"|(?:^|[_-])(?:pin|auth)(?:$|[_-])"
)
"""Of a variable that is called like this the whole value is hidden."""

_NAMED = (
    ("manager environment ", re.compile(r"manager environment[ \t]+(\S+)[ \t]+(?=\S)")),
    (" set ", re.compile(r"action[ \t]+\S+[ \t]+set[ \t]+(\S+)[ \t]+(?=\S)")),
)
"""What a line holds that gives a name a value, and how: configuration, applet."""
_TABLE = re.compile(r"(?: *\d+ +(?=\w*_)|(?=[\d ]{5}\S)\d+ +)(\S+)[ \t]+(?=\S)|(\w*_\w*):[ \t]+(?=\S)")
"""A line of ``show event manager environment``, or of the same for one name."""


def _named_hidden(line: str) -> str:
    """A variable's value: nothing of it if its name says so, otherwise without the password of a server string."""
    small = small_letters(line)
    table = _TABLE.match(small)
    if table is not None:
        return line[: table.end()] + _value(table[1] or table[2], line[table.end() :])
    for part, pattern in _NAMED:
        if part in small:
            line = "".join(_with_values(line, pattern.finditer(small)))
            small = small_letters(line)
    return line


def _with_values(line: str, names: Iterable[re.Match[str]]) -> Iterator[str]:
    done = 0
    for name in names:
        if name.start() >= done:
            end = rest_of_command(line, name.start(), name.end())
            yield line[done : name.end()] + _value(name[1], line[name.end() : end])
            done = end
    yield line[done:]


def _value(name: str, value: str) -> str:
    if _SECRET_NAME.search(name):
        return HIDDEN + value[len(value.rstrip()) :]
    return without_password(value, of_server="server" in name)


_LABEL = re.compile(
    r"""(?:p?assword|passwd|passphrase|passcode|pass|pwd?|secret|psk|pin|token|bearer|api[-_]?key
    |pre-shared[- ]key|access[-_]key|secret[-_]key|server-key)\d{0,2}
    (?P<quoted>["']?)[ \t]?(?P<sign>[:=])[ \t]*(?P<value>"[^"]*"|'[^']*'|[^\s"']+)""",
    re.VERBOSE,
)
_REFERENCE = re.compile(r"(?:env|file|cmd|keyring|vault|sops|late|prompt):")
_LAST = re.compile(r"""["')\]}.\s]*$""")
_CLOSING = ";,.)]}"
_MANY_LABELS = 24
_STATES = words("text none yes no true false enabled disabled required optional ok null all any set n/a")


def _labels_hidden(line: str) -> str:
    """``VTP Password: X``, ``"password": "X"``, ``-e API_TOKEN=X``, ``?token=X``."""
    return _hidden(line, _labels(small_letters(line))) if "=" in line or ":" in line else line


def _labels(small: str) -> Iterator[Span]:
    for number, found in enumerate(_LABEL.finditer(small)):
        if number > _MANY_LABELS:
            yield found.start(), len(small)
            return
        if not small[found.start() - 1 : found.start()].isalpha():
            yield from _labelled(small, found)


def _labelled(small: str, found: re.Match[str]) -> Iterator[Span]:
    """The value, unless it is a word about it, a reference, or a form to fill in."""
    start, value = found.start("value"), found["value"]
    if small[found.start() - 1 : found.start()] in {"?", "&"}:
        value = value.partition("&")[0]
    if value[:1] in {'"', "'"}:
        start, value = start + 1, value[1:-1]
    bare = value.rstrip(_CLOSING)
    if not any(map(str.isalnum, bare)) or bare.startswith(f"{HIDDEN}@") or _REFERENCE.match(bare):
        return
    if bare in PROSE or bare in _STATES:
        return
    end = start + len(value if value != found["value"] else bare)
    if found["sign"] == "=" or found["quoted"] or _LAST.match(small, found.end()) or ODD.search(bare):
        yield start, end


# --- what has more lines than one ----------------------------------------------------------------------------------

_COMMAND = re.compile(r'cli command "([^"\n]*)"(?: pattern "([^"\n]*)")?')
_ASKS = re.compile(r"pass|word|secret|pin\b", re.IGNORECASE)
_VERBS = words("""
    enable en ena end exit quit logout login disable write wr reload y n yes no configure config conf help dir
""")


def _without_blocks(text: str) -> str:
    return _without_answers(_without_private_keys(text))


def _without_answers(text: str) -> str:
    """An applet answers a question with its next command; that one holds no word that a grammar could know."""
    return _hidden(text, _answers(text)) if "cli command " in text else text


def _answers(text: str) -> Iterator[Span]:
    asked = False
    for found in _COMMAND.finditer(text):
        asks = _ASKS.search(found[2] or "") is not None
        if _is_answer(found[1].strip().lower(), asked=asked, asks=asks):
            yield found.span(1)
        asked = asks


def _is_answer(command: str, *, asked: bool, asks: bool) -> bool:
    """Whether it is a password: what follows the question; or one word that asks itself or looks like one."""
    if command in {"", HIDDEN} or command.startswith("$") or command in _VERBS:
        return False
    return asked or (not any(map(str.isspace, command)) and (asks or ODD.search(command) is not None))


_BEGIN = re.compile(r"-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}")
_NEXT = re.compile(r"-{4,5} ?BEGIN ")
_END = re.compile(r"-{4,5} ?END [A-Z0-9 ]{0,40}-{4,5}")
_BODY = re.compile(
    r"(?:\s*(?:(?:\\[rn])*[A-Za-z0-9+/=]{16,}|[A-Za-z-]{1,40}: [^\n]{1,80}\n))*"
    r"(?:\s{0,4}[A-Za-z0-9+/]{1,15}={0,2}(?!\S))?"
)


def _without_private_keys(text: str) -> str:
    """A PEM block of a private key is hidden whole, also one that was cut off."""
    return _hidden(text, _private_keys(text)) if "PRIVATE KEY" in text else text


def _private_keys(text: str) -> Iterator[Span]:
    done = 0
    while (begin := _BEGIN.search(text, done)) is not None:
        following = _NEXT.search(text, begin.end())
        end = _END.search(text, begin.end(), len(text) if following is None else following.start())
        body = _BODY.match(text, begin.end())
        done = end.end() if end is not None else body.end() if body is not None else begin.end()
        yield begin.start(), done


_TRIGGER = _trigger()
