from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from lab.authority import Authority
from lab.mailhost import MailHost

AT = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
COMMON = x509.NameOID.COMMON_NAME


def common_name(name: x509.Name) -> str:
    return str(name.get_attributes_for_oid(COMMON)[0].value)


@pytest.mark.parametrize(
    ("state", "root", "complaint"),
    [
        ("cross-signed", "root", None),
        ("cross-signed", "legacy", None),
        ("cross-sign dropped", "root", None),
        ("cross-sign dropped", "legacy", "unable to get local issuer certificate"),
        ("leaf renewed", "root", None),
        ("intermediate switched", "legacy", None),
        ("root switched", "root", "unable to get local issuer certificate"),
        ("missing intermediate", "root", "unable to get local issuer certificate"),
        ("unordered", "legacy", None),
        ("duplicate", "legacy", None),
        ("presented root", "root", None),
        ("presented legacy root", "legacy", None),
        ("wrong host", "root", "Hostname mismatch"),
        ("expired leaf", "root", "certificate has expired"),
        ("expired intermediate", "root", "certificate has expired"),
        ("not yet valid", "root", "certificate is not yet valid"),
        ("unknown issuer", "root", "unable to get local issuer certificate"),
    ],
)
def test_openssl_judges_each_chain_as_its_state_says(
    mail_host: Callable[..., MailHost],
    client_context: Callable[[str], ssl.SSLContext],
    state: str,
    root: str,
    complaint: str | None,
) -> None:
    """OpenSSL's strict verification, with one root, accepts the good chains and names what is wrong with the others."""
    context = client_context(root)
    with smtplib.SMTP("localhost", mail_host(state).port) as client:
        if complaint is None:
            assert client.starttls(context=context)[0] == 220
        else:
            with pytest.raises(ssl.SSLCertVerificationError, match=complaint):
                client.starttls(context=context)
            client.close()


def test_the_default_chain_ends_in_a_cross_sign_of_the_root(authority: Authority) -> None:
    """Leaf, intermediate and cross-sign are presented; the root has the same name and key signed by itself."""
    chain = authority.chain()
    assert [(common_name(c.subject), common_name(c.issuer)) for c in chain.presented] == [
        ("smtp.lab.test", "Lab CA 1C3"),
        ("Lab CA 1C3", "Lab Root R1"),
        ("Lab Root R1", "Lab Legacy Root CA"),
    ]
    root, cross = authority.root.certificate, chain.presented[-1]
    assert (root.subject, root.public_key()) == (cross.subject, cross.public_key())
    assert root.issuer == root.subject


def test_the_trust_set_holds_the_issuers_roots_first(authority: Authority) -> None:
    """The PEM to install has the self-signed root, the legacy root and the intermediate, in this order."""
    installed = x509.load_pem_x509_certificates(authority.trust_set().encode())
    assert [common_name(c.subject) for c in installed] == ["Lab Root R1", "Lab Legacy Root CA", "Lab CA 1C3"]


def test_a_chain_stays_the_same(authority: Authority) -> None:
    """Asking twice for a state gives one chain, so that what is served and what is installed fit."""
    assert all(authority.chain(state) is authority.chain(state) for state in authority.chains)


def test_an_unknown_state_is_refused_with_the_known_ones() -> None:
    """A mistyped state is an error that lists the states."""
    with pytest.raises(ValueError, match="no chain state 'crosssigned'; there are: cross-signed, "):
        Authority.mint(AT).chain("crosssigned")


def test_times_are_those_given() -> None:
    """A hierarchy minted for a given day is valid around that day, whatever the day of the test."""
    authority = Authority.mint(AT)
    assert authority.chain().leaf.not_valid_before_utc == AT - timedelta(days=10)
    assert authority.chain("expired leaf").leaf.not_valid_after_utc == AT - timedelta(days=1)
    assert authority.chain("not yet valid").leaf.not_valid_before_utc == AT + timedelta(days=1)


def test_rsa_and_other_names_are_there_on_request() -> None:
    """Keys can be RSA, and the leaf can be for any names and addresses."""
    leaf = Authority.mint(AT, key_type="rsa", hosts=["mail.lab.test", "192.0.2.7"]).chain().leaf
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert isinstance(leaf.public_key(), rsa.RSAPublicKey)
    assert common_name(leaf.subject) == "mail.lab.test"
    assert [str(name.value) for name in names] == ["mail.lab.test", "192.0.2.7"]
