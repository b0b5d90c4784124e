"""Texts as they lie on disks: what is read, and the one line about what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtrust.errors import InventoryError
from runbooks.yaml_file import read_text, read_yaml

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
COMMENT = "# Zertifikat für München, geprüft\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_a_mark_says_how_to_read(tmp_path: Path, encoding: str, ends: str) -> None:
    """UTF-8 with and without a mark, and what Windows writes; line ends come as one."""
    file, mark = tmp_path / "x.pem", {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    file.write_bytes(mark + (COMMENT + PEM).replace("\n", ends).encode(encoding))
    assert read_text(file) == COMMENT + PEM


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "cp437"])
def test_a_comment_in_another_encoding(tmp_path: Path, encoding: str) -> None:
    """Around PEM any bytes may stand, and they stay in their lines."""
    file = tmp_path / "x.pem"
    file.write_bytes(f"# für München\r\n{PEM}".encode(encoding))
    assert read_text(file) == f"# f?r M?nchen\n{PEM}"


def test_dashes_of_another_encoding_stay_visible(tmp_path: Path) -> None:
    """What a word processor has made of the hyphens is still there to be found."""
    file = tmp_path / "x.pem"
    dashes = "\N{EM DASH}\N{EN DASH}"
    file.write_bytes(f"{PEM}{dashes}BEGIN CERTIFICATE{dashes}\n".encode("cp1252"))
    assert read_text(file) == f"{PEM}??BEGIN CERTIFICATE??\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"host: r1\nsite: M\xfcnchen\n", ":2: holds byte 0xfc, which is not UTF-8: save it as UTF-8"),
        (b"\x30\x82\x03\x6f\xae\x00", ": is binary, as DER is; expected text: 'openssl x509 -inform der' makes PEM"),
        (PEM.encode("utf-16-le"), ": holds bytes of zero, as UTF-16 without a mark or a binary does"),
        (b"\xff\xfe" + PEM.encode("utf-16-le") + b"\x00", ": is UTF-16-LE by its mark, and damaged: save it as UTF-8"),
        (b"\xef\xbb\xbfa\n\xff", ":2: holds byte 0xff, which is not UTF-8"),
    ],
    ids=["latin-1", "der", "utf-16 without a mark", "half a letter", "utf-8 by its mark only"],
)
def test_what_is_no_text_is_told(tmp_path: Path, data: bytes, said: str) -> None:
    """The file, the line where there is one, and what to do."""
    file = tmp_path / "x"
    file.write_bytes(data)
    with pytest.raises(InventoryError) as error:
        read_text(file)
    assert str(error.value).startswith(f"{file}{said}")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a: 1\nb: M\xfcnchen\n", ":2: holds byte 0xfc, which is not UTF-8: save it as UTF-8"),
        ("a: 1\n".encode("utf-16"), ": is UTF-16: save it as UTF-8"),
        (b"a: |\n  -----BEGIN CERTIFICATE-----\n  \xfc\n", ":3: holds byte 0xfc, which is not UTF-8"),
        ("a: 1\n".encode("utf-16-le"), ":1: is not YAML: it holds a control character; save it as UTF-8"),
        (b"a: 1\nb: \x07\n", ":2: is not YAML: it holds a control character; save it as UTF-8"),
    ],
    ids=["latin-1", "utf-16", "latin-1 beside a certificate", "utf-16 without a mark", "a bell"],
)
def test_yaml_is_strict(tmp_path: Path, data: bytes, said: str) -> None:
    """What configures is read to the letter or not at all; the one line names the line of the file."""
    file = tmp_path / "x.yaml"
    file.write_bytes(data)
    with pytest.raises(InventoryError) as error:
        read_yaml(file)
    assert str(error.value).startswith(f"{file}{said}")
    assert "\n" not in str(error.value)


def test_yaml_with_a_mark_is_yaml(tmp_path: Path) -> None:
    """Editors of Windows write one."""
    file = tmp_path / "x.yaml"
    file.write_bytes("name: Zürich\r\n".encode("utf-8-sig"))
    assert read_yaml(file) == ({"name": "Zürich"}, "name: Zürich\n")
