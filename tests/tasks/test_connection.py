"""Opening a router's door: the key is judged before a password is sent, and a refused login is tried once more at most."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from nornir.core.configuration import Config, SSHConfig
from nornir.core.inventory import ConnectionOptions, Host
from nornir.core.plugins.connections import ConnectionPluginRegister

from mailtrust.errors import Refused, Unreachable
from mailtrust.findings import Finding
from mailtrust.host_keys import HostKey, KnownKeys
from mailtrust.secret import Secret
from tasks.connection import EXTRAS, Deadlines, Login, connect
from tasks.host_key import KnownHosts, look_up
from tasks.session import opened
from tests.support.doors import Door, doors, key

PASSWORD = "s3cr3t-pw"
DEADLINES = Deadlines(5, 20)
NO_FILE = Config(ssh=SSHConfig(config_file=os.devnull))
OPENSSH = pytest.mark.skipif(shutil.which("ssh") is None, reason="no OpenSSH client on this machine")


@pytest.fixture(scope="module")
def open_door():
    ConnectionPluginRegister.auto_register()
    with doors() as open_:
        yield open_


def host(door: Door, **extras: Any) -> Host:
    options = {"scrapli": ConnectionOptions(extras=extras)}
    return Host("r1", "127.0.0.1", door.port, platform="cisco_iosxe", connection_options=options)


def known(tmp_path: Path, door: Door, *lines: str) -> KnownKeys:
    file = tmp_path / "known_hosts"
    file.write_text("".join(f"{line.strip()}\n" for line in lines), encoding="ascii")
    return look_up([KnownHosts.read(file)], "127.0.0.1", door.port)


def login(
    keys: KnownKeys, *, alternative: Login | None = None, user: str = "netops", password: str = PASSWORD
) -> Login:
    return Login(user, Secret(password), Secret(""), keys, alternative)


def enter(door: Door, who: Login, configuration: Config = NO_FILE, **extras: Any) -> list[Finding]:
    """Go in and out again; returns what was noted."""
    noted: list[Finding] = []
    at = host(door, **extras)
    connect(at, who, DEADLINES, configuration, noted.append)
    at.close_connection("scrapli")
    return noted


def refused(door: Door, who: Login, configuration: Config = NO_FILE, **extras: Any) -> Finding:
    with pytest.raises(Refused) as error:
        enter(door, who, configuration, **extras)
    (found,) = error.value.findings
    assert PASSWORD not in found.text
    return found


def fingerprint(key_: Any) -> str:
    return str(key_.get_fingerprint())


# scrapli lets go of the child's terminal without closing it.
SCRAPLI_LEAVES_IT_OPEN = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
SYSTEM = pytest.param("system", marks=[OPENSSH, SCRAPLI_LEAVES_IT_OPEN])


def identity(tmp_path: Path, kind: str = "ssh-ed25519") -> Any:
    """A private key in a file that only its owner can read."""
    mine = key(kind)
    (tmp_path / "id").touch(mode=0o600)
    mine.write_private_key(tmp_path / "id")
    return mine


TRANSPORTS = ["ssh2", "paramiko", SYSTEM]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_known_key_opens(open_door, tmp_path, transport):
    """A host that presents its known key, on whatever port, is logged in to with the password, once."""
    door = open_door(logins={"netops": PASSWORD})
    assert enter(door, login(known(tmp_path, door, door.line())), transport=transport) == []
    assert door.heard == [("password", "netops", PASSWORD)]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_changed_key_hears_no_password(open_door, tmp_path, transport):
    """A key other than the known one of its type is MT403 with both fingerprints, and nobody tried to log in."""
    door, other = open_door(logins={"netops": PASSWORD}), key()
    found = refused(door, login(known(tmp_path, door, door.line(key=other))), transport=transport)
    assert found.code == "MT403"
    assert fingerprint(door.keys[0]) in found.text
    assert fingerprint(other) in found.text
    assert door.heard == []


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_an_unknown_key_hears_no_password(open_door, tmp_path, transport):
    """A key that no file knows is MT417, and nobody tried to log in; the plain name is not the name with the port."""
    door = open_door(logins={"netops": PASSWORD})
    assert refused(door, login(known(tmp_path, door)), transport=transport).code == "MT417"
    assert refused(door, login(known(tmp_path, door, "# nobody")), transport=transport).code == "MT417"
    assert door.heard == []


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_revoked_key_hears_no_password(open_door, tmp_path, transport):
    """A key that is marked @revoked is refused, also when another line knows it."""
    door = open_door(logins={"netops": PASSWORD})
    keys = known(tmp_path, door, door.line(), f"@revoked {door.line('*')}")
    assert refused(door, login(keys), transport=transport).code == "MT403"
    assert door.heard == []


def test_nothing_looked_up_is_nothing_known(open_door):
    """A login without known keys opens nothing, unless the user has switched the check off."""
    door = open_door(logins={"netops": PASSWORD})
    who = Login("netops", Secret(PASSWORD), Secret(""))
    assert refused(door, who).code == "MT417"
    assert door.heard == []
    assert enter(door, who, auth_strict_key=False) == []


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa", "rsa"])
def test_the_server_is_asked_for_a_type_that_is_known(open_door, tmp_path, kind):
    """Of a server with keys of three types any one known is enough, whichever the client would choose by itself."""
    door = open_door(*map(key, ("rsa", "ecdsa", "ssh-ed25519")), logins={"netops": PASSWORD})
    (one,) = [each for each in door.keys if kind.removeprefix("ssh-") in each.get_algorithm()]
    assert enter(door, login(known(tmp_path, door, door.line(key=one)))) == []


def test_another_type_is_unknown_not_changed(open_door, tmp_path):
    """A host that is known by another type only is MT417, which names the type that is known."""
    door, other = open_door(key("rsa"), logins={"netops": PASSWORD}), key()
    found = refused(door, login(known(tmp_path, door, door.line(key=other))))
    assert found.code == "MT417"
    assert f"known by other types only: ssh-ed25519 {fingerprint(other)}" in found.text
    assert door.heard == []


@OPENSSH
def test_a_hashed_name_is_understood(open_door, tmp_path):
    """Names that OpenSSH's own tool has hashed are found, port included."""
    door = open_door(logins={"netops": PASSWORD})
    file = tmp_path / "hashed"
    file.write_text(door.line(), encoding="ascii")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", file], check=True, capture_output=True)
    assert "127.0.0.1" not in file.read_text()
    assert enter(door, login(look_up([KnownHosts.read(file)], "127.0.0.1", door.port))) == []


