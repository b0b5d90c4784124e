"""References to secrets: each scheme asks the tool that keeps the secret, once, and never tells what it heard."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from mailtrust.errors import InventoryError
from runbooks.references import Vault, is_reference

SECRET = "s3cr3t-pw"


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """``tool(name, prints, code)``: a program on PATH; returns the file where it notes what it was called with."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    def install(name: str, prints: str = f"{SECRET}\n", code: int = 0) -> Path:
        calls, program = tmp_path / f"{name}.calls", tmp_path / "bin" / name
        program.write_text(
            f"#!{sys.executable}\nimport json, sys\n"
            f"open({str(calls)!r}, 'a').write(json.dumps(sys.argv[1:]) + '\\n')\n"
            f"sys.stdout.write({prints!r})\nsys.stderr.write('{SECRET} is not for you')\nsys.exit({code})\n"
        )
        program.chmod(0o755)
        return calls

    return install


def calls(file: Path) -> list[list[str]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.parametrize(
    ("name", "reference", "words"),
    [
        ("vault", "vault:secret/routers#password", ["kv", "get", "-field=password", "secret/routers"]),
        ("sops", "sops:keys.yaml#smtp.gmail", ["-d", "--extract", '["smtp"]["gmail"]', "{base}/keys.yaml"]),
        ("pass", "cmd:pass show 'net ops'", ["show", "net ops"]),
    ],
)
def test_a_tool_is_asked_once(tmp_path, tool, name, reference, words):
    """The tool is called with what it needs to find the secret, and the answer is kept for the rest of the run."""
    noted = tool(name)
    vault = Vault(tmp_path)
    assert [vault.resolve(reference).reveal() for _ in range(3)] == [SECRET] * 3
    assert calls(noted) == [[word.format(base=tmp_path) for word in words]]
    assert [secret.reveal() for secret in vault.secrets] == [SECRET]


def test_only_passwords_are_secrets(tmp_path, monkeypatch):
    """A user name is resolved like everything, and told in clear; unless the same text is a password as well."""
    monkeypatch.setenv("WHO", "netops")
    monkeypatch.setenv("PASSWORD", SECRET)
    vault = Vault(tmp_path)
    assert [vault.name(each) for each in ("env:WHO", "admin", "cisco")] == ["netops", "admin", "cisco"]
    assert vault.secrets == ()
    assert [vault.resolve(each).reveal() for each in ("env:PASSWORD", "cisco")] == [SECRET, "cisco"]
    assert [secret.reveal() for secret in vault.secrets] == [SECRET, "cisco"]
    assert vault.name("env:PASSWORD") == SECRET
    with pytest.raises(InventoryError, match="env:NOT_SET"):
        vault.name("env:NOT_SET")


def test_name_and_password_are_read_once(tmp_path, tool):
    """Where both are the same reference its tool is asked once, and what it says is a secret."""
    noted = tool("pass")
    vault = Vault(tmp_path)
    assert vault.name("cmd:pass x") == vault.resolve("cmd:pass x").reveal() == SECRET
    assert (len(calls(noted)), [secret.reveal() for secret in vault.secrets]) == (1, [SECRET])


@pytest.mark.parametrize("reference", ["vault:a/b#c", "sops:a#b", "cmd:nosuchtool x"])
def test_a_missing_tool_is_named(tmp_path, tool, reference):
    """Where the tool is not installed the message names it, and the reference."""
    with pytest.raises(InventoryError, match=r"there is no program '(vault|sops|nosuchtool)'") as error:
        Vault(tmp_path).resolve(reference)
    assert str(error.value).startswith(reference)


@pytest.mark.parametrize(("prints", "code"), [("", 0), (f"{SECRET}\n", 2), ("\n", 0)])
def test_a_tool_that_fails_is_told_without_its_words(tmp_path, tool, prints, code):
    """A failing tool is told by its exit code; what it printed may hold the secret and is not repeated."""
    tool("vault", prints, code)
    with pytest.raises(InventoryError, match=f"exit code {code}") as error:
        Vault(tmp_path).resolve("vault:a#b")
    assert SECRET not in str(error.value)


@pytest.mark.parametrize("reference", ["vault:a", "vault:#b", "sops:a#", "keyring:onlyservice"])
def test_an_incomplete_reference_says_its_form(tmp_path, reference):
    """A reference without its second half is an error that shows the form."""
    with pytest.raises(InventoryError, match=f"expected {reference.partition(':')[0]}:"):
        Vault(tmp_path).resolve(reference)


def test_the_environment_and_files(tmp_path, monkeypatch):
    """env: is a variable, file: the first line of a file relative to the inventory."""
    monkeypatch.setenv("ROUTERS", SECRET)
    (tmp_path / "password").write_text(f"{SECRET}\nnot this\n")
    vault = Vault(tmp_path)
    assert vault.resolve("env:ROUTERS") == vault.resolve("file:password")
    monkeypatch.delenv("ROUTERS")
    for broken in ("env:NOT_SET", "file:not-there"):
        with pytest.raises(InventoryError, match=broken):
            vault.resolve(broken)


def test_the_keyring(tmp_path, monkeypatch):
    """keyring: asks the system's keyring for a service and a user; the last '/' divides them."""
    keyring = pytest.importorskip("keyring")
    backend = pytest.importorskip("keyring.backend")

    class InMemory(backend.KeyringBackend):
        priority = 1

        def get_password(self, service, username):
            return SECRET if (service, username) == ("net/routers", "netops") else None

        def set_password(self, service, username, password):
            raise NotImplementedError

        def delete_password(self, service, username):
            raise NotImplementedError

    before = keyring.get_keyring()
    keyring.set_keyring(InMemory())
    try:
        assert Vault(tmp_path).resolve("keyring:net/routers/netops").reveal() == SECRET
        with pytest.raises(InventoryError, match="has no password"):
            Vault(tmp_path).resolve("keyring:net/routers/nobody")
    finally:
        keyring.set_keyring(before)


def test_the_keyring_is_an_extra(tmp_path, monkeypatch):
    """Without the optional package the message says what to install."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(InventoryError, match=r"mailtrust\[keyring\]"):
        Vault(tmp_path).resolve("keyring:a/b")


def test_what_is_no_reference_is_the_value(tmp_path):
    """A password with a colon in it is a password; every known scheme is a reference."""
    assert Vault(tmp_path).resolve("pa:ss").reveal() == "pa:ss"
    assert not is_reference("pa:ss")
    assert not is_reference("env")
    assert all(map(is_reference, ("env:A", "file:a", "cmd:a", "keyring:a/b", "vault:a#b", "sops:a#b")))
