"""``user:password@host``: the password goes, wherever such a string stands and whatever the password holds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailtrust.secret_grammar import PROSE, words

HIDDEN = "***"

_SCHEMES = words("ftp ftps http https imap imaps ldap ldaps rcp rtsp scp sftp smtp smtps ssh telnet tftp ws wss")
_ADDRESS = re.compile(r"\S*:\d{1,5}|[\da-f.]*:[\da-f.]*:[\da-f:.%]*(?:/\d+)?|\[[\da-f:.%]+\](?::\d+)?", re.IGNORECASE)
"""A host with its port, an IPv6 address, a time of day."""

_REPORT = "SMTP server: "
_ACTION = re.compile(r'(mail server ")', re.IGNORECASE)

_OPTION = re.compile(r"""(?<!\S)(?:-u|--user|--proxy-user)[ =]["']?([^\s:"']+:)([^\s"']+)""")
"""Of curl, which guest shells and applets start."""

_LOGIN = re.compile(r"""[^\s"'=(</]+""")
"""What may be a user, a colon, and the beginning of a password."""
_HOST = re.compile(r"@[\w.\[$-]")
_BLANK = re.compile(r'[\s"]')
_PORT = re.compile(r"\d{1,5}/")
"""Behind the colon of a URL: host and port, with an ``@`` in the path."""
_TIME = re.compile(r"(?:[\d.]+|[\da-f]*:[\da-f:.]*)\s", re.IGNORECASE)
"""Behind a colon: the rest of a port, of a time of day, of an IPv6 or a MAC address."""
_NO_USERS = words("mailto sip sips tel xmpp")
"""Before their colon stands no user: what follows is an address."""
_REACH = 300
"""A line of IOS has 254 characters, so no password has more."""
_MANY = 250
"""No line has more logins; what follows then is hidden unread."""
_WORDS = 8
"""Of so many a password in the midst of other text consists at most."""


def in_known_places(line: str) -> str:
    """The line without the passwords of its error messages and mail actions, where they may hold anything."""
    if ":" not in line:
        return line
    return _OPTION.sub(_without_option, _in_actions(_in_report(line))) if "-" in line else _in_actions(_in_report(line))


def _without_option(found: re.Match[str]) -> str:
    return f"{found[0][: found.start(2) - found.start()]}{HIDDEN}"


def without_passwords(line: str) -> str:
    """The line without the passwords of all other server strings, and of URLs."""
    return _anywhere(line) if "@" in line and ":" in line else line


def without_password(value: str, *, of_server: bool) -> str:
    """A value that is nothing but a server string, with or without a host if it is known to be one."""
    login, colon, rest = value.partition(":")
    if not colon or not rest.strip() or any(map(str.isspace, login.strip())) or _is_url(login, rest):
        return _anywhere(value)
    at = rest.rfind("@")
    if at < 0:
        return f"{login}:{_hidden(rest)}" if of_server and not _ADDRESS.fullmatch(value.strip()) else value
    if not of_server and rest[0].isspace():
        return _anywhere(value)
    return f"{login}:{HIDDEN if at else ''}{rest[at:]}"


def _is_url(login: str, rest: str) -> bool:
    return rest.startswith("//") and login.strip().lower() in _SCHEMES


def _hidden(rest: str) -> str:
    return HIDDEN + rest[len(rest.rstrip()) :]


def _in_report(line: str) -> str:
    """``SMTP server: user:password@host : reason``."""
    first, *others = line.split(_REPORT)
    return _REPORT.join([first, *map(_report, others)])


def _report(text: str) -> str:
    if ":" not in text.partition(" ")[0]:
        return text
    end = text.find(" : ", text.rfind("@") + 1) if "@" in text else text.rfind(" : ")
    end = len(text) if end < 0 else end
    return f"{without_password(text[:end], of_server=True)}{text[end:]}"


def _in_actions(line: str) -> str:
    """``mail server "user:password@host"``, of which a line has one, or several where lines were joined."""
    parts = _ACTION.split(line) if 'erver "' in line.lower() else [line]
    for number in range(2, len(parts), 2):
        value, quote, rest = parts[number].partition('"')
        parts[number] = f"{without_password(value, of_server=True)}{quote}{rest}"
    return "".join(parts)


def _anywhere(text: str) -> str:
    kept, done = [], 0
    for start, end in _passwords(text):
        kept += [text[done:start], HIDDEN]
        done = end
    return "".join([*kept, text[done:]])


def _passwords(text: str) -> Iterator[tuple[int, int]]:
    """Where they begin and end, from left to right; each word is looked through once, however many logins it has."""
    last, done, word, host, left = text.rfind("@"), 0, 0, 0, _MANY
    for login in _LOGIN.finditer(text, 0, max(last, 0)):
        start = text.find(":", login.start(), login.end()) + 1
        if not start or login.start() < done or not _is_user(text, login.start(), start):
            continue
        if not left:
            yield start, len(text)
            return
        left -= 1
        if start > word:
            word = _word_end(text, start)
            host = _last_host(text, start, word)
        end = _end(text, login.start(), start, word, host)
        if end > start:
            yield start, end
            done = end


def _end(text: str, begin: int, start: int, word: int, host: int) -> int:
    """Where the password ends: at the last host of its word, or of a later one if it holds blanks; -1 without."""
    if text[begin - 1 : begin] == "/":
        return -1 if _PORT.match(text, start) else host
    return max(host, _end_behind_blanks(text, start, word))


def _is_user(text: str, begin: int, start: int) -> bool:
    """Whether a name stands before the colon, and something behind it."""
    name = text[begin : min(start - 1, begin + _REACH)].lower()
    behind = text[start : start + 2]
    return behind[:1].strip() != "" and name not in _NO_USERS and not (behind == "//" and name in _SCHEMES)


def _word_end(text: str, start: int) -> int:
    blank = _BLANK.search(text, start)
    return len(text) if blank is None else blank.start()


def _last_host(text: str, start: int, end: int) -> int:
    """The last ``@`` with a host behind it, or -1."""
    at = text.rfind("@", start, end)
    while at >= 0 and not _HOST.match(text, at):
        at = text.rfind("@", start, at)
    return at


def _end_behind_blanks(text: str, start: int, word: int) -> int:
    """Of a password with blanks, as Gmail groups its own in fours; prose between colon and ``@`` is none."""
    at = text.find("@", word, word + _REACH)
    if at < 0 or not text[word].isspace() or _TIME.match(text, start):
        return -1
    before = [each.strip("()") for each in text[start:at].split()]
    if len(before) > _WORDS or any(each.lower() in PROSE or each[-1:] in {":", ";", ","} for each in before):
        return -1
    return _last_host(text, at, _word_end(text, at))
