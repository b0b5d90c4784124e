"""Read a text, or a YAML file; or say in one line where it is broken."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from yaml.reader import ReaderError

from mailtrust.errors import InventoryError

_MARKS = (  # the longer ones first: one is the beginning of another
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HOLDS_PEM = re.compile(rb"BEGIN[ A-Z0-9#]*(?:CERT|PKCS|CMS)", re.IGNORECASE)


def read_text(path: Path) -> str:
    """The text of a file, each line ended by a line feed; raises InventoryError when it is missing or cannot be read.

    UTF-8, or what its byte order mark says. Around the blocks of a PEM any bytes may stand: it is ASCII, and what is
    not comes as ``?``.
    """
    data = _content(path)
    encoding = _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8" or not _HOLDS_PEM.search(data):
            raise _illegible(path, data, error) from error
        text = data.decode("ascii", "replace").replace("\N{REPLACEMENT CHARACTER}", "?")
    if "\0" in text:
        raise InventoryError(path, "holds bytes of zero, as UTF-16 without a mark or a binary does: save it as UTF-8")
    return _plain(text)


def _read_utf8(path: Path) -> str:
    """As ``read_text``, but strictly: what configures must be what was meant, to the letter."""
    data = _content(path)
    if (encoding := _encoding(data)) != "utf-8":
        raise InventoryError(path, f"is {encoding.upper()}: save it as UTF-8")
    try:
        return _plain(data.decode(encoding))
    except UnicodeDecodeError as error:
        raise _illegible(path, data, error) from error


def _content(path: Path) -> bytes:
    """Without the mark of UTF-8, which says nothing that is not so anyway."""
    try:
        return path.read_bytes().removeprefix(codecs.BOM_UTF8)
    except FileNotFoundError:
        raise InventoryError(path, "there is no such file") from None
    except OSError as error:
        raise InventoryError(path, f"cannot be read: {error}") from error


def _encoding(data: bytes) -> str:
    return next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "utf-8")


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _illegible(path: Path, data: bytes, error: UnicodeDecodeError) -> InventoryError:
    if data[:1] == b"0" and data[1:2] >= b"\x80":  # a SEQUENCE of more than 127 bytes
        return InventoryError(
            path, "is binary, as DER is; expected text: 'openssl x509 -inform der' makes PEM of a certificate"
        )
    if error.encoding != "utf-8":
        return InventoryError(path, f"is {error.encoding.upper()} by its mark, and damaged: save it as UTF-8")
    line = data.count(b"\n", 0, error.start) + 1
    return InventoryError(
        f"{path}:{line}", f"holds byte 0x{data[error.start]:02x}, which is not UTF-8: save it as UTF-8"
    )


def read_yaml(path: Path) -> tuple[Any, str]:
    """What the file says, and its text (to find the line of a key); raises InventoryError with file and line.

    A key that stands twice is an error too: YAML's readers would keep the last one without a word.
    """
    text = _read_utf8(path)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if told := list(_repeated(root, set())):
            name, line, first = told[0]
            more = f"; the same in line {', '.join(str(other) for _, other, _ in told[1:])}" if told[1:] else ""
            raise InventoryError(f"{path}:{line}", f"{name} stands here again, first in line {first}{more}")
        return (None if root is None else yaml.constructor.SafeConstructor().construct_document(root)), text
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise InventoryError(f"{path}:{line}", "is not YAML: it holds a control character; save it as UTF-8") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = path if mark is None else f"{path}:{mark.line + 1}"
        raise InventoryError(where, f"is not YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise InventoryError(path, f"is not YAML: {' '.join(str(error).split())}") from error


def _repeated(node: yaml.Node | None, seen: set[int]) -> Iterator[tuple[str, int, int]]:
    """Each key that stands twice in one mapping: name, line, line of the first. ``seen``: a node may have aliases."""
    if not isinstance(node, yaml.CollectionNode) or id(node) in seen:
        return
    seen.add(id(node))
    first: dict[str, int] = {}
    for child in node.value:
        key, value = child if isinstance(node, yaml.MappingNode) else (None, child)
        if isinstance(key, yaml.ScalarNode):
            line = key.start_mark.line + 1
            if first.setdefault(key.value, line) != line:
                yield key.value, line, first[key.value]
        yield from _repeated(value, seen)
