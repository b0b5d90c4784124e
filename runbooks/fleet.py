"""From a config.yaml to routers with orders: the only place that knows where an inventory's files lie."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nornir import InitNornir
from nornir.core import Nornir
from nornir.core.inventory import Host

from mailtrust import settings
from mailtrust.desired import desired
from mailtrust.errors import InventoryError, MailtrustError, UsageError
from mailtrust.findings import Finding
from mailtrust.lint import lint
from mailtrust.model import Applet, Certificate, Provider
from mailtrust.redact import RedactingFilter, Redactor
from mailtrust.secret import Secret
from mailtrust.selection import Candidate, select
from mailtrust.trust_file import trust_set
from runbooks.references import Vault
from runbooks.yaml_file import read_text, read_yaml
from tasks.connection import Login
from tasks.order import Order

Trust = tuple[tuple[Certificate, ...], tuple[Finding, ...]]
"""What routers of one provider get, and what there is to say about its file."""

_SECTIONS = ("core", "inventory", "logging", "runner", "ssh", "user_defined")


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
    data, text = read_yaml(config)
    sections = _sections(config, data)
    base = config.resolve().parent
    product = settings.product(_ours(config, sections), file=str(config), locate=settings.locate(text))
    whole = _nornir(config, base, sections, product, workers)
    candidates = [each for each in map(_candidate, whole.inventory.hosts.values()) if "mail" in each.data]
    names = set(select(candidates, _spelled_out(limit)))
    providers_file, applets_file = base / product.providers, base / product.applets
    inventory = sections.get("inventory") or {}
    host_file = (inventory.get("options") or {}).get("host_file")
    return Fleet(
        nornir=whole.filter(filter_func=lambda host: host.name in names),
        product=product,
        base=base,
        providers=_read(providers_file, settings.providers),
        applets=_read(applets_file, settings.applets),
        providers_file=providers_file,
        applets_file=applets_file,
        vault=Vault(base / Path(host_file).parent if host_file else base),
    )


def orders(
    fleet: Fleet, *, now: datetime, adopt: bool = False, resolve: Callable[[str], Secret] | None = None
) -> Mapping[str, Order]:
    """What each selected host should become, every reference resolved and every wish linted.

    ``resolve`` is the fleet's vault unless given. Raises InventoryError when a file or a reference cannot be used; a bad
    wish of one host is a finding in its order.
    """
    trust: dict[str, Trust] = {}
    resolve = resolve or fleet.vault.resolve
    made = {}
    for host in fleet.hosts.values():
        account = settings.account(host["mail"], host=host.name, resolve=resolve)
        provider = known(fleet.providers, account.provider, f"host {host.name}: mail.provider", fleet.providers_file)
        applets = [
            known(fleet.applets, name, f"host {host.name}: mail.applets", fleet.applets_file)
            for name in account.applets
        ]
        if provider.name not in trust:
            trust[provider.name] = read_trust(fleet, provider, now)
        certificates, findings = trust[provider.name]
        wish = desired(account, provider, certificates, applets, adopt=adopt)
        made[host.name] = Order(
            login=_login(host, resolve),
            account=account,
            provider=provider,
            desired=wish,
            findings=(*findings, *lint(account, provider, applets, wish)),
        )
    return made


def read_trust(fleet: Fleet, provider: Provider, now: datetime) -> Trust:
    """The CA certificates that routers of this provider get, and what there is to say about the file."""
    if provider.trust is None or provider.security == "none":
        return (), ()
    path = fleet.providers_file.parent / provider.trust
    return trust_set(read_text(path), name=provider.trust, install=provider.install, now=now)


def known(things: Mapping[str, Any], name: str, where: str, file: Path) -> Any:  # noqa: ANN401  # a provider or an applet
    """The thing of that name; raises InventoryError saying which there are."""
    if name not in things:
        raise InventoryError(where, f"'{name}' is not in {file}; there is {', '.join(things) or 'nothing'}")
    return things[name]


def _login(host: Host, resolve: Callable[[str], Secret]) -> Login:
    wanted = host.get_connection_parameters("scrapli")
    enable = (wanted.extras or {}).get("auth_secondary")
    return Login(
        username=resolve(wanted.username or "").reveal(),
        password=resolve(wanted.password or ""),
        enable=resolve(str(enable or "")),
    )


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
    """Nornir as the file wants it, but with paths relative to the file, and with our number of workers by default."""
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
    # Without a handler Python prints scrapli's own complaints to the screen; ours say the same, with a remedy.
    logging.getLogger("scrapli").addHandler(logging.NullHandler())
    try:
        return InitNornir(
            inventory=inventory,
            runner={**runner, "options": options},
            logging=log,
            core=sections.get("core") or {},
            ssh=sections.get("ssh") or {},
            user_defined=sections.get("user_defined") or {},
        )
    except MailtrustError:
        raise
    except Exception as error:  # Nornir and its inventory plugins raise whatever they like
        raise InventoryError(config, f"Nornir cannot load this inventory: {type(error).__name__}: {error}") from error


def _inventory_options(base: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    """File names become absolute; YAML files are read once here, so that a slip is told with its line."""
    absolute = dict(options)
    for key, value in options.items():
        if not (key.endswith("_file") and isinstance(value, str)):
            continue
        path = base / Path(value).expanduser()
        absolute[key] = str(path)
        if key == "host_file" or path.exists():
            data, _ = read_yaml(path)
            if not isinstance(data, dict | None):
                raise InventoryError(path, "expected a mapping")
    return absolute


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
