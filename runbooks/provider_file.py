"""The providers alone, without the inventory: mail servers can be looked at before there is any router."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mailtrust import settings
from mailtrust.model import Provider
from runbooks.yaml_file import read_yaml


@dataclass(frozen=True)
class ProviderFile:
    """providers.yaml: where it is, and what it says."""

    path: Path
    providers: Mapping[str, Provider]

    @property
    def folder(self) -> Path:
        """What paths in the file are relative to."""
        return self.path.parent


def read_providers(config: Path) -> ProviderFile:
    """The providers of this config.yaml; InventoryError with file, line and key for what cannot be meant."""
    data, text = read_yaml(config)
    ours = _below(_below(data, "user_defined"), "mailtrust")
    product = settings.product(ours, file=str(config), locate=settings.locate(text))
    path = config.resolve().parent / product.providers
    entries, text = read_yaml(path)
    return ProviderFile(path, settings.providers(entries, file=str(path), locate=settings.locate(text)))


def _below(data: object, key: str) -> object:
    return data.get(key) if isinstance(data, dict) else None
