"""Host keys as values: fingerprints as OpenSSH prints them, OpenSSH's rules, and edits that leave others' lines alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import shutil
import subprocess

import pytest

from mailtrust.host_keys import (
    NOBODY_KNOWN,
    HostKey,
    KnownKeys,
    address,
    forgotten,
    objection,
    pinned,
    standing,
    verdict,
)


def made(kind: str, number: int) -> HostKey:
    return HostKey(len(kind).to_bytes(4, "big") + kind.encode() + b"\0\0\0\x20" + bytes([number]) * 32)


OLD, NEW, RSA, ECDSA = (
    made("ssh-ed25519", 1),
    made("ssh-ed25519", 2),
    made("ssh-rsa", 3),
    made("ecdsa-sha2-nistp256", 4),
)


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no OpenSSH on this machine")
def test_fingerprints_are_those_of_openssh(tmp_path):
    """Type and fingerprint are what ssh-keygen prints for the same line."""
    file = tmp_path / "known_hosts"
    file.write_text(pinned("", "r1", [OLD]))
    told = subprocess.run(["ssh-keygen", "-l", "-f", file], capture_output=True, text=True, check=True).stdout
    assert OLD.fingerprint == told.split()[1]
    assert OLD.kind == "ssh-ed25519"


@pytest.mark.parametrize(
    ("presented", "known", "expected"),
    [
        (OLD, KnownKeys((OLD,)), "same"),
        (OLD, KnownKeys((RSA, NEW, OLD)), "same"),
        (NEW, KnownKeys((OLD,)), "CHANGED"),
        (NEW, KnownKeys((RSA,)), "new"),
        (NEW, NOBODY_KNOWN, "new"),
        (OLD, KnownKeys((OLD,), (OLD,)), "REVOKED"),
        (NEW, KnownKeys((), (OLD,)), "new"),
    ],
)
def test_one_key_is_judged_by_its_own_type(presented, known, expected):
    """Same, changed, new or revoked: a key of a type that is not known is new, whatever else is known."""
    assert standing(presented, known) == expected
    code = {"same": None, "new": "MT417"}.get(expected, "MT403")
    found = objection("r1", presented, known)
    assert (found and found.code) == code
    if found:
        assert presented.fingerprint in found.text


@pytest.mark.parametrize(
    ("presented", "known", "expected"),
    [
        ((OLD, RSA), KnownKeys((OLD, RSA)), "same"),
        ((OLD, RSA), KnownKeys((OLD,)), "new"),
        ((OLD, RSA), NOBODY_KNOWN, "new"),
        ((NEW, RSA), KnownKeys((OLD, RSA)), "CHANGED"),
        ((RSA, ECDSA), KnownKeys((OLD,)), "CHANGED"),
        ((OLD, RSA), KnownKeys((OLD,), (RSA,)), "REVOKED"),
    ],
)
def test_a_host_that_shows_none_of_its_known_keys_has_changed(presented, known, expected):
    """A new type beside a known key is new; new types instead of the known ones are a change."""
    assert verdict(presented, known) == expected


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("R1.example", None, "r1.example"),
        ("r1", 22, "r1"),
        ("r1", 2222, "[r1]:2222"),
        ("2001:DB8::1", 23, "[2001:db8::1]:23"),
    ],
)
def test_a_name_is_written_as_openssh_does(host, port, expected):
    """In lower case, and with its port when that is not 22."""
    assert address(host, port) == expected


def hashed(name: str) -> str:
    salt = bytes(20)
    digest = hmac.digest(salt, name.encode(), hashlib.sha1)
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


def test_only_the_one_name_is_forgotten():
    """Lines of exactly this name go, hashed ones too; other names of a line, patterns, markers and comments stay."""
    kept = [
        "# r1 is in the cellar\n",
        "r10 ssh-rsa AAAA\n",
        "\n",
        "r* ssh-rsa AAAA\n",
        "@revoked r1 ssh-rsa AAAA\n",
        f"{hashed('r2')} ssh-rsa AAAA\n",
    ]
    gone = ["r1 ssh-rsa AAAA\n", "R1 ssh-ed25519 AAAA comment\n", f"{hashed('r1')} ssh-rsa AAAA\n"]
    text = "".join([*kept[:3], *gone, "r1,192.0.2.1 ssh-rsa AAAA\n", *kept[3:]])
    assert forgotten(text, "r1") == "".join([*kept[:3], "192.0.2.1 ssh-rsa AAAA\n", *kept[3:]])


def test_pinning_adds_lines_at_the_end():
    """A line for each key, after whatever stands there, also when its last line was not ended."""
    line = f"[r1]:2222 ssh-ed25519 {base64.b64encode(OLD.blob).decode()}\n"
    assert pinned("", "[r1]:2222", [OLD]) == line
    assert pinned("r2 ssh-rsa AAAA", "[r1]:2222", [OLD]) == f"r2 ssh-rsa AAAA\n{line}"
    assert pinned("r2 ssh-rsa AAAA\n", "[r1]:2222", []) == "r2 ssh-rsa AAAA\n"
