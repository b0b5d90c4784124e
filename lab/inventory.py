"""An inventory directory for a running lab: what a user of real routers would have written by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lab.certificate import PEM_BLOCK, from_paste
from lab.fleet import ADDRESS, Fleet, HostedFleet
from lab.personality import Personality

GROUP = "lab"
PROVIDER = "lab"
APPLETS: Mapping[str, Mapping[str, str]] = {
    "SendSecureEmailEEM": {
        "event": "none",
        "subject": "This is my email subject",
        "body": "This is my email body.",
    }
}


DISCARD = 9  # the port that nobody serves
FILES = {"host_file": "hosts", "group_file": "groups", "defaults_file": "defaults"}


@dataclass(frozen=True)
class MailService:
    """The mail host and the account that the routers are to use. `trust`: stacked PEM."""

    server: str
    port: int
    trust: str
    login: str = ""
    password: str = ""
    sender: str = "alerts@lab.example"
    to: tuple[str, ...] = ("noc@lab.example",)
    cc: tuple[str, ...] = ()
    extras: Mapping[str, Any] = field(default_factory=dict)  # more keys of the provider


def write_inventory(
    directory: Path,
    fleet: Fleet | HostedFleet,
    service: MailService,
    *,
    applets: Mapping[str, Mapping[str, Any]] = APPLETS,
    host_data: Mapping[str, Mapping[str, Any]] | None = None,
    unreachable: tuple[str, ...] = (),
    workers: int = 100,
) -> Path:
    """Write config.yaml and inventory/ into `directory`; returns the path of config.yaml.

    `host_data`: `data` of single hosts, over the defaults. `unreachable`: names of hosts whose port nobody listens on.
    """
    inventory = directory / "inventory"
    (inventory / "trust").mkdir(parents=True, exist_ok=True)
    (inventory / "trust" / "lab.pem").write_text(service.trust, encoding="ascii")
    _write_roots(inventory / "trust" / "roots", service.trust)
    secret = inventory / "smtp-password"
    secret.touch(mode=0o600)
    secret.write_text(f"{service.password}\n", encoding="utf-8")
    files = {
        directory / "config.yaml": _config(workers),
        inventory / "hosts.yaml": _hosts(fleet, host_data or {}, unreachable),
        inventory / "groups.yaml": {GROUP: _group()},
        inventory / "defaults.yaml": {"data": {"mail": _mail(service, secret.resolve(), list(applets))}},
        inventory / "providers.yaml": {PROVIDER: _provider(service)},
        inventory / "applets.yaml": {name: dict(applet) for name, applet in applets.items()},
    }
    for path, content in files.items():
        path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return directory / "config.yaml"


def _write_roots(folder: Path, trust: str) -> None:
    """The catalogue of known roots: a file for each self-signed certificate, with its SHA-256 as name."""
    folder.mkdir(exist_ok=True)
    for pem in PEM_BLOCK.finditer(trust):
        certificate = from_paste(pem[0].splitlines())
        if certificate.self_signed:
            digest = hashlib.sha256(certificate.der).hexdigest()
            (folder / f"lab-root-{digest}.pem").write_text(f"{pem[0]}\n", encoding="ascii")


def _connection(**extras: Any) -> dict[str, Any]:  # noqa: ANN401  whatever scrapli takes
    return {"connection_options": {"scrapli": {"extras": {"auth_strict_key": False, **extras}}}}


def _group() -> dict[str, Any]:
    username, password = Personality().host_login
    return {"platform": "cisco_iosxe", "username": username, "password": password, **_connection()}


def _config(workers: int) -> dict[str, Any]:
    files = {option: f"inventory/{name}.yaml" for option, name in FILES.items()}
    return {
        "inventory": {"plugin": "SimpleInventory", "options": files},
        "runner": {"plugin": "threaded", "options": {"num_workers": workers}},
        "logging": {"enabled": False},
        "user_defined": {
            "mailtrust": {
                "providers": "inventory/providers.yaml",
                "applets": "inventory/applets.yaml",
                "runs": "runs",
            }
        },
    }


def _hosts(
    fleet: Fleet | HostedFleet, host_data: Mapping[str, Mapping[str, Any]], unreachable: tuple[str, ...]
) -> dict[str, Any]:
    hosts: dict[str, Any] = {}
    for name, router in fleet.routers.items():
        personality = router.core.personality
        host = _host(router.port)
        if personality.host_login != Personality().host_login:
            host |= dict(zip(("username", "password"), personality.host_login, strict=True))
        if personality.enable_secret is not None:
            host |= _connection(auth_secondary=personality.enable_secret)
        hosts[name] = host
    hosts |= {name: _host(port) for port, name in enumerate(unreachable, DISCARD)}
    for name, data in host_data.items():
        hosts[name]["data"] = dict(data)
    return hosts


def _host(port: int) -> dict[str, Any]:
    return {"hostname": ADDRESS, "port": port, "groups": [GROUP]}


def _mail(service: MailService, secret: Path, applets: list[str]) -> dict[str, Any]:
    account = {"login": service.login, "password": f"file:{secret}"} if service.login else {}
    return {
        "provider": PROVIDER,
        **account,
        "sender": service.sender,
        "to": list(service.to),
        "cc": list(service.cc),
        "applets": applets,
    }


def _provider(service: MailService) -> dict[str, Any]:
    return {
        "server": service.server,
        "port": service.port,
        "security": "tls",
        "trust": "trust/lab.pem",
        **service.extras,
    }
