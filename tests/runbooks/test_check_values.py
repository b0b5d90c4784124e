"""`mailtrust check` on values and files that people really write: what is refused, and whose hosts go on."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from lab.authority import Authority
from mailtrust.certificates import from_pem
from mailtrust.errors import InventoryError
from runbooks.check import check
from tests.support.inventory import MAIL, write_fleet

PROVIDERS = {
    name: {"server": f"{name}.example.com", "trust": f"trust/{name}.pem", "sender": "any"} for name in ("one", "other")
}
HOSTS = {
    name: {"hostname": f"192.0.2.{number}", "data": {"mail": {**MAIL, "provider": name}}}
    for number, name in enumerate(PROVIDERS, 1)
}


@pytest.fixture(autouse=True)
def _password(monkeypatch):
    monkeypatch.setenv("ROUTERS", "admin")


@pytest.fixture
def config(tmp_path: Path, authority: Authority) -> Path:
    """Two hosts of two providers, each with a sound trust file."""
    (tmp_path / "inventory/trust").mkdir(parents=True)
    for name in PROVIDERS:
        (tmp_path / f"inventory/trust/{name}.pem").write_text(authority.trust_set())
    return write_fleet(tmp_path, HOSTS, providers=PROVIDERS)


def errors(config: Path) -> dict[str, list[str]]:
    return {
        host.name: [each.code for each in host.findings if each.severity == "error"]
        for host in check(config).report.hosts
    }


def test_a_sound_start(config):
    """Without any of the slips below nothing is said."""
    assert errors(config) == {"one": [], "other": []}


def test_a_certificate_that_cannot_be_read_stops_its_provider_only(config, tmp_path):
    """One finding about that file; routers of the other provider go on."""
    file = tmp_path / "inventory/trust/one.pem"
    der = from_pem(file.read_text())[0].der
    file.write_text(file.read_text() + ssl.DER_cert_to_PEM_cert(der[:-7]))
    assert errors(config) == {"one": ["MT208"], "other": []}


@pytest.mark.parametrize(
    "frame", ["----BEGIN CERTIFICATE----", "-----BEGIN CERTIFICATE REQUEST-----", "-----begin certificate-----"]
)
def test_what_looks_like_a_block_is_told_with_its_line(config, tmp_path, frame):
    """No verb works with such a file: somebody believes that the certificate is in it."""
    file = tmp_path / "inventory/trust/one.pem"
    lines = file.read_text().count("\n") + 1
    file.write_text(f"{file.read_text()}{frame}\n")
    with pytest.raises(InventoryError, match=f"trust/one.pem: line {lines}: '{frame}' is n"):
        check(config)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-8-sig"])
def test_comments_and_encodings_are_no_obstacle(config, tmp_path, encoding):
    """What Windows and old editors write is read."""
    file = tmp_path / "inventory/trust/one.pem"
    file.write_bytes(f"# geprüft in München\r\n{file.read_text()}".encode(encoding))
    assert errors(config) == {"one": [], "other": []}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("vrf", "Mgmt\x1awrite"),
        ("source_interface", "Lo0\x15reload"),
        ("sender", "a\x7f@example.com"),
        ("to", ["n@example.com", "b\x1a@example.com"]),
        ("cc", "c\N{ZERO WIDTH SPACE}@example.com"),
        ("login", "alerts\nwrite"),
    ],
)
def test_no_value_becomes_a_second_command(tmp_path, key, value):
    """MT103 names the key, and shows nothing that a terminal would obey."""
    mail = {**MAIL, key: value}
    config = write_fleet(tmp_path, {"r1": {"hostname": "192.0.2.1", "data": {"mail": mail}}})
    (host,) = check(config).report.hosts
    told = [each.text for each in host.findings if each.code == "MT103"]
    assert [text.startswith(f"mail.{key} holds ") for text in told] == [True]
    assert all(each.text.isprintable() for each in host.findings)


def test_the_name_of_the_test_applet_is_reserved(tmp_path):
    """It would be replaced, and removed, by the next test mail."""
    config = write_fleet(tmp_path, {"r1": {"hostname": "192.0.2.1"}})
    (tmp_path / "inventory/applets.yaml").write_text("mailtrust-test: {event: none, subject: s, body: b}\n")
    with pytest.raises(InventoryError, match=r"applets\.yaml:1: mailtrust-test: this name is reserved"):
        check(config)