# --- the second login ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_alternative_after_a_refusal(open_door, tmp_path, transport):
    """When the first login is refused the second is tried, and a note says who it was."""
    door = open_door(logins={"local": "l0cal-pw"})
    keys = known(tmp_path, door, door.line())
    who = login(keys, alternative=login(keys, user="local", password="l0cal-pw"))
    (note,) = enter(door, who, transport=transport)
    assert (note.code, note.severity) == ("MT418", "note")
    assert "'local'" in note.text
    assert [heard[1] for heard in door.heard] == ["netops", "local"]


def test_two_attempts_are_the_most(open_door, tmp_path):
    """Two refused logins are two attempts at the router, also when it offers two ways to send a password."""
    door = open_door(methods=("password", "keyboard-interactive"))
    keys = known(tmp_path, door, door.line())
    third = login(keys, user="third", password="x")
    who = login(keys, alternative=login(keys, user="local", password="l0cal-pw", alternative=third))
    found = refused(door, who)
    assert found.code == "MT402"
    assert "'netops'" in found.text
    assert "'local'" in found.text
    assert [heard[1] for heard in door.heard] == ["netops", "local"]


def test_no_alternative_after_a_wrong_key(open_door, tmp_path):
    """A host with a changed key is not asked a second time."""
    door = open_door(logins={"local": "l0cal-pw"})
    keys = known(tmp_path, door, door.line(key=key()))
    assert refused(door, login(keys, alternative=login(keys, user="local"))).code == "MT403"
    assert door.heard == []


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_nobody_there_is_unreachable(open_door, tmp_path, transport):
    """Where nobody listens there is no second attempt: the host is unreachable."""
    door = Door(port=9)
    keys = KnownKeys((HostKey(b""),))
    with pytest.raises(Unreachable):
        enter(door, login(keys, alternative=login(keys, user="local")), transport=transport)


# --- keys, agent, jump host ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["ssh2", SYSTEM])
def test_a_private_key_instead_of_a_password(open_door, tmp_path, transport):
    """``auth_private_key`` opens the door and no password is sent."""
    mine = identity(tmp_path, "rsa")
    door = open_door(authorized=[mine.convert_to_public()])
    who = login(known(tmp_path, door, door.line()))
    assert enter(door, who, transport=transport, auth_private_key=str(tmp_path / "id")) == []
    assert {heard[0] for heard in door.heard} == {"publickey"}


@OPENSSH
@SCRAPLI_LEAVES_IT_OPEN
def test_agent_and_jump_host_of_the_ssh_configuration(open_door, tmp_path, monkeypatch):
    """With the OpenSSH client the user's agent and ProxyJump serve: the router is reached over the jump host."""
    mine = identity(tmp_path)
    told = subprocess.run(["ssh-agent", "-a", tmp_path / "agent"], check=True, capture_output=True, text=True).stdout
    try:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        subprocess.run(["ssh-add", "-q", tmp_path / "id"], check=True, capture_output=True)
        jump = open_door(authorized=[mine.convert_to_public()])
        door = open_door(authorized=[mine.convert_to_public()])
        keys = known(tmp_path, door, door.line(), jump.line())
        configuration = tmp_path / "ssh_config"
        configuration.write_text(
            f"Host jump\n HostName 127.0.0.1\n Port {jump.port}\n User hop\n"
            f" UserKnownHostsFile {tmp_path / 'known_hosts'}\n StrictHostKeyChecking yes\n"
            "Host 127.0.0.1\n ProxyJump jump\n",
            encoding="utf-8",
        )
        at = host(door, transport="system")
        with opened(
            at, login(keys), DEADLINES, Config(ssh=SSHConfig(config_file=str(configuration))), [].append
        ) as session:
            assert session.prompt.hostname == "R1"
    finally:
        subprocess.run(["kill", told.split("SSH_AGENT_PID=")[1].split(";")[0]], check=True)
    assert ("forward", "127.0.0.1", str(door.port)) in jump.heard
    assert {heard[:2] for heard in door.heard} == {("publickey", "netops")}


def test_the_extras_are_those_of_scrapli():
    """What may stand under ``extras`` is read from scrapli, so that a slip can be told before anything connects."""
    assert {"transport", "auth_strict_key", "auth_private_key", "ssh_known_hosts_file", "timeout_ops"} <= EXTRAS
    assert not {"self", "kwargs", "strict"} & EXTRAS
