"""What `mailtrust init` writes: complete, and right by the same rules that `mailtrust check` applies."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path

import pytest
import yaml
from nornir.core.inventory import Inventory
from nornir.plugins.inventory import SimpleInventory

from mailtrust import settings
from mailtrust.certificates import from_pem
from mailtrust.desired import desired
from mailtrust.errors import UsageError
from mailtrust.lint import lint
from mailtrust.secret import Secret
from mailtrust.trust_file import trust_set
from runbooks.init import FILES, init

ROOT = Path(__file__).resolve().parents[2]
WRITTEN_IN = datetime(2026, 12, 1, tzinfo=timezone.utc)
PUBLIC_ROOTS = {
    "GTS Root R1": "d947432abde7b7fa90fc2e6b59101b1280e0e1c7e4e40fa3c6887fff57a7f4cf",
    "GTS Root R2": "8d25cd97229dbf70356bda4eb3cc734031e24cf00fafcfd32dc76eb5841c7ea8",
    "GTS Root R3": "34d8a73ee208d9bcdb0d956520934b4e40e69482596e8b6f73c8426b010a6f48",
    "GTS Root R4": "349dfa4058c5e263123b398ae795573c4e1313c83fe68f93556cd5e8031b3c7d",
    "GlobalSign Root CA": "ebd41040e4bb3ec742c9e381d31ef2a41a48b6685c96e7cef3c1df6cd4331c99",
}


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    init(tmp_path / "new" / "fleet")
    return tmp_path / "new" / "fleet"


def load(path: Path) -> object:
    return yaml.safe_load(path.read_text())


def inventory(fleet: Path) -> Inventory:
    files = fleet / "inventory"
    return SimpleInventory(str(files / "hosts.yaml"), str(files / "groups.yaml"), str(files / "defaults.yaml")).load()


def test_writes_every_file_and_says_so(tmp_path: Path) -> None:
    """The paths that come back are the files that are there, each as it stands at the top of the checkout."""
    written = init(tmp_path)
    there = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert written == tuple(tmp_path / name for name in FILES)
    assert there == {name: (ROOT / name).read_bytes() for name in FILES}


def test_the_table_names_every_file_of_the_checkout() -> None:
    """Whoever adds a file to inventory/ is reminded that `init` has to write it."""
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / "inventory").rglob("*") if path.is_file()}
    assert there | {"config.yaml"} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_never_overwrites(tmp_path: Path, name: str) -> None:
    """One file in the way, and nothing at all is written; the message names it."""
    mine = tmp_path / name
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("mine")
    with pytest.raises(UsageError, match=re.escape(str(mine))):
        init(tmp_path)
    assert [(path, path.read_text()) for path in tmp_path.rglob("*") if path.is_file()] == [(mine, "mine")]


def test_a_dangling_link_is_in_the_way_too(tmp_path: Path) -> None:
    """Nothing is written through a link to somewhere else."""
    (tmp_path / "config.yaml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match=r"config\.yaml exists"):
        init(tmp_path)


def test_a_directory_that_cannot_be_one(tmp_path: Path) -> None:
    """A file where the directory should be is the user's mistake, told in one line."""
    (tmp_path / "fleet").write_text("a file")
    with pytest.raises(UsageError, match=r"fleet: cannot be written: \w"):
        init(tmp_path / "fleet")


def test_every_host_has_an_account_without_findings(fleet: Path) -> None:
    """Each router of the example has a valid login, trust and applets, and the lint finds nothing to say about them."""
    files = fleet / "inventory"
    providers = settings.providers(load(files / "providers.yaml"), file="providers.yaml")
    applets = settings.applets(load(files / "applets.yaml"), file="applets.yaml")
    hosts = inventory(fleet).hosts
    assert len(hosts) == 2
    for host in hosts.values():
        account = settings.account(host["mail"], host=host.name, resolve=lambda _: Secret("abcdefghijklmnop"))
        provider = providers[account.provider]
        chosen = [applets[name] for name in account.applets]
        trust, findings = trust_set(
            (files / str(provider.trust)).read_text(), name="gmail.pem", install=provider.install, now=WRITTEN_IN
        )
        wish = desired(account, provider, trust, chosen)
        assert (findings, lint(account, provider, chosen, wish)) == ((), ())
        assert {one.common_name: one.sha256 for one in wish.trust} == PUBLIC_ROOTS


def test_no_password_stands_in_it(fleet: Path) -> None:
    """Every password of the example is a reference."""
    passwords = re.findall(r"\bpassword: (\S+)", "".join((fleet / name).read_text() for name in FILES))
    assert passwords
    assert [one for one in passwords if not one.startswith("env:")] == []


def test_settings_of_the_product(fleet: Path) -> None:
    """config.yaml holds our settings, all of them known, and says no more than the defaults do."""
    config = load(fleet / "config.yaml")
    assert isinstance(config, dict)
    assert settings.product(config["user_defined"]["mailtrust"], file="config.yaml") == settings.Product()


def test_the_trust_file_says_what_it_holds() -> None:
    """Above each certificate stand its name, serial number, dates and SHA-256, and they are those of the certificate."""
    text = (ROOT / "inventory/trust/gmail.pem").read_text()
    told = re.findall(
        r"# (\S.*)\n#   subject .*\n#   serial +(\w+)\n#   valid +(\S+) to (\S+)\n#   key .*\n#   SHA-256 +(\w+)\n-----BEGIN",
        text,
    )
    assert told == [
        (
            one.common_name,
            _even(f"{one.serial:X}"),
            f"{one.not_before:%Y-%m-%d}",
            f"{one.not_after:%Y-%m-%d}",
            one.sha256,
        )
        for one in from_pem(text)
    ]
    assert len(told) == len(PUBLIC_ROOTS)


def _even(digits: str) -> str:
    return digits.zfill(len(digits) + len(digits) % 2)
