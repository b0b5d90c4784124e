"""A fleet's files, written by hand for a test: an inventory of given hosts, one relay, no router that knows of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

MAIL = {"provider": "relay", "sender": "r@example.com", "to": ["noc@example.com"], "applets": ["Alarm"]}


def write_fleet(directory: Path, hosts: dict[str, Any], **changed: Any) -> Path:
    """Returns the path of config.yaml; ``changed`` are other files by name: data, or text as it is."""
    files: dict[str, Any] = {
        "config": {
            "inventory": {"options": {f"{one}_file": f"inventory/{many}.yaml" for one, many in _FILES.items()}},
            "user_defined": {"mailtrust": {"burst_seconds": 5, "host_seconds": 20}},
        },
        "hosts": hosts,
        "groups": {},
        "defaults": {"username": "netops", "password": "env:ROUTERS", "platform": "ios", "data": {"mail": MAIL}},
        "providers": {"relay": {"server": "relay.example.com", "security": "none", "sender": "any"}},
        "applets": {"Alarm": {"event": "none", "subject": "s", "body": "b"}},
        **changed,
    }
    (directory / "inventory").mkdir(exist_ok=True)
    for name, data in files.items():
        path = directory / (f"{name}.yaml" if name == "config" else f"inventory/{name}.yaml")
        path.write_text(data if isinstance(data, str) else yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    return directory / "config.yaml"


_FILES = {"host": "hosts", "group": "groups", "defaults": "defaults"}
