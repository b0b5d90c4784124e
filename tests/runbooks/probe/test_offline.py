"""Input from files: PEM, `openssl s_client -showcerts`, and a router's own debugs; and what is fetched."""

from __future__ import annotations

import http.server
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID

from lab.authority import Authority, Chain
from lab.issuing import name, new_key
from lab.mailhost import MailHost
from mailtrust.certificates import from_pem
from mailtrust.errors import UsageError
from runbooks.probe import probe
from tests.support.provider import (
    DEADLINE,
    SERVER,
    codes,
    drifted,
    files,
    named,
    only,
    sent,
    serving,
    trust_file,
)


# --- offline input ----------------------------------------------------------------------------------------------------
@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl program on this machine")
def test_the_output_of_s_client(config: Path, authority: Authority, tmp_path: Path) -> None:
    """What `openssl s_client -showcerts` prints is judged like a look of our own."""
    with MailHost.in_thread(authority.chain("root switched")) as host:
        command = ["openssl", "s_client", "-starttls", "smtp", "-showcerts", "-noservername"]
        told = subprocess.run(
            [*command, "-connect", f"127.0.0.1:{host.port}"],
            input="QUIT\n",
            capture_output=True,
            text=True,
            check=False,
        )
    file = tmp_path / "s_client.txt"
    file.write_text(told.stdout)
    report = probe(config, ["lab"], from_file=file, check=True)
    assert [len(one.presented.chain) for one in only(report).judgements] == [2]
    assert ("MT541" in drifted(report), report.exit_code) == (True, 4)


def test_a_pem_file(config: Path, authority: Authority, tmp_path: Path) -> None:
    """A stacked PEM, leaf first, needs no network; the update is the same as from a look."""
    file = tmp_path / "chain.pem"
    file.write_bytes(authority.chain("root switched").pem)
    report = probe(config, ["lab"], from_file=file, update=True)
    assert report.written == (trust_file(config),)
    assert {"Lab Root R2", "Lab CA 2A1"} <= set(named(from_pem(trust_file(config).read_text())))


def test_a_pem_file_of_nobody(config: Path, authority: Authority, tmp_path: Path) -> None:
    """Without a provider a chain is judged too; there is no name to compare with."""
    file = tmp_path / "chain.pem"
    file.write_bytes(authority.chain("wrong host").pem)
    report = probe(config, from_file=file)
    assert (codes(report), report.exit_code) == (set(), 0)
    assert only(probe(config, from_file=file, server="smtp.lab.test")).in_order is False


def test_the_debugs_of_a_router_that_refuses(tmp_path: Path, authority: Authority, mail_host: MailHost) -> None:
    """A router's own debugs tell which issuers it wanted and for want of which it refused; what the catalogue holds is written."""
    config = files(tmp_path, authority, [authority.issuing.certificate])
    debugs = sent(mail_host, ()).debug
    file = tmp_path / "debug.txt"
    file.write_text("\n".join(f"*Mar  5 10:20:30.123: {line}" for _, line in debugs))
    checked = probe(config, ["lab"], from_file=file, check=True)
    asked = only(checked).asked
    assert [issuer.partition(",")[0] for issuer in asked.needed.missing] == ["cn=Lab Legacy Root CA"]
    assert sorted(named(asked.held)) == ["Lab CA 1C3", "Lab Legacy Root CA", "Lab Root R1"]
    assert (asked.absent, drifted(checked), checked.exit_code) == ((), {"MT542"}, 4)
    probe(config, ["lab"], from_file=file, update=True)
    written = from_pem(trust_file(config).read_text())
    assert sent(mail_host, written).reason is None


def test_the_debugs_of_a_router_that_wants_a_stranger(
    config: Path, tmp_path: Path, authority: Authority, mail_host: MailHost
) -> None:
    """An issuer that nobody here knows, and for want of which the router refused, is an error."""
    mail_host.rotate(authority.chain("unknown issuer"))
    file = tmp_path / "debug.txt"
    file.write_text("\n".join(line for _, line in sent(mail_host, ()).debug))
    report = probe(config, ["lab"], from_file=file)
    assert {"MT501"} <= codes(report)
    assert report.exit_code == 1


@pytest.mark.parametrize(
    "text", ["", "no certificate here", "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----"]
)
def test_offline_input_that_is_none(text: str, config: Path, tmp_path: Path) -> None:
    """What is none of the three forms is the user's mistake, told with the file's name."""
    file = tmp_path / "chain.txt"
    file.write_text(text)
    with pytest.raises(UsageError, match=re.escape(str(file))):
        probe(config, ["lab"], from_file=file)


# --- fetched issuers --------------------------------------------------------------------------------------------------
def pointing(authority: Authority, url: str) -> Chain:
    """A leaf alone that says where its issuer's certificate lies."""
    issuing, key, now = authority.issuing, new_key("ec"), datetime.now(timezone.utc)
    place = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(url))
    leaf = (
        x509.CertificateBuilder(issuing.certificate.subject, name(common_name=SERVER), key.public_key(), 77)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=80))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(SERVER)]), critical=False)
        .add_extension(x509.AuthorityInformationAccess([place]), critical=False)
        .sign(issuing.key, hashes.SHA256())
    )
    return Chain(key, (leaf,), authority.chain().issuers, issuing.certificate)


@pytest.mark.parametrize(
    ("aia", "lies_there", "found", "code"),
    [
        (False, "issuing", {"MT501", "MT502"}, 1),
        (True, "issuing", {"MT502"}, 0),
        (True, "legacy", {"MT501", "MT502"}, 1),  # a root that is known, but that did not issue the leaf
    ],
)
def test_a_missing_intermediate_is_fetched(
    aia: bool,
    lies_there: str,
    found: set[str],
    code: int,
    tmp_path: Path,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only if asked for, and only if it completes a path to a known root; then it is part of the proposal."""
    config = files(tmp_path, authority, [authority.legacy.certificate])
    (tmp_path / "ca.der").write_bytes(getattr(authority, lies_there).certificate.public_bytes(Encoding.DER))
    with web_server(tmp_path) as url, serving(monkeypatch, pointing(authority, f"{url}/ca.der")):
        report = probe(config, aia=aia, update=True, deadline=DEADLINE)
    assert (codes(report), report.exit_code) == (found, code)
    held = named(from_pem(trust_file(config).read_text()))
    assert ("Lab CA 1C3" in held) == (code == 0)


@contextmanager
def web_server(folder: Path) -> Iterator[str]:
    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(folder))

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
