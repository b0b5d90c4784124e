"""Nornir's own configuration file, with lines in its complaints, and paths relative to the file that holds them."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from nornir import InitNornir
from nornir.core import Nornir
from nornir.core.configuration import LoggingConfig

from mailtrust import settings
from mailtrust.errors import InventoryError, MailtrustError
from runbooks.yaml_file import read_yaml

_SECTIONS = ("core", "inventory", "logging", "runner", "ssh", "user_defined")
_INVENTORY = ("host_file", "group_file", "defaults_file")


@dataclass(frozen=True)
class NornirConfig:
    """One config.yaml: Nornir's sections as they stand there, and ours as a value."""

    file: Path
    sections: Mapping[str, Any]
    product: settings.Product

    @property
    def base(self) -> Path:
        """The folder of the file."""
        return self.file.resolve().parent

    @property
    def inventory_files(self) -> Mapping[str, Path]:
        """The files of a SimpleInventory that are there, by the name of their option; none of another plugin."""
        inventory = self.sections.get("inventory") or {}
        if inventory.get("plugin", "SimpleInventory") != "SimpleInventory":
            return {}
        told = inventory.get("options") or {}
        paths = {name: self.base / Path(str(told[name])).expanduser() for name in _INVENTORY if told.get(name)}
        return {name: path for name, path in paths.items() if path.is_file()}

    def open(self, workers: int | None) -> Nornir:
        """Nornir as the file wants it, with our number of workers by default."""
        return _nornir(self.file, self.base, self.sections, self.product, workers)


def read_config(config: Path) -> NornirConfig:
    """Raises InventoryError with file, line and key."""
    data, text = read_yaml(config)
    sections = _sections(config, data)
    product = settings.product(_ours(config, sections), file=str(config), locate=settings.locate(text))
    return NornirConfig(config, sections, product)


def _sections(config: Path, data: object) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise InventoryError(config, "expected Nornir's configuration, a mapping; see `mailtrust init`")
    for name in data:
        if name not in _SECTIONS:
            raise InventoryError(config, f"{name}: unknown key; expected one of {', '.join(_SECTIONS)}")
        if not isinstance(data[name], dict | None):
            raise InventoryError(config, f"{name}: expected a mapping")
    return data


def _ours(config: Path, sections: Mapping[str, Any]) -> object:
    ours = (sections.get("user_defined") or {}).get("mailtrust")
    if ours is not None and not isinstance(ours, dict):
        raise InventoryError(config, "user_defined.mailtrust: expected a mapping")
    return ours


def _nornir(
    config: Path, base: Path, sections: Mapping[str, Any], product: settings.Product, workers: int | None
) -> Nornir:
    inventory = dict(sections.get("inventory") or {})
    inventory["options"] = _inventory_options(base, inventory.get("options") or {})
    runner = dict(sections.get("runner") or {"plugin": "threaded"})
    options = dict(runner.get("options") or {})
    if runner.get("plugin", "threaded") == "threaded":
        options.setdefault("num_workers", product.workers)
        options["num_workers"] = workers or options["num_workers"]
    log = {"enabled": False, **(sections.get("logging") or {})}
    if log.get("log_file"):
        log["log_file"] = str(base / str(log["log_file"]))
    # Without a handler Python prints other people's complaints to the screen; ours say the same, with a remedy.
    for name in ("scrapli",) if log["enabled"] else ("scrapli", "nornir"):
        logging.getLogger(name).addHandler(logging.NullHandler())
    try:
        wanted = LoggingConfig(**log)
        if wanted.enabled and wanted.log_file:
            _make_private(wanted.log_file)
        nornir = InitNornir(
            inventory=inventory,
            runner={**runner, "options": options},
            logging=log,
            core=sections.get("core") or {},
            ssh=sections.get("ssh") or {},
            user_defined=sections.get("user_defined") or {},
        )
        _rotate_privately(wanted.loggers)
    except MailtrustError:
        raise
    except Exception as error:  # Nornir and its inventory plugins raise whatever they like
        raise InventoryError(config, f"Nornir cannot load this inventory: {type(error).__name__}: {error}") from error
    return nornir


def _make_private(file: str) -> None:
    """A log that is not there yet is made for its owner only; one that is there stays as somebody wanted it."""
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))


def _rotate_privately(loggers: Sequence[str]) -> None:
    """The file that comes after a full one is made like the first."""

    def rotated(full: str, moved: str) -> None:
        Path(full).replace(moved)
        _make_private(full)

    for handler in (each for name in loggers for each in logging.getLogger(name).handlers):
        if isinstance(handler, RotatingFileHandler):
            handler.rotator = rotated


def _inventory_options(base: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    """File names become absolute; YAML files are read once here, so that a slip is told with its line."""
    absolute = dict(options)
    for key, value in options.items():
        if not (key.endswith("_file") and isinstance(value, str)):
            continue
        path = base / Path(value).expanduser()
        absolute[key] = str(path)
        if key == "host_file" or path.exists():
            data, text = read_yaml(path)
            if not isinstance(data, dict | None):
                raise InventoryError(path, "expected a mapping")
            if key in {"host_file", "group_file"}:
                _must_be_mappings(path, data or {}, text)
    return absolute


def _must_be_mappings(path: Path, elements: Mapping[Any, Any], text: str) -> None:
    """Nornir would say `'NoneType' object has no attribute 'get'` for a host with nothing below its name."""
    for name, element in elements.items():
        if not isinstance(element, dict):
            line = settings.locate(text)((name,))
            raise InventoryError(f"{path}:{line}", f"{name}: expected a mapping; write {{}} for nothing")
