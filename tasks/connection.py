"""Open a router's door with scrapli: transport, host key, login. What goes wrong becomes an error of ours.

The key is judged before any password is sent. A refused password is tried once more at most, as somebody else.
"""

from __future__ import annotations

import inspect
import io
import re
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from nornir.core.configuration import Config
from nornir.core.inventory import Host
from scrapli.driver import NetworkDriver
from scrapli.driver.core import IOSXEDriver
from scrapli.exceptions import ScrapliAuthenticationFailed, ScrapliException
from scrapli.transport.plugins.ssh2.transport import Ssh2Transport
from ssh2.exceptions import AuthenticationError, SSH2Error
from ssh2.session import LIBSSH2_METHOD_HOSTKEY

from mailtrust.errors import Refused, Unreachable
from mailtrust.findings import Finding, finding
from mailtrust.host_keys import NOBODY_KNOWN, SSH_PORT, HostKey, KnownKeys, address, objection
from mailtrust.secret import Secret

EXTRAS = frozenset(inspect.signature(IOSXEDriver).parameters) | {"transport"}
"""What scrapli takes as ``extras``; it raises for anything else."""


@dataclass(frozen=True, slots=True)
class Login:
    """What opens a router's door, and what proves that it is that router; resolved late, held by closures."""

    username: str
    password: Secret
    enable: Secret
    known: KnownKeys = NOBODY_KNOWN
    alternative: Login | None = None
    """Tried once, when the router refused this one."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """In seconds: for one burst, and for all that is done with one host."""

    burst: float
    host: float


def _forget(_: Finding) -> None:
    """For callers who do not care which login it was."""


def connect(
    host: Host,
    login: Login,
    deadlines: Deadlines,
    configuration: Config,
    note: Callable[[Finding], None] = _forget,
) -> NetworkDriver:
    """An open connection; nothing has been typed yet. ``note`` hears when it was not the first login.

    Raises Unreachable when there is nobody, Refused when the host key or the login is not accepted.
    """
    try:
        return _open(host, login, deadlines, configuration)
    except Refused as refused:
        if login.alternative is None or refused.findings[0].code != "MT402":
            raise
    other = login.alternative
    try:
        driver = _open(host, other, deadlines, configuration)
    except (
        Unreachable
    ) as gone:  # told as a refusal: whoever tries again what is unreachable would use the first login twice
        raise Refused(finding("MT402", f"'{login.username}' may not log in; then {gone.findings[0].text}")) from gone
    except Refused as refused:
        if refused.findings[0].code != "MT402":
            raise
        raise Refused(finding("MT402", f"neither '{login.username}' nor '{other.username}' may log in")) from refused
    note(finding("MT418", f"logged in as '{other.username}': '{login.username}' was refused"))
    return driver


def _open(host: Host, login: Login, deadlines: Deadlines, configuration: Config) -> NetworkDriver:
    wanted = host.get_connection_parameters("scrapli")
    where = address(wanted.hostname or "", wanted.port)
    log = io.BytesIO()
    opening: list[NetworkDriver] = []
    extras = _extras(wanted.extras or {}, login, deadlines, partial(_prepared, where, login, opening), log)
    try:
        with _within(extras["timeout_socket"] + extras["timeout_transport"], opening):
            plugin = host.open_connection(
                "scrapli",
                configuration=configuration,
                username=login.username,
                password=login.password.reveal(),
                platform=wanted.platform or "cisco_iosxe",
                extras=extras,
            )
    except ScrapliAuthenticationFailed as error:
        _abandon(opening)
        raise _refusal(where, login, str(error), log.getvalue().decode(errors="replace")) from error
    except (ScrapliException, SSH2Error, OSError) as error:
        _abandon(opening)
        what = f"{wanted.hostname}:{wanted.port or SSH_PORT}: {_cause(error)}"
        raise Unreachable(finding("MT401", what)) from error
    except Refused:
        _abandon(opening)
        raise
    driver: NetworkDriver = plugin.connection
    if driver.transport_name == "system":
        driver.channel.channel_log = None
        driver.transport.write(b"\n")  # scrapli has swallowed the first prompt
    return driver


def _extras(
    extras: dict[str, Any],
    login: Login,
    deadlines: Deadlines,
    prepared: Callable[[NetworkDriver], None],
    log: io.BytesIO,
) -> dict[str, Any]:
    """scrapli's arguments: the user's own, over our defaults, under what must be ours."""
    made = {
        "transport": "ssh2",
        "timeout_socket": deadlines.burst,
        "timeout_transport": deadlines.burst,
        "timeout_ops": deadlines.burst,
        **extras,
        "auth_secondary": login.enable.reveal(),
        # No file: should a release of scrapli leave out our check, its own would know nobody and refuse.
        "ssh_known_hosts_file": extras.get("ssh_known_hosts_file") is True,
        "on_init": prepared,
        # Bursts begin with the very first line: nothing may be asked on opening or closing.
        "on_open": _nothing,
        "on_close": _nothing,
    }
    if made["transport"] == "system":
        made["channel_log"] = log  # what OpenSSH says about a key is told nowhere else
        options = dict(made.get("transport_options") or {})
        theirs = options.get("open_cmd") or []
        ours = _openssh_options(extras, login.known)
        made["transport_options"] = {**options, "open_cmd": [*([theirs] if isinstance(theirs, str) else theirs), *ours]}
    return made


# --- the host key --------------------------------------------------------------------------------------------------

_ALGORITHMS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
    "ssh-rsa",
)


class _Ssh2(Ssh2Transport):
    """scrapli's ssh2 transport, with the right look-up of the host key and one password attempt instead of two."""

    known: KnownKeys
    where: str
    session: Any

    def _set_timeout(self, value: float) -> None:
        """scrapli calls this between making the session and the handshake: the moment to ask for a known type."""
        super()._set_timeout(value)
        if self.session_channel is None and self.known.keys:
            self.session.method_pref(LIBSSH2_METHOD_HOSTKEY, ",".join(_preferred(self.known)))

    def _verify_key(self) -> None:
        _judge(HostKey(self.session.hostkey()[0]), self.where, self.known)

    def _authenticate_password(self) -> None:
        """scrapli would try a refused password again as keyboard-interactive; accounts are locked by that."""
        user, password = self.plugin_transport_args.auth_username, self.plugin_transport_args.auth_password
        with suppress(AuthenticationError):
            offered = self.session.userauth_list(user) or []
            if "password" in offered:
                self.session.userauth_password(user, password)
            elif "keyboard-interactive" in offered:  # second choice: ssh2-python lets no other thread run meanwhile
                self.session.userauth_keyboardinteractive(user, password)


