"""Mappings as they come from YAML -> validated values; a complaint is one line with file, line, key, wish and fact."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from mailtrust.applet import TEST_APPLET
from mailtrust.errors import InventoryError
from mailtrust.model import Account, Applet, Limits, Mailbox, Provider
from mailtrust.redact import Redactor
from mailtrust.secret import Secret
from mailtrust.setting_kinds import (
    Address,
    Count,
    Host,
    Interface,
    Line,
    Mail,
    Mails,
    Natural,
    Port,
    Prefix,
    Seconds,
    Sizes,
    Text,
    Word,
    expected,
    listed,
)

KeyPath = tuple[str | int, ...]
Locate = Callable[[KeyPath], int | None]


@dataclass(frozen=True, slots=True)
class Product:
    """``user_defined: {mailtrust: {...}}`` of config.yaml; paths as written, relative to the file that holds them."""

    providers: str = "inventory/providers.yaml"
    applets: str = "inventory/applets.yaml"
    runs: str = "runs"
    workers: int = 100
    burst_seconds: float = 30
    """How long a router may stay silent while it owes an answer."""
    host_seconds: float = 300
    """How long all the work on one host may take."""
    test: Literal["changed", "all", "none"] = "changed"
    save: Literal["proven", "changed", "never"] = "proven"
    waves: str | None = None
    """Sizes such as ``1,5%,25%,rest``; None is one wave."""
    wave_by: str | None = None
    """A key of the hosts' data: the sizes count its values instead of hosts."""
    soak_seconds: float = 0
    """How long a wave that has passed is watched before the next one begins."""
    arrival_seconds: float = 120
    """How long a test mail may take to its mailbox."""
    max_failed: str | None = None
    max_unreachable: str | None = None
    """``N`` or ``P%`` of all hosts, over the whole run."""
    connect_attempts: int = 2
    state_key: str | None = None
    """A reference to the key that seals old values; the environment variable MAILTRUST_STATE_KEY serves as well."""


# --- where a key stands --------------------------------------------------------------------------------------------


def nowhere(_: KeyPath) -> int | None:
    """The locator of data that has no lines."""
    return None


