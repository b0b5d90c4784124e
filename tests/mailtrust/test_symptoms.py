"""What a router's log says about its mail: one folder a case in tests/cases/symptoms."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrust.applet import marker
from mailtrust.findings import Finding
from mailtrust.symptoms import lookups, missing_issuer, unfinished, verdict

CASES = sorted((Path(__file__).resolve().parents[1] / "cases/symptoms").iterdir())
RUN = "7f3a01bc"


def told(findings: Sequence[Finding]) -> list[str]:
    return [f"{finding.code} {finding.text}" for finding in findings]


def text(case: Path, kind: str) -> str:
    return (case / f"{kind}.txt").read_bytes().decode()


@pytest.mark.parametrize("case", [case for case in CASES if (case / "log.txt").exists()], ids=lambda case: case.name)
def test_log(case: Path) -> None:
    """A log gives exactly this state and these findings, and no finding repeats a server string."""
    expected = json.loads((case / "expected.json").read_text())
    judged = verdict(text(case, "log"), RUN)
    assert {"state": judged.state, "findings": told(judged.findings)} == expected
    assert "alerts" not in "".join(expected["findings"])


@pytest.mark.parametrize("case", [case for case in CASES if (case / "debug.txt").exists()], ids=lambda case: case.name)
def test_debug(case: Path) -> None:
    """A debug log gives exactly these look-ups and this reason."""
    expected = json.loads((case / "expected.json").read_text())
    log = text(case, "debug")
    assert {"lookups": list(map(list, lookups(log))), "findings": told(missing_issuer(log))} == expected


def test_an_unfinished_run_has_a_finding() -> None:
    """What the caller tells when its patience is over."""
    assert (unfinished().code, unfinished().severity) == ("MT306", "error")


# --- laws ----------------------------------------------------------------------------------------------------------

_LINES = st.sampled_from(
    [
        f"%HA_EM-5-LOG: mailtrust-test: {marker('BEGIN', RUN)}",
        f"%HA_EM-5-LOG: mailtrust-test: {marker('END', RUN)}",
        "%HA_EM-3-FMPD_SMTP: Error occurred when sending mail to SMTP server: u:geheim@h : timeout error",
        "%HA_EM-3-FMPD_SMTP: geheim",
        "%HA_EM-3-FMPD_ERROR: Error executing applet mailtrust-test statement 0020",
        "Buffer logging: disabled",
        'CRYPTO_PKI(Cert Lookup) issuer="cn=x" serial number= 01',
        "No suitable trustpoints found",
        "Certificate verification has failed",
    ]
)


@given(st.lists(_LINES | st.text(max_size=20), max_size=12).map("\n".join))
def test_any_log_has_a_verdict(log: str) -> None:
    """Whatever a log holds there is a verdict: sent without a finding, failed and unseen with one, never a password."""
    judged = verdict(log, RUN)
    assert bool(judged.findings) == (judged.state in {"failed", "unseen"})
    assert "geheim" not in "".join(told(judged.findings))
    assert len(missing_issuer(log)) <= 1
    assert all(issuer for issuer, _ in lookups(log) if "cn=x" in issuer)


@given(before=st.lists(_LINES, max_size=5), after=st.lists(_LINES, max_size=5))
def test_only_the_last_run_counts(before: list[str], after: list[str]) -> None:
    """What stands before the last beginning changes nothing."""
    begin = f"%HA_EM-5-LOG: mailtrust-test: {marker('BEGIN', RUN)}"
    assert verdict("\n".join([*before, begin, *after]), RUN) == verdict("\n".join([begin, *after]), RUN)


@given(st.text(max_size=12))
def test_any_run_id_is_taken_literally(run_id: str) -> None:
    """A run id is text, never a pattern."""
    begin = "%HA_EM-5-LOG: mailtrust-test: MAILTRUST-BEGIN 7f3a01bc"
    assert verdict(begin, run_id).state == ("running" if run_id.strip() == RUN else "unseen")


# --- the seed ------------------------------------------------------------------------------------------------------


def test_the_seeds_working_log(shared: Path) -> None:
    """The three look-ups that the seed names, without the router's own certificate; nothing is missing."""
    log = (shared / "transcripts/seed/debug_success.log").read_text()
    assert lookups(log) == (
        ("cn=GTS CA 1C3,o=Google Trust Services LLC,c=US", "5287E040A4FEF7071268B04FDDDDF0F4"),
        ("cn=GTS Root R1,o=Google Trust Services LLC,c=US", "0203BC53596B34C718F5015066"),
        ("cn=GlobalSign Root CA,ou=Root CA,o=GlobalSign nv-sa,c=BE", "77BD0D6CDB36F91AEA210FC4F058D30D"),
    )
    assert missing_issuer(log) == ()


def test_the_seeds_failing_log(shared: Path) -> None:
    """The issuer that the seed's router lacked is named."""
    (finding,) = missing_issuer((shared / "transcripts/seed/debug_fail_bad_certificate.log").read_text())
    assert finding.code == "MT301"
    assert "'cn=GlobalSign Root CA,ou=Root CA,o=GlobalSign nv-sa,c=BE'" in finding.text
    assert "77BD0D6CDB36F91AEA210FC4F058D30D" in finding.text


def test_real_logs_are_unseen(shared: Path) -> None:
    """No recorded log of somebody else's router is taken for a test of ours, and each gives its buffer's state."""
    logs = sorted((shared / "transcripts/show-logging").glob("*.txt"))
    assert len(logs) > 5
    for path in logs:
        judged = verdict(path.read_text(), RUN)
        assert judged.state == "unseen"
        assert ("nothing of" in judged.findings[0].text) == ("Buffer logging:" not in path.read_text())
