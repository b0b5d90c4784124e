"""From a config.yaml to routers with orders: the only place that knows where an inventory's files lie."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

from nornir.core import Nornir
from nornir.core.inventory import Host

from mailtrust import settings
from mailtrust.desired import desired
from mailtrust.errors import InventoryError, UsageError
from mailtrust.findings import Finding
from mailtrust.lint import lint
from mailtrust.model import Applet, Certificate, Provider
from mailtrust.redact import RedactingFilter, Redactor
from mailtrust.selection import Candidate, select
from mailtrust.trust_file import trust_set
from runbooks.logins import KnownFiles, login_of
from runbooks.nornir_config import read_config
from runbooks.references import Resolver, Vault
from runbooks.yaml_file import read_text, read_yaml
from tasks.order import Order

Trust = tuple[tuple[Certificate, ...], tuple[Finding, ...]]
"""What routers of one provider get, and what there is to say about its file."""


@dataclass(frozen=True)
class Fleet:
    """The selected hosts and all that the files say about them; nothing has been connected yet."""

    nornir: Nornir
    product: settings.Product
    base: Path
    """The folder of config.yaml."""
    providers: Mapping[str, Provider]
    applets: Mapping[str, Applet]
    providers_file: Path
    applets_file: Path
    vault: Vault
    inventory_files: Mapping[str, Path]
    """hosts.yaml and its companions by option, as far as there are any."""
    known_files: KnownFiles

    @property
    def hosts(self) -> Mapping[str, Host]:
        return dict(self.nornir.inventory.hosts)

    def redactor(self) -> Redactor:
        """Knows every secret that has been resolved so far."""
        return Redactor(self.vault.secrets)


def open_fleet(config: Path, *, limit: Sequence[str] = (), workers: int | None = None) -> Fleet:
    """Read the files and select the hosts that have ``mail`` data and that ``limit`` means.

    Raises InventoryError or UsageError; nothing is connected.
    """
    nornir_config = read_config(config)
    base, product, files = nornir_config.base, nornir_config.product, nornir_config.inventory_files
    whole = nornir_config.open(workers)
    candidates = [each for each in map(_candidate, whole.inventory.hosts.values()) if "mail" in each.data]
    names = set(select(candidates, _spelled_out(limit)))
    providers_file, applets_file = base / product.providers, base / product.applets
    inventory = files["host_file"].parent if files else base
    return Fleet(
        nornir=whole.filter(filter_func=lambda host: host.name in names),
        product=product,
        base=base,
        providers=_read(providers_file, settings.providers),
        applets=_read(applets_file, settings.applets),
        providers_file=providers_file,
        applets_file=applets_file,
        vault=Vault(inventory),
        inventory_files=files,
        known_files=KnownFiles(inventory / "known_hosts"),
    )


def orders(fleet: Fleet, *, now: datetime, adopt: bool = False) -> Mapping[str, Order]:
    """What each selected host should become, every reference resolved and every wish linted.

    Raises InventoryError when a file or a reference cannot be used; a bad wish of one host is a finding in its order.
    """
    trust = trust_reader(fleet, now)
    return {host.name: order(fleet, host, trust, fleet.vault, adopt=adopt) for host in fleet.hosts.values()}


def order(
    fleet: Fleet, host: Host, trust: Callable[[Provider], Trust], references: Resolver, *, adopt: bool = False
) -> Order:
    """What one host should become; raises InventoryError naming file and line where they are known."""
    file, locate = _place_of_mail(fleet, host)
    account = settings.account(host["mail"], host=host.name, resolve=references.resolve, file=file, locate=locate)
    where = f"host {host.name}: mail"
    provider = known(fleet.providers, account.provider, f"{where}.provider", fleet.providers_file)
    applets = [known(fleet.applets, name, f"{where}.applets", fleet.applets_file) for name in account.applets]
    certificates, findings = trust(provider)
    wish = desired(account, provider, certificates, applets, adopt=adopt)
    return Order(
        login=login_of(host, references, fleet.known_files),
        account=account,
        provider=provider,
        desired=wish,
        findings=(*findings, *lint(account, provider, applets, wish)),
    )


def _place_of_mail(fleet: Fleet, host: Host) -> tuple[str | None, settings.Locate]:
    """The file from which this host has its mail data, and the lines of their keys; read again for a complaint only."""
    holders = [
        ("host_file", host.data, (host.name, "data")),
        *(("group_file", group.data, (group.name, "data")) for group in host.extended_groups()),
        ("defaults_file", host.defaults.data, ("data",)),
    ]
    for option, data, prefix in holders:
        if "mail" in data and option in fleet.inventory_files:
            file = fleet.inventory_files[option]
            return str(file), lambda path, file=file, prefix=prefix: settings.locate(read_text(file))((*prefix, *path))
    return None, settings.nowhere


def trust_reader(fleet: Fleet, now: datetime) -> Callable[[Provider], Trust]:
    """``read_trust`` that reads each provider's file once."""
    return cache(partial(read_trust, fleet, now=now))


def read_trust(fleet: Fleet, provider: Provider, now: datetime) -> Trust:
    """The CA certificates that routers of this provider get, and what there is to say about the file."""
    if provider.trust is None or provider.security == "none":
        return (), ()
    path = fleet.providers_file.parent / provider.trust
    window = timedelta(days=provider.window)
    return trust_set(read_text(path), name=provider.trust, install=provider.install, now=now, window=window)


def known(things: Mapping[str, Any], name: str, where: str, file: Path) -> Any:  # noqa: ANN401  # a provider or an applet
    """The thing of that name; raises InventoryError saying which there are."""
    if name not in things:
        raise InventoryError(where, f"'{name}' is not in {file}; there is {', '.join(things) or 'nothing'}")
    return things[name]


def _spelled_out(limit: Sequence[str]) -> list[str]:
    """``@file`` stands for the lines of that file; empty lines and comments do not count."""
    spelled: list[str] = []
    for expression in limit:
        if expression.startswith("@"):
            lines = (line.partition("#")[0].strip() for line in read_text(Path(expression[1:])).splitlines())
            spelled += [line for line in lines if line]
        else:
            spelled.append(expression)
    return spelled


def _candidate(host: Host) -> Candidate:
    return Candidate(host.name, frozenset(group.name for group in host.extended_groups()), host.extended_data())


def _read(path: Path, parse: Any) -> Any:  # noqa: ANN401  # settings.providers or settings.applets
    data, text = read_yaml(path)
    return parse(data, file=str(path), locate=settings.locate(text))


def redact_logs(fleet: Fleet) -> None:
    """From now on no handler of Nornir's loggers writes a secret that is known."""
    redacting = RedactingFilter(fleet.redactor())
    for name in fleet.nornir.config.logging.loggers:
        for handler in logging.getLogger(name).handlers:
            handler.addFilter(redacting)


def find_config(config: Path) -> Path:
    """The configuration file; raises UsageError with the way to get one."""
    if not config.is_file():
        raise UsageError(
            f"{config}: there is no such file; name one with --config, or write one with `mailtrust init DIR`"
        )
    return config
