"""What is wrong with the inventory's own files and Nornir does not say: keys that nobody reads, secrets in clear."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mailtrust import settings
from mailtrust.findings import Finding, finding
from mailtrust.settings import KeyPath
from runbooks.references import is_reference
from runbooks.yaml_file import read_yaml
from tasks.connection import EXTRAS

_CONNECTION = frozenset({"hostname", "port", "username", "password", "platform"})
_PLUGIN = _CONNECTION | {"extras"}
_DEFAULTS = _CONNECTION | {"data", "connection_options"}
_ELEMENT = _DEFAULTS | {"groups"}
_SECRETS = frozenset({"password", "auth_secondary", "auth_password", "auth_private_key_passphrase"})


def lint_inventory(files: Mapping[str, Path], providers_file: Path) -> tuple[Finding, ...]:
    """Everything of that kind, in the order of the files; no text contains a secret.

    ``files`` are those of a SimpleInventory by the name of their option.
    """
    return (
        *(each for option, path in files.items() for each in _lint_file(path, defaults=option == "defaults_file")),
        *_lint_providers(providers_file),
    )


def _lint_file(path: Path, *, defaults: bool) -> Iterator[Finding]:
    data, text = read_yaml(path)
    locate = settings.locate(text)
    elements = {(): data or {}} if defaults else {(name,): element for name, element in (data or {}).items()}
    for prefix, element in elements.items():
        for key, known in _unknown(element, _DEFAULTS if defaults else _ELEMENT):
            yield finding("MT107", f"{_place(path, locate, (*prefix, *key))}: nobody reads this{_near(key[-1], known)}")
        for key in _clear(element):
            yield finding("MT109", _place(path, locate, (*prefix, *key)))


def _lint_providers(path: Path) -> Iterator[Finding]:
    data, text = read_yaml(path)
    for name, provider in (data or {}).items():
        password = ((provider or {}).get("mailbox") or {}).get("password")
        if password is not None and not is_reference(str(password)):
            yield finding("MT109", _place(path, settings.locate(text), (name, "mailbox", "password")))


def _unknown(element: Mapping[str, Any], known: frozenset[str]) -> Iterator[tuple[KeyPath, frozenset[str]]]:
    """Each key that Nornir, or scrapli below ``extras``, does not know, with those that it does."""
    yield from (((key,), known) for key in element if key not in known)
    for name, plugin in (element.get("connection_options") or {}).items():
        where = ("connection_options", name)
        yield from (((*where, key), _PLUGIN) for key in plugin if key not in _PLUGIN)
        if name == "scrapli":
            extras = plugin.get("extras") or {}
            yield from (((*where, "extras", key), EXTRAS) for key in extras if key not in EXTRAS)


def _clear(element: Mapping[str, Any]) -> Iterator[KeyPath]:
    """Where a password stands that is no reference; other data of the user's are his own business."""
    data = element.get("data") or {}
    ours = {
        "password": element.get("password"),
        "connection_options": element.get("connection_options"),
        "data": {key: data.get(key) for key in ("mail", "credentials")},
    }
    return _passwords(ours, ())


def _passwords(value: object, path: KeyPath) -> Iterator[KeyPath]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _passwords(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _passwords(inner, (*path, index))
    elif path[-1] in _SECRETS and value not in {None, ""} and not is_reference(str(value)):
        yield path


def _place(path: Path, locate: settings.Locate, key: KeyPath) -> str:
    return f"{path}:{locate(key)}: {'.'.join(map(str, key))}"


def _near(key: str | int, known: frozenset[str]) -> str:
    close = difflib.get_close_matches(str(key), sorted(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""
