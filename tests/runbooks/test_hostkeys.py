"""`mailtrust hostkeys`: routers are asked without a login, new keys are pinned, changed ones only when named."""

from __future__ import annotations

import json
import socketserver
import struct
import threading
from contextlib import ExitStack

import pytest
import typer
from typer.testing import CliRunner

from mailtrust.errors import UsageError
from runbooks.commands_hostkeys import add_to
from runbooks.hostkeys import pin, scan
from tests.support.doors import doors, key
from tests.support.inventory import write_fleet


@pytest.fixture(scope="module")
def open_door():
    with doors() as open_:
        yield open_


@pytest.fixture
def fleet(tmp_path, monkeypatch):
    """``fleet(doors)``: config.yaml of these routers r0, r1, ...; nothing of this machine's user is seen."""
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))

    def make(*served, **extras):
        options = {"connection_options": {"scrapli": {"extras": extras}}}
        hosts = {f"r{n}": {"hostname": "127.0.0.1", "port": door.port, **options} for n, door in enumerate(served)}
        return write_fleet(tmp_path, hosts)

    return make


def hostkeys(config, *words):
    app = typer.Typer()
    app.command("other")(lambda: None)
    add_to(app)
    return CliRunner().invoke(app, ["hostkeys", "--config", str(config), *words], env={"COLUMNS": "300"})


def fingerprints(door):
    return [str(each.get_fingerprint()) for each in door.keys]


def test_new_keys_are_shown_and_pinned(open_door, fleet, tmp_path):
    """First they are shown and the exit code is 4; with --yes they are pinned; then they are known, and it is 0."""
    one, two = open_door(key(), key("ecdsa")), open_door(key("rsa"))
    config, pinned = fleet(one, two), tmp_path / "inventory/known_hosts"
    shown = hostkeys(config)
    assert (shown.exit_code, pinned.exists()) == (4, False)
    assert all(
        text in shown.stdout for text in [*fingerprints(one), *fingerprints(two), f"[127.0.0.1]:{one.port}", "new"]
    )
    assert hostkeys(config, "--yes").exit_code == 0
    expected = [one.line(key=one.keys[0]), one.line(key=one.keys[1]), two.line()]
    assert sorted(pinned.read_text().splitlines()) == sorted(line.strip() for line in expected)
    before = pinned.read_bytes()
    again = hostkeys(config, "--yes")
    assert (again.exit_code, "new" in again.stdout, pinned.read_bytes()) == (0, False, before)
    assert one.heard == two.heard == []


def test_a_changed_key_is_not_overwritten(open_door, fleet, tmp_path):
    """A changed key is told with both fingerprints and stays unwritten, --yes or not, until its host is named."""
    same, changed = open_door(), open_door()
    config, pinned = fleet(same, changed), tmp_path / "inventory/known_hosts"
    old = key()
    before = "# ours\n" + same.line() + changed.line(key=old)
    pinned.write_text(before)
    told = hostkeys(config, "--yes")
    assert (told.exit_code, pinned.read_text()) == (4, before)
    assert all(text in told.stdout for text in ["CHANGED", *fingerprints(changed), str(old.get_fingerprint())])
    assert hostkeys(config, "--yes", "--replace", "r1").exit_code == 0
    text = pinned.read_text()
    assert text.startswith("# ours\n" + same.line())
    assert [line for line in text.splitlines() if str(changed.port) in line] == [changed.line().strip()]
    assert hostkeys(config).exit_code == 0


def test_a_changed_host_gets_no_new_type_either(open_door, fleet, tmp_path):
    """Whoever shows other types instead of the known one is not pinned as if he were new."""
    impostor = open_door(key("rsa"))
    config, pinned = fleet(impostor), tmp_path / "inventory/known_hosts"
    before = impostor.line(key=key())
    pinned.write_text(before)
    assert (hostkeys(config, "--yes").exit_code, pinned.read_text()) == (4, before)


def test_a_revoked_key_is_never_pinned(open_door, fleet, tmp_path):
    """Not even when its host is named: the line that revokes it has to go first."""
    door = open_door()
    config, pinned = fleet(door), tmp_path / "inventory/known_hosts"
    before = f"@revoked {door.line('*')}"
    pinned.write_text(before)
    assert (hostkeys(config, "--yes", "--replace", "r0").exit_code, pinned.read_text()) == (4, before)