def _prepared(where: str, login: Login, opening: list[NetworkDriver], driver: NetworkDriver) -> None:
    """scrapli's ``on_init``: the connection has been made up, and not opened yet."""
    opening.append(driver)
    if isinstance(driver.transport, Ssh2Transport):
        transport = _Ssh2(driver.transport._base_transport_args, driver.transport.plugin_transport_args)  # noqa: SLF001
        transport.known, transport.where = login.known, where
        driver.transport = driver.channel.transport = transport
    elif driver.transport_name == "paramiko":
        transport = driver.transport
        driver.transport._verify_key = lambda: _judge(  # noqa: SLF001
            HostKey(transport.session.get_remote_server_key().asbytes()), where, login.known
        )


def _judge(presented: HostKey, where: str, known: KnownKeys) -> None:
    if (found := objection(where, presented, known)) is not None:
        raise Refused(found)


def _preferred(known: KnownKeys) -> list[str]:
    """All algorithms, those of known keys first: then a server with several keys presents one that can be judged."""
    kinds = {key.kind for key in known.keys}
    return sorted(_ALGORITHMS, key=lambda each: ("ssh-rsa" if each.startswith("rsa") else each) not in kinds)


# --- the OpenSSH client --------------------------------------------------------------------------------------------

_PRESENTED = re.compile(r"(\w+) key (?:sent by the remote host is|fingerprint is)\s*(SHA256:\S+?)\.?\s")
_NOT_LOGIN = ("Timed out", "No route", "Could not resolve", "No matching", "Bad SSH")


def _openssh_options(extras: dict[str, Any], known: KnownKeys) -> list[str]:
    """One password attempt only; and our known_hosts, unless the user leaves that to OpenSSH."""
    options = ["-o", "NumberOfPasswordPrompts=1"]
    if extras.get("auth_strict_key", True) and extras.get("ssh_known_hosts_file") is not True and known.files:
        files = " ".join(f'"{file}"' for file in known.files)
        options += ["-o", f"UserKnownHostsFile={files}"]
    return options


def _refusal(where: str, login: Login, message: str, said: str) -> Refused | Unreachable:
    """scrapli's one exception for everything that OpenSSH says, taken apart again."""
    if message == "Host key verification failed":
        shown = _PRESENTED.search(said)
        presented = f"{shown[1]} {shown[2]}" if shown else "a key that OpenSSH did not accept"
        known = ", ".join(map(str, login.known.keys))
        if "HAS CHANGED" in said or "revoked" in said:
            return Refused(finding("MT403", f"{where} presented {presented}; known is {known or 'another'}"))
        return Refused(finding("MT417", f"{where}: OpenSSH found no key of it in {' and '.join(login.known.files)}"))
    if message.startswith(_NOT_LOGIN):
        return Unreachable(finding("MT401", f"{where}: {message}"))
    return Refused(finding("MT402", f"'{login.username}' may not log in to {where}"))


# --- a deadline for the whole of opening ---------------------------------------------------------------------------


@contextmanager
def _within(seconds: float, opening: Sequence[NetworkDriver]) -> Iterator[None]:
    """Opening is over by then, whatever the peer sends: a library that reads its banner for ever knows no deadline."""
    timer = threading.Timer(seconds, _cut, [opening])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(opening: Sequence[NetworkDriver]) -> None:
    """End the connections under whoever reads from them."""
    for driver in opening:
        line = getattr(driver.transport, "socket", None)
        with suppress(ScrapliException, SSH2Error, OSError):
            if line is None or line.sock is None:
                driver.transport.close()
            else:
                line.sock.shutdown(socket.SHUT_RDWR)


# --- small change --------------------------------------------------------------------------------------------------


def _abandon(opening: list[NetworkDriver]) -> None:
    """Close also what came no further than its socket, which scrapli leaves open."""
    for driver in opening:
        with suppress(ScrapliException, SSH2Error, OSError):
            driver.transport.close()
        line = getattr(driver.transport, "socket", None)
        if line is not None and line.sock is not None:
            line.sock.close()


def _cause(error: BaseException) -> str:
    """The error at the root of the chain: the system's own word."""
    return str(error) or type(error).__name__ if error.__cause__ is None else _cause(error.__cause__)


def _nothing(_: object) -> None:
    """What there is to do on opening and closing."""
