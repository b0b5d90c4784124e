"""The lab's certificate authorities: a hierarchy like Gmail's, and every chain that a mail host may present from it.

Two roots vouch for one key: `Lab Root R1` signs itself, and `Lab Legacy Root CA` signs it across. What a mail host
presents by default ends in that cross-sign, so the issuer of the topmost presented certificate is the legacy root.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from lab.issuing import Identity, KeyType, Life, PrivateKey, issue, name, new_key, pem, pem_with_key

HOSTS = ("smtp.lab.test", "localhost", "127.0.0.1", "::1")
OTHER_HOSTS = ("other.lab.test",)

LEAF_LIFE: Life = (-10, 80)
EXPIRED: Life = (-90, -1)
NOT_YET: Life = (1, 90)
ISSUING_LIFE: Life = (-700, 1400)
ROOT_LIFE: Life = (-2400, 4800)
CROSS_LIFE: Life = (-1000, 430)  # like Gmail's, it ends on the day of the root that signed it
LEGACY_LIFE: Life = (-9000, 430.5)

LEGACY = name(
    country_name="BE",
    organization_name="Lab Legacy nv-sa",
    organizational_unit_name="Root CA",
    common_name="Lab Legacy Root CA",
)
STRANGER_ROOT = name(organization_name="Nobody", common_name="Unknown Root CA")
STRANGER = name(organization_name="Nobody", common_name="Unknown Issuing CA")


@dataclass(frozen=True)
class Chain:
    """What a mail host presents: its key, and the certificates in the order in which they are sent.

    `issuers`: the CA certificates that vouch for it, roots first, whether presented or not.
    `anchor`: the issuer of the topmost presented certificate; a router that has only roots needs this one.
    """

    key: PrivateKey
    presented: tuple[x509.Certificate, ...]
    issuers: tuple[x509.Certificate, ...]
    anchor: x509.Certificate

    @property
    def leaf(self) -> x509.Certificate:
        return self.presented[0]

    @property
    def pem(self) -> bytes:
        """Private key and presented certificates, as a mail host's TLS file holds them."""
        return pem_with_key(self.key, self.presented)


@dataclass(frozen=True)
class Authority:
    """A hierarchy as of one moment, and the chains from it by the name of their state."""

    legacy: Identity
    root: Identity
    cross: Identity  # the root's name and key, signed by `legacy`
    issuing: Identity
    chains: Mapping[str, Chain]

    @classmethod
    def mint(cls, at: datetime | None = None, *, key_type: KeyType = "ec", hosts: Iterable[str] = HOSTS) -> Authority:
        """A new hierarchy as of `at` (aware; default: now). The first of `hosts` is the leaf's common name."""
        at = (at or datetime.now(timezone.utc)).replace(microsecond=0)
        legacy = issue(at, LEGACY, new_key(key_type), LEGACY_LIFE)
        root = issue(at, lab("Lab Root R1"), new_key(key_type), ROOT_LIFE)
        cross = issue(at, root.certificate.subject, root.key, CROSS_LIFE, by=legacy)
        issuing = issue(at, lab("Lab CA 1C3"), new_key(key_type), ISSUING_LIFE, by=root)
        return cls(legacy, root, cross, issuing, chains(at, legacy, root, cross, issuing, hosts=tuple(hosts)))

    def chain(self, state: str = "cross-signed") -> Chain:
        """The chain in `state`, one of the keys of `chains`; the same one at every call."""
        if state not in self.chains:
            raise ValueError(f"no chain state {state!r}; there are: {', '.join(self.chains)}")
        return self.chains[state]

    def trust_set(self) -> str:
        """The issuers to install for this hierarchy, as a stacked PEM, roots first."""
        return pem(self.chain().issuers)


def chains(
    at: datetime, legacy: Identity, root: Identity, cross: Identity, issuing: Identity, *, hosts: tuple[str, ...]
) -> dict[str, Chain]:
    """Every chain that the lab knows, by the name of its state."""
    key = new_key("rsa" if isinstance(root.key, rsa.RSAPrivateKey) else "ec")
    next_issuing = issue(at, lab("Lab CA 1D4"), new_key("ec"), ISSUING_LIFE, by=root)
    late_issuing = issue(at, issuing.certificate.subject, issuing.key, (-700, -1), by=root)
    next_root = issue(at, lab("Lab Root R2"), new_key("ec"), ROOT_LIFE)
    next_root_issuing = issue(at, lab("Lab CA 2A1"), new_key("ec"), ISSUING_LIFE, by=next_root)
    stranger_root = issue(at, STRANGER_ROOT, new_key("ec"), ROOT_LIFE)
    stranger = issue(at, STRANGER, new_key("ec"), ISSUING_LIFE, by=stranger_root)

    def leaf(by: Identity = issuing, life: Life = LEAF_LIFE, hosts: tuple[str, ...] = hosts) -> Identity:
        return issue(at, name(common_name=hosts[0]), key, life, by=by, hosts=hosts)

    def chain(anchor: Identity, *presented: Identity, issuers: tuple[Identity, ...] = (root, legacy, issuing)) -> Chain:
        return Chain(key, certificates(presented), certificates(issuers), anchor.certificate)

    usual = leaf()
    return {
        "cross-signed": chain(legacy, usual, issuing, cross),
        "cross-sign dropped": chain(root, usual, issuing),
        "leaf renewed": chain(legacy, leaf(), issuing, cross),
        "intermediate switched": chain(
            legacy, leaf(next_issuing), next_issuing, cross, issuers=(root, legacy, next_issuing)
        ),
        "root switched": chain(
            next_root, leaf(next_root_issuing), next_root_issuing, issuers=(next_root, next_root_issuing)
        ),
        "missing intermediate": chain(issuing, usual),
        "unordered": chain(legacy, usual, cross, issuing),
        "duplicate": chain(legacy, usual, issuing, issuing, cross),
        "presented root": chain(root, usual, issuing, root),
        "presented legacy root": chain(legacy, usual, issuing, cross, legacy),
        "wrong host": chain(legacy, leaf(hosts=OTHER_HOSTS), issuing, cross),
        "expired leaf": chain(legacy, leaf(life=EXPIRED), issuing, cross),
        "expired intermediate": chain(legacy, usual, late_issuing, cross, issuers=(root, legacy, late_issuing)),
        "not yet valid": chain(legacy, leaf(life=NOT_YET), issuing, cross),
        "unknown issuer": chain(stranger_root, leaf(stranger), stranger, issuers=(stranger_root, stranger)),
    }


def lab(common_name: str) -> x509.Name:
    return name(country_name="US", organization_name="Lab Trust Services", common_name=common_name)


def certificates(identities: Iterable[Identity]) -> tuple[x509.Certificate, ...]:
    return tuple(identity.certificate for identity in identities)