def test_the_user_s_own_file_serves_and_is_left_alone(open_door, fleet, tmp_path):
    """A host that the machine's known_hosts knows is known; another is pinned in the fleet's own file."""
    mine, other = open_door(), open_door()
    own = tmp_path / "nobody/.ssh/known_hosts"
    own.parent.mkdir(parents=True)
    own.write_text(mine.line())
    config = fleet(mine, other)
    assert hostkeys(config, "--yes").exit_code == 0
    assert own.read_text() == mine.line()
    assert str(mine.port) not in (tmp_path / "inventory/known_hosts").read_text()


def test_a_file_of_the_inventory_s_choice(open_door, fleet, tmp_path):
    """Where ssh_known_hosts_file names a file, relative to hosts.yaml, keys are looked up and pinned there."""
    door = open_door()
    config = fleet(door, ssh_known_hosts_file="keys/routers")
    assert hostkeys(config, "--yes").exit_code == 0
    assert (tmp_path / "inventory/keys/routers").read_text().split()[:3] == door.line().split()[:3]
    assert hostkeys(config).exit_code == 0


def test_who_cannot_be_reached(open_door, fleet, tmp_path):
    """Exit code 1 says that not everybody was asked; the others are pinned all the same."""

    class Nobody:
        port = 9

    config = fleet(open_door(), Nobody)
    done = hostkeys(config, "--yes")
    assert done.exit_code == 1
    assert "unreachable" in done.stdout
    assert (tmp_path / "inventory/known_hosts").exists()


class _Rude(socketserver.StreamRequestHandler):
    """Hangs up at once, with words of its own choice."""

    words = b""

    def handle(self) -> None:
        said = struct.pack(">BII", 1, 2, len(self.words)) + self.words + bytes(4)
        padding = 8 - (len(said) + 5) % 8 + 8
        packet = struct.pack(">IB", len(said) + padding + 1, padding) + said + bytes(padding)
        self.wfile.write(b"SSH-2.0-rude\r\n" + packet)
        self.rfile.read()


@pytest.fixture
def rude():
    """``rude(words)``: the port of a server that hangs up with them."""
    with ExitStack() as stack:

        def serve(words: str) -> int:
            handler = type("Rude", (_Rude,), {"words": words.encode()})
            server = stack.enter_context(socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler))
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            stack.callback(server.shutdown)
            return server.server_address[1]

        yield serve


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("[/]", "[/]"),
        ("[bold]x[/bold]", "[bold]x[/bold]"),
        (":bug:", ":bug:"),
        ("a\x1b[2Jb\x1bc\x9b2J\r\nc\u202ed", "a\ufffd[2Jb\ufffdc\ufffd2J c\ufffdd"),
    ],
)
def test_a_peer_s_words_are_nothing_but_words(open_door, rude, tmp_path, words, shown):
    """They neither end the look at the others nor act on the terminal; an address with a port is shown whole."""
    door, port = open_door(), rude(words)
    named = {"[bold]r0": {"hostname": "localhost", "port": door.port}, "r1": {"hostname": "localhost", "port": port}}
    done = hostkeys(write_fleet(tmp_path, named), "--yes")
    assert (done.exit_code, done.exception.__class__) == (1, SystemExit)
    assert all(f"[localhost]:{each}" in done.stdout for each in (door.port, port))
    assert [line.split()[0] for line in done.stdout.splitlines()[1:3]] == ["[bold]r0", "r1"]
    assert shown in done.stdout
    assert all(character.isprintable() or character == "\n" for character in done.stdout)
    assert (tmp_path / "inventory/known_hosts").read_text().split()[0] == f"[localhost]:{door.port}"


def test_as_json(open_door, fleet):
    """--output json is one document with every key, and asks nothing."""
    door = open_door()
    done = hostkeys(fleet(door), "--output", "json")
    (host,) = json.loads(done.stdout)["hosts"]
    assert done.exit_code == 4
    assert (host["name"], host["standing"], host["address"]) == ("r0", "new", f"[127.0.0.1]:{door.port}")
    assert host["keys"] == [{"type": "ssh-ed25519", "fingerprint": fingerprints(door)[0], "standing": "new"}]


def test_a_host_that_is_not_selected_cannot_be_replaced(open_door, fleet):
    """A slip in --replace is told before anybody is asked."""
    with pytest.raises(UsageError, match="--replace r7"):
        scan(fleet(open_door()), replace=["r7"])
    assert pin([]) == ()
