"""Open a router's door with scrapli: transport, host key, login. What goes wrong becomes an error of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nornir.core.configuration import Config
from nornir.core.inventory import Host
from scrapli.driver import NetworkDriver
from scrapli.exceptions import ScrapliAuthenticationFailed, ScrapliException

from mailtrust.errors import Refused, Unreachable
from mailtrust.findings import finding
from mailtrust.secret import Secret


@dataclass(frozen=True, slots=True)
class Login:
    """What opens a router's door; resolved late, held by closures, never by Nornir."""

    username: str
    password: Secret
    enable: Secret


@dataclass(frozen=True, slots=True)
class Deadlines:
    """In seconds: for one burst, and for all that is done with one host."""

    burst: float
    host: float


def connect(host: Host, login: Login, deadlines: Deadlines, configuration: Config) -> NetworkDriver:
    """An open connection; nothing has been typed yet.

    Raises Unreachable when there is nobody, Refused when the host key or the login is not accepted.
    """
    wanted = host.get_connection_parameters("scrapli")
    extras: dict[str, Any] = {
        "transport": "ssh2",
        "timeout_socket": deadlines.burst,
        "timeout_transport": deadlines.burst,
        "timeout_ops": deadlines.burst,
        **(wanted.extras or {}),
        # Bursts begin with the very first line: nothing may be asked on opening or closing.
        "on_open": _nothing,
        "on_close": _nothing,
    }
    extras["auth_secondary"] = login.enable.reveal()
    try:
        plugin = host.open_connection(
            "scrapli",
            configuration=configuration,
            username=login.username,
            password=login.password.reveal(),
            platform=wanted.platform or "cisco_iosxe",
            extras=extras,
        )
    except ScrapliAuthenticationFailed as error:
        code = "MT403" if "known_hosts" in str(error) else "MT402"
        raise Refused(finding(code, str(error) or "the login was refused")) from error
    except (ScrapliException, OSError) as error:
        raise Unreachable(finding("MT401", f"{wanted.hostname}:{wanted.port or 22}: {_cause(error)}")) from error
    driver: NetworkDriver = plugin.connection
    return driver


def _cause(error: BaseException) -> str:
    """The error at the root of the chain: the system's own word."""
    return str(error) or type(error).__name__ if error.__cause__ is None else _cause(error.__cause__)


def _nothing(_: object) -> None:
    """What there is to do on opening and closing."""
