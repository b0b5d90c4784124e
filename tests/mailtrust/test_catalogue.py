"""The catalogue of known roots: what a person has vouched for, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mailtrust.catalogue import from_bundle, merge, roots_from
from mailtrust.certificates import pem_lines
from mailtrust.chain import Root
from mailtrust.errors import InventoryError
from mailtrust.model import Certificate

Mint = Callable[..., Certificate]


def pem(*certificates: Certificate) -> str:
    return "".join("\n".join((*pem_lines(one), "")) for one in certificates)


def told(certificate: Certificate, digest: str | None = None) -> str:
    return f"# {certificate.subject}\n# SHA-256: {digest or certificate.sha256}\n{pem(certificate)}"


@pytest.mark.parametrize("digits", [8, 16, 64])
def test_the_name_tells_the_digest(digits: int, mint: Mint) -> None:
    """A file of one root is vouched for by eight or more digits at the end of its name, in any case."""
    root = mint("Root")
    for digest in (root.sha256[:digits], root.sha256[:digits].upper()):
        assert roots_from({f"roots/the-root-{digest}.pem": pem(root)}) == (Root(root, "catalogue"),)


def test_comments_tell_the_digests(mint: Mint) -> None:
    """Each root of a longer file has its own comment; colons and case do not matter."""
    first, second = mint("First"), mint("Second")
    grouped = ":".join(second.sha256[at : at + 2] for at in range(0, 64, 2)).upper()
    assert roots_from({"two.pem": told(first) + "\n" + told(second, grouped)}) == (
        Root(first, "catalogue"),
        Root(second, "catalogue"),
    )


def test_files_come_in_the_order_of_their_names(mint: Mint) -> None:
    """The order of a directory's listing does not matter."""
    files = {"b.pem": told(mint("B")), "a.pem": told(mint("A"))}
    assert roots_from(files) == roots_from(dict(reversed(files.items())))
    assert roots_from({}) == ()


@pytest.mark.parametrize("name", ["root.pem", "root-{other}.pem", "root-{first7}.pem", "{short}-root.pem"])
def test_a_name_that_does_not_vouch(name: str, mint: Mint) -> None:
    """No digest, another's, too short or not at the end: refused, and the message has the file and the right digest."""
    root, other = mint("Root"), mint("Other")
    file = name.format(other=other.sha256[:8], first7=root.sha256[:7], short=root.sha256[:8])
    with pytest.raises(InventoryError) as caught:
        roots_from({file: pem(root)})
    assert str(caught.value).startswith(file)
    assert root.sha256 in str(caught.value)


def test_a_comment_that_is_wrong(mint: Mint) -> None:
    """A wrong, a short or an empty digest in a comment is refused, a right name notwithstanding, and so the reverse."""
    root, other = mint("Root"), mint("Other")
    right = f"root-{root.sha256[:8]}.pem"
    for digest in (other.sha256, root.sha256[:8], " "):
        with pytest.raises(InventoryError, match=root.sha256):
            roots_from({right: told(root, digest)})
    with pytest.raises(InventoryError, match="the file's name tells"):
        roots_from({f"root-{other.sha256[:8]}.pem": told(root)})


def test_a_name_vouches_for_one_certificate_only(mint: Mint) -> None:
    """In a file of two the name says nothing."""
    first, second = mint("First"), mint("Second")
    with pytest.raises(InventoryError, match="certificate 1: nobody tells"):
        roots_from({f"x-{first.sha256[:8]}.pem": pem(first, second)})
    with pytest.raises(InventoryError, match="certificate 2: nobody tells"):
        roots_from({f"x-{first.sha256[:8]}.pem": told(first) + pem(second)})


@pytest.mark.parametrize("make", [lambda mint: mint("Inner", by="Root"), lambda mint: mint("relay", ca=False)])
def test_only_roots_are_roots(make: Callable[[Mint], Certificate], mint: Mint) -> None:
    """An intermediate or a leaf in the catalogue is refused: it would end paths where no root vouches."""
    with pytest.raises(InventoryError, match="expected a root"):
        roots_from({"roots.pem": told(make(mint))})


def test_a_file_that_is_no_catalogue(mint: Mint) -> None:
    """Nothing in it, or a damaged certificate: an InventoryError with the file's name."""
    for text in ("", "# SHA-256: 00\n", told(mint("Root")).replace("MI", "!!", 1)):
        with pytest.raises(InventoryError, match=r"^roots\.pem"):
            roots_from({"roots.pem": text})


def test_a_bundle_gives_its_roots(mint: Mint) -> None:
    """Of a bundle of others the roots are taken; intermediates, leaves and what cannot be read are left out."""
    root, last = mint("Root"), mint("Last")
    damaged = pem(mint("Damaged")).replace("MI", "!!", 1)
    text = "# a bundle\n" + pem(root, mint("Inner", by="Root"), mint("leaf", ca=False)) + damaged + pem(last)
    assert from_bundle(text, "certifi") == (Root(root, "certifi"), Root(last, "certifi"))
    assert from_bundle("no certificate\n" * 100_000, "system") == ()


def test_the_first_source_wins(mint: Mint) -> None:
    """A root that several know is listed once, with the source that was named first; equal names are not equal roots."""
    root, namesake, other = mint("Root"), mint("Root", serial=7), mint("Other")
    catalogue = roots_from({"roots.pem": told(root)})
    bundle = from_bundle(pem(namesake, root, other), "certifi")
    assert merge(catalogue, bundle, bundle) == (
        Root(root, "catalogue"),
        Root(namesake, "certifi"),
        Root(other, "certifi"),
    )
    assert merge() == ()


def test_the_catalogue_of_the_project() -> None:
    """Every root that is shipped is vouched for."""
    folder = Path(__file__).resolve().parents[2] / "inventory/trust/roots"
    texts = {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.pem")}
    assert len(roots_from(texts)) >= len(texts)


def test_the_real_roots(shared: Path) -> None:
    """Serial 0, SHA-1, no SAN: real roots are read as they are, under their real digests."""
    texts = {file.name: file.read_text() for file in (shared / "certs").glob("G*Root-*.pem") if "-by-" not in file.name}
    bundle = from_bundle("".join(texts.values()), "system")
    named = {f"{index}-{root.certificate.sha256}.pem": pem(root.certificate) for index, root in enumerate(bundle)}
    assert [root.certificate for root in roots_from(named)] == [root.certificate for root in bundle]
    assert len(bundle) == 2