def locate(text: str) -> Locate:
    """A function that gives the line (from 1) of a key path in this YAML text, or of as much of it as exists.

    Text that is not YAML has no lines to give: its error is the loader's to report.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return nowhere
    return lambda path: _line(root, path)


def _line(node: yaml.Node | None, path: KeyPath) -> int | None:
    line = None if node is None else node.start_mark.line + 1
    for key in path:
        node, line = _step(node, key, line)
    return line


def _step(node: yaml.Node | None, key: str | int, line: int | None) -> tuple[yaml.Node | None, int | None]:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if isinstance(name, yaml.ScalarNode) and name.value == str(key):
                return value, name.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key].start_mark.line + 1
    return None, line


# --- what a mapping may hold -----------------------------------------------------------------------------------------


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Limits(_Model):
    per_minute: Count | None = None
    per_day: Count | None = None
    concurrent: Count | None = None


class _Mailbox(_Model):
    server: Host
    port: Port = 993
    user: Text
    password: Text
    ca: Text | None = None


class _Provider(_Model):
    server: Host
    port: Port = 587
    security: Literal["tls", "none"] = "tls"
    trust: Text | None = None
    install: Literal["issuers", "anchors", "all"] = "issuers"
    sender: Literal["account", "any"] = "account"
    window: Count = 90
    limits: _Limits = _Limits()
    mailbox: _Mailbox | None = None

    @model_validator(mode="after")
    def _tls_needs_trust(self) -> _Provider:
        if self.security == "tls" and self.trust is None:
            raise expected("a trust file (trust: trust/NAME.pem), which 'security: tls' needs")
        return self


class _Applet(_Model):
    event: Line
    subject: Text
    body: Text
    adopt: bool = False


class _Account(_Model):
    provider: Text
    login: Text | None = None
    password: Text | None = None
    sender: Mail
    to: Annotated[Mails, Field(min_length=1)]
    cc: Mails = ()
    source_interface: Interface | None = None
    source_address: Address | None = None
    vrf: Word | None = None
    variables: Prefix = "_email"
    applets: Annotated[tuple[Word, ...], BeforeValidator(listed)] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> _Account:
        if self.password is not None and self.login is None:
            raise expected("a login with the password (omit both for a relay that trusts the address)")
        if self.source_interface and self.source_address:
            raise expected("source_interface or source_address, not both")
        return self


class _Product(_Model):
    providers: Text = "inventory/providers.yaml"
    applets: Text = "inventory/applets.yaml"
    runs: Text = "runs"
    workers: Count = 100
    burst_seconds: Seconds = 30
    host_seconds: Seconds = 300
    test: Literal["changed", "all", "none"] = "changed"
    save: Literal["proven", "changed", "never"] = "proven"
    waves: Sizes | None = None
    wave_by: Text | None = None
    soak_seconds: Natural = 0
    arrival_seconds: Seconds = 120
    max_failed: Sizes | None = None
    max_unreachable: Sizes | None = None
    connect_attempts: Count = 2
    state_key: Text | None = None


# --- the four doors ------------------------------------------------------------------------------------------------


def providers(data: object, *, file: str, locate: Locate = nowhere) -> Mapping[str, Provider]:
    """The content of providers.yaml as values by name."""
    entries = _entries(_Provider, data, _Place(file, locate))
    return {name: _provider(name, entry) for name, entry in entries.items()}


def applets(data: object, *, file: str, locate: Locate = nowhere) -> Mapping[str, Applet]:
    """The content of applets.yaml as values by name; an ``event`` may be written with or without that word."""
    place = _Place(file, locate)
    entries = _entries(_Applet, data, place)
    for name in entries:
        if name.casefold() == TEST_APPLET:
            raise place.error((name,), "this name is reserved: mailtrust's own test applet has it; choose another one")
    return {
        name: Applet(name, entry.event.removeprefix("event ").strip(), entry.subject, entry.body, entry.adopt)
        for name, entry in entries.items()
    }


def account(
    data: object, *, host: str, resolve: Callable[[str], Secret], file: str | None = None, locate: Locate = nowhere
) -> Account:
    """The merged ``mail`` data of one host; its password, a reference or the plain value, goes through ``resolve``.

    ``file`` and ``locate`` say where these data stand, if that is known.
    """
    entry = _parsed(_Account, data, _Place(file or f"host {host}", locate), ("mail",))
    password = None if entry.password is None else resolve(entry.password)
    return Account(**{**dict(entry), "password": password})


def product(data: object, *, file: str, locate: Locate = nowhere) -> Product:
    """Our own settings; every key may be left out, and so may all of them."""
    path = ("user_defined", "mailtrust")
    return Product(**dict(_parsed(_Product, {} if data is None else data, _Place(file, locate), path)))


def _provider(name: str, entry: _Provider) -> Provider:
    mailbox = None if entry.mailbox is None else Mailbox(**dict(entry.mailbox))
    return Provider(**{**dict(entry), "name": name, "limits": Limits(**dict(entry.limits)), "mailbox": mailbox})


# --- complaints ----------------------------------------------------------------------------------------------------

_M = TypeVar("_M", bound=_Model)
_CONCEALED = {"password"}
_HIDDEN = Redactor(())
_SHOWN = 60
_WISHES: Mapping[str, str] = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "model_type": "a mapping of keys to values",
    "too_short": "at least one",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "greater_than": "more than {gt}",
    "literal_error": "{expected}",
    "expected": "{wish}",
}


@dataclass(frozen=True, slots=True)
class _Place:
    file: str
    locate: Locate

    def error(self, path: KeyPath, what: str) -> InventoryError:
        return self.at(path, f"{'.'.join(map(str, path))}: {what}" if path else what)

    def at(self, path: KeyPath, what: str) -> InventoryError:
        line = self.locate(path)
        return InventoryError(self.file if line is None else f"{self.file}:{line}", what)


def _entries(model: type[_M], data: object, place: _Place) -> Mapping[str, _M]:
    if not isinstance(data, dict | None):
        raise place.error((), f"expected a mapping of names, got {_shown(data)}")
    for name in data or {}:
        if not isinstance(name, str):
            raise place.at((name,), f"expected a name without blanks as key, got {_shown(name)}; put it in quotes")
        if not re.fullmatch(r"[!-~]+", name):
            cure = f"write it as one word of plain ASCII, such as {_slug(name)}"
            raise place.at((name,), f"expected a name without blanks as key, got {_shown(name)}; {cure}")
    return {name: _parsed(model, value, place, (name,)) for name, value in (data or {}).items()}


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[!-~]+", plain)) or "my-name"


def _parsed(model: type[_M], data: object, place: _Place, path: KeyPath) -> _M:
    """The first error is told; an unknown key comes first, since it is often why another one is missing."""
    if data is None:
        raise place.error(path, "is missing, or nothing stands below it")
    try:
        return model.model_validate(data)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False)
        worst = min(errors, key=lambda error: error["type"] != "extra_forbidden")
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        where = (*path, *worst["loc"])
        raise place.error(where, _complaint(model, worst) + more) from None


def _complaint(model: type[_Model], error: ErrorDetails) -> str:
    kind, path = error["type"], error["loc"]
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return f"unknown key{_nearest(str(path[-1]), _known(model, path[:-1]))}"
    wish = _WISHES[kind].format_map(error.get("ctx", {})) if kind in _WISHES else error["msg"]
    if kind == "expected" and isinstance(error["input"], dict):
        return f"expected {wish}"  # about the keys together, so no single value came
    got = _shown(error["input"], concealed=bool(_CONCEALED & {*path}))
    quotes = "; put it in quotes" if kind == "string_type" and not isinstance(error["input"], dict | list) else ""
    return f"expected {wish}, got {got}{quotes}"


def _known(model: type[_Model], path: KeyPath) -> list[str]:
    """The keys of the model that stands at this path."""
    for key in path:
        inner = model.model_fields[str(key)].annotation
        candidates = [inner, *getattr(inner, "__args__", ())]
        model = next(one for one in candidates if isinstance(one, type) and issubclass(one, _Model))
    return sorted(model.model_fields)


def _nearest(key: str, known: list[str]) -> str:
    if close := difflib.get_close_matches(key, known, n=1):
        return f"; did you mean '{close[0]}'?"
    return f"; expected one of {', '.join(known)}"


def _shown(value: Any, *, concealed: bool = False) -> str:  # noqa: ANN401 - whatever YAML made of it
    """What came, in the words of somebody who wrote YAML; server strings lose their password."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"{str(value).lower()}, which is how YAML reads yes, no, on and off"
    if isinstance(value, dict | list | tuple):
        return f"{'a mapping' if isinstance(value, dict) else 'a list'}{'' if value else ' without content'}"
    kind = {str: "text", int: "the number", float: "the number"}.get(type(value), f"the {type(value).__name__}")
    if concealed:
        return f"{kind} (not shown)"
    return repr(_HIDDEN.redact(value)[:_SHOWN]) if isinstance(value, str) else f"{kind} {value}"
