"""A probe of a real Postfix whose chain is exchanged while it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.authority import Authority
from mailtrust.certificates import from_pem
from runbooks.probe import probe
from runbooks.probe_report import ProbeReport
from tests.support.postfix import Postfix
from tests.support.provider import codes, drifted, files, named, only, trust_file


class Probe:
    """A probe of the provider ``lab``, whose server is Postfix for now."""

    def __init__(self, config: Path, port: int) -> None:
        self.config, self.server = config, f"127.0.0.1:{port}"

    def __call__(self, **options: object) -> ProbeReport:
        return probe(self.config, ["lab"], server=self.server, deadline=30, **options)


def test_a_year_of_a_provider(tmp_path: Path, authority: Authority, postfix: Postfix) -> None:
    """Leaf renewed, cross-sign dropped: nobody need notice. Root switched: drift until the update, and then in order again."""
    looked = Probe(files(tmp_path, authority), postfix.ports["usual"])
    assert looked(check=True).exit_code == 0
    for unnoticed in ("leaf renewed", "cross-sign dropped"):
        postfix.present(authority.chain(unnoticed))
        report = looked(check=True)
        assert (codes(report), drifted(report), report.exit_code) == (set(), set(), 0)
    postfix.present(authority.chain("root switched"))
    report = looked(check=True)
    assert ("MT541" in drifted(report), report.exit_code) == (True, 4)
    looked(update=True)
    assert "Lab Root R2" in named(from_pem(trust_file(looked.config).read_text()))
    assert looked(check=True).exit_code == 0
    postfix.present(authority.chain())  # the provider changes its mind
    assert looked(check=True).exit_code == 0


@pytest.mark.parametrize(("way", "code"), [("TLS 1.3 only", "MT553"), ("no STARTTLS", "MT552")])
def test_what_a_router_cannot_use(way: str, code: str, tmp_path: Path, authority: Authority, postfix: Postfix) -> None:
    """What Postfix does not offer to routers is the finding that the lab's host gives for it."""
    report = Probe(files(tmp_path, authority), postfix.ports[way])()
    assert (codes(report), report.exit_code) == ({code}, 1)
    assert only(report).proposal is None
