"""What a probe computes is what a router needs: an emulated one, which judges by rules of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from lab.authority import Authority
from lab.mailhost import MailHost
from mailtrust.certificates import from_der, from_pem
from mailtrust.trust_text import write
from runbooks.probe import probe
from tests.support.provider import (
    DEADLINE,
    Looked,
    only,
    sent,
    trust_file,
    vouch,
)
from tests.support.world import Wish, router, world

REFUSED_BY_DATE = {"expired leaf", "expired intermediate", "not yet valid"}
ACCEPTED = sorted(
    set(Authority.mint().chains) - REFUSED_BY_DATE - {"unknown issuer"}
)  # a router compares no host names


@pytest.mark.parametrize("state", ACCEPTED)
@pytest.mark.parametrize("policy", ["anchors", "issuers", "all"])
def test_the_computed_set_sends_mail(
    state: str, policy: str, looked: Looked, authority: Authority, mail_host: MailHost
) -> None:
    """With the set of any policy the emulated router, which judges by rules of its own, sends its mail."""
    mail_host.rotate(authority.chain(state))
    chosen = only(looked(state)).judgements[0].sets[policy]
    assert sent(mail_host, chosen).reason is None


@pytest.mark.parametrize("state", ACCEPTED)
def test_without_a_needed_anchor_no_mail_is_sent(
    state: str, looked: Looked, authority: Authority, mail_host: MailHost
) -> None:
    """Take any one of the needed anchors out of the set, and the router refuses the server."""
    mail_host.rotate(authority.chain(state))
    judgement = only(looked(state)).judgements[0]
    assert judgement.anchors
    for anchor in judgement.anchors:
        rest = [one for one in judgement.sets["anchors"] if one != anchor]
        assert sent(mail_host, rest).reason is not None, anchor.subject
    assert mail_host.messages() == ()


@pytest.mark.parametrize("state", sorted(REFUSED_BY_DATE))
def test_what_is_an_error_here_fails_there(
    state: str, looked: Looked, authority: Authority, mail_host: MailHost
) -> None:
    """A chain with a date that is wrong is in order for neither the probe nor the router, whatever is installed."""
    mail_host.rotate(authority.chain(state))
    report = looked(state)
    assert report.exit_code == 1
    everything = [from_der(one.public_bytes(Encoding.DER)) for one in authority.chain(state).issuers]
    assert sent(mail_host, everything).reason is not None


ANCHORS = Wish(provider={"install": "anchors"})


def test_a_rollout_with_the_computed_set(tmp_path: Path, authority: Authority) -> None:
    """Over real SSH: with the set that the probe wrote a router sends its mail; without the anchor another one does not."""
    with world(tmp_path, authority, [router("r1"), router("r2")], ANCHORS) as running:
        for root in (authority.legacy.certificate, authority.root.certificate):
            vouch(tmp_path, root)
        trust_file(running.config).unlink()
        probe(running.config, ["lab"], server=f"127.0.0.1:{running.mail.port}", update=True, deadline=DEADLINE)
        good = running.run("rollout", "--limit", "r1")
        needless = [one for one in from_pem(trust_file(running.config).read_text()) if one.common_name == "Lab Root R1"]
        trust_file(running.config).write_text(write("lab", [(needless[0], "the anchor is missing", "a person's slip")]))
        bad = running.run("rollout", "--limit", "r2")
    assert (good.code, good.hosts["r1"]["mail"]["sent"]) == (0, True)
    assert (bad.code, bad.hosts["r2"]["mail"]["sent"], "MT301" in bad.codes("r2")) == (1, False, True)
