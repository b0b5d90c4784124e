"""One router is in one run's hands at a time, under whatever names it stands in whichever inventories."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from lab.personality import Faults
from mailtrust.errors import UsageError
from runbooks import claims
from runbooks.claims import Door, claimed, doors, doubles
from runbooks.fleet import open_fleet
from tasks.addresses import written
from tests.support.inventory import write_fleet
from tests.support.runs import Fresh, fresh, started
from tests.support.world import Ran, Wish, World, edited, router, run_cli

NAMES = {"one.example": "192.0.2.1", "two.example": "192.0.2.1", "lost.example": "198.51.100.7"}


def looked_up(names):
    """A name server that knows these names and no others."""
    return {name: found or frozenset([NAMES[name]] if name in NAMES else []) for name, found in written(names).items()}


def behind(**extras):
    return {"connection_options": {"scrapli": {"extras": {"transport": "system", **extras}}}}


@pytest.mark.parametrize(
    ("first", "second", "place"),
    [
        ({"hostname": "R1.Example"}, {"hostname": "r1.example."}, "r1.example port 22"),
        ({"hostname": "192.0.2.9"}, {"hostname": "192.0.2.9", "port": 22}, "192.0.2.9 port 22"),
        ({"hostname": "2001:DB8::0:1"}, {"hostname": "2001:db8:0::1"}, "2001:db8::1 port 22"),
        ({"hostname": "::ffff:192.0.2.9"}, {"hostname": "192.0.2.9"}, "192.0.2.9 port 22"),
        ({"hostname": "one.example"}, {"hostname": "two.example"}, "192.0.2.1 port 22"),
        ({"hostname": "192.0.2.1", "port": 2222}, {"hostname": "two.example", "port": 2222}, "192.0.2.1 port 2222"),
        ({"hostname": "r2"}, {}, "r2 port 22"),
        ({"hostname": "r1"}, {"hostname": "r1", **behind()}, "r1 port 22"),
        ({"hostname": "r1", "port": 22}, {"hostname": "r1", "port": 2222}, None),
        ({"hostname": "one.example"}, {"hostname": "lost.example"}, None),
        ({"hostname": "unknown.example"}, {"hostname": "nowhere.example"}, None),
        ({"hostname": "192.0.2.9"}, {"hostname": "192.0.2.9", **behind(ssh_config_file="berlin")}, None),
        (
            {"hostname": "192.0.2.9", **behind(transport_options={"open_cmd": ["-J", "berlin"]})},
            {"hostname": "192.0.2.9", **behind(transport_options={"open_cmd": ["-J", "paris"]})},
            None,
        ),
    ],
)
def test_what_is_one_router(tmp_path, first, second, place):
    """Address and port in one spelling, and what the names mean; another port or jump host is another router."""
    fleet = open_fleet(write_fleet(tmp_path, {"r1": first, "r2": second}))
    expected = {} if place is None else {("r1", "r2"): place}
    assert doubles(doors(fleet.hosts, looked_up)) == expected


def test_many_doubles_are_told_in_one_line():
    """One pair, how many more there are, and what to do."""
    places = {name: Door(name, (f"192.0.2.{number % 2} port 22",)) for number, name in enumerate("abcdefg")}
    with pytest.raises(UsageError) as refused:
        claims.judged({}, places, changing=True)
    assert str(refused.value) == (
        "hosts a and c both lead to 192.0.2.0 port 22 (so do 2 more); 1 more such places: one router would be changed "
        "twice at once; keep one of them in the inventory, or leave the other out with --limit '!c'"
    )
    assert claims.remarks(places)["a"][0].text == "192.0.2.0 port 22 is also c, e, g"
    crowd = {str(number): Door(str(number), ("r port 22",)) for number in range(300)}
    assert claims.remarks(crowd)["7"][0].text == "r port 22 is also 0, 1, 2 and 296 more"


# --- within a run, by the command line -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fleet(worlds) -> Fresh:
    specs = [router("mute", faults=Faults(at="run", act="hang", times=99)), router("r1"), router("r2")]
    made = fresh(worlds(specs, Wish(product={"burst_seconds": 100})))
    with edited(made.world.directory / "inventory/hosts.yaml") as hosts:
        hosts["again"] = {**hosts["r1"], "hostname": "localhost"}
    return made


@pytest.fixture(autouse=True)
def _state(tmp_path_factory, monkeypatch):
    """Claims of a user of his own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


def folder() -> Path:
    return Path(os.environ["XDG_STATE_HOME"]) / "mailtrust/claims"


@pytest.mark.parametrize("verb", ["rollout", "rollback"])
def test_two_names_of_one_router_are_refused(fleet, verb):
    """Exit code 2 with both names, address, port and the way out; no run begins, and the router is as it was."""
    world, port = fleet.world, fleet.world.fleet.routers["r1"].port
    fleet.reset()
    earlier = fleet.go("rollout", "r1").path
    if verb == "rollback":  # as if an older release had changed it under both names
        journal = earlier / "journal.jsonl"
        text = journal.read_text(encoding="utf-8")
        journal.write_text(text + text.replace('"r1"', '"again"'), encoding="utf-8")
    before = world.runs(), world.configured()
    done = run_cli(verb, *([earlier] if verb == "rollback" else []), "--config", world.config, "--yes")
    assert (done.code, done.err.count("\n")) == (2, 1), done.err
    assert done.err.startswith(f"mailtrust: hosts r1 and again both lead to 127.0.0.1 port {port}: ")
    assert "--limit '!again'" in done.err
    assert (world.runs(), world.configured()) == before


def test_one_of_two_names_may_be_changed(fleet):
    """Nothing is wrong with a run that has only one of them."""
    fleet.reset()
    told = fleet.go("rollout", "r1", "r2")
    assert (told.code, told.states()) == (0, {"r1": "changed", "r2": "changed"})


@pytest.mark.parametrize("verb", ["plan", "verify"])
def test_who_only_looks_is_warned(fleet, verb):
    """MT419 at both names; the look itself goes on."""
    told = fleet.go(verb, "r1", "r2", "again")
    assert {name: "MT419" in told.codes(name) for name in told.states()} == {"r1": True, "r2": False, "again": True}
    assert {host.state for host in told.hosts.values()} <= {"planned", "unchanged"}


# --- between runs --------------------------------------------------------------------------------------------------


def copy_of(world: World, directory: Path) -> World:
    """Somebody's own copy of the fleet's files, with runs of its own and other names."""
    shutil.copytree(world.directory / "inventory", directory / "inventory")
    shutil.copy(world.config, directory / "config.yaml")
    with edited(directory / "inventory/hosts.yaml") as hosts:
        hosts["silent"] = {**hosts.pop("mute"), "hostname": "LOCALHOST"}
        hosts.pop("again")
    return World(directory, directory / "config.yaml", world.authority, world.mail, world.fleet)


def test_a_run_over_another_copy_is_refused(fleet, tmp_path):
    """Exit code 2 with process, time and router, before anything starts; other routers are free; kill -9 frees all."""
    fleet.reset()
    other, port = copy_of(fleet.world, tmp_path), fleet.world.fleet.routers["mute"].port
    with started(fleet.world, "rollout", "--limit", "mute") as holder:
        holder.until("host-changing")
        refused = run_cli("rollout", "--config", other.config, "--yes")
        said = (
            f"mailtrust: silent (127.0.0.1 port {port}) is in the hands of process {holder.process.pid}, rollout with "
        )
        assert (refused.code, other.runs()) == (2, set())
        assert said in refused.err
        assert " UTC; wait for it to end" in refused.err
        assert other.run("rollout", "--limit", "r1").code == 0
        assert other.run("plan", "--limit", "silent").states() == {"silent": "planned"}, "looking needs no claim"
        holder.process.kill()
        holder.process.wait()
        free: Ran = other.run("rollout", "--limit", "r2", "--limit", "r1")
    assert free.code == 0
    assert sorted(path.name for path in folder().iterdir()) == ["gate"], "the dead one's claim is gone as well"


PLACE = {"r": Door("r", ("192.0.2.1 port 22",))}
HOLD = """
import sys
from runbooks.claims import Door, claimed
with claimed({"r": Door("r", ("192.0.2.1 port 22",))}, "a test"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_no_claim_outlives_its_process():
    """Whatever the dead one left, in whatever state, the next one gets the router."""
    holder = subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with holder:
        assert holder.stdout.readline() == "held\n"
        with (
            pytest.raises(UsageError, match=rf"in the hands of process {holder.pid}, a test, since 2.* UTC"),
            claimed(PLACE, "me"),
        ):
            pytest.fail("two have it")
        holder.kill()
    (folder() / "1-cut.lock").touch()
    (folder() / "1-cut.json").write_text('{"routers": {"192.0', encoding="utf-8")
    with claimed(PLACE, "me"):
        assert len(list(folder().glob("*.lock"))) == 1
    with claimed(PLACE, "me again"):
        pass
    assert [path.name for path in folder().iterdir()] == ["gate"]


def test_of_many_at_once_one_gets_it():
    """Looking and claiming is one thing: of any number who come together one is let in, the others are told."""
    start, told, done = threading.Barrier(12, timeout=60), [], threading.Barrier(12, timeout=60)

    def come() -> None:
        start.wait()
        try:
            with claimed(PLACE, "me"):
                told.append("in")
                done.wait()
        except UsageError:
            told.append("refused")
            done.wait()

    threads = [threading.Thread(target=come) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["in"] + 11 * ["refused"]


def test_many_routers_cost_one_file_descriptor():
    """However many a run has."""
    many = {
        str(number): Door(str(number), (f"192.0.2.{number} port 22", f"r{number} port 22")) for number in range(900)
    }
    opened = Path("/proc/self/fd")
    if not opened.is_dir():
        pytest.skip("this system does not show what a process has open")
    before = len(list(opened.iterdir()))
    with claimed(many, "me"):
        assert len(list(opened.iterdir())) == before + 1


def test_what_happens_inside_is_not_taken_for_a_claim():
    """An error of the run itself comes out as it is, and the routers are free again."""
    with pytest.raises(PermissionError, match="mine"), claimed(PLACE, "me"):
        raise PermissionError("mine")
    with claimed(PLACE, "me"):
        pass


# --- where claims are kept -----------------------------------------------------------------------------------------


def _file(path: Path) -> None:
    path.write_text("", encoding="utf-8")


def _link(path: Path) -> None:
    (path.parent / "elsewhere").mkdir()
    path.symlink_to(path.parent / "elsewhere")


def _for_everybody(path: Path) -> None:
    path.mkdir()
    path.chmod(0o777)


@pytest.fixture
def temporary(tmp_path, monkeypatch) -> Path:
    """The second choice, where the user has no home to write to; for this process and for those that it starts."""
    _file(tmp_path / "no-folder")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "no-folder"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path / f"mailtrust-{os.getuid()}"


def test_without_a_home_there_is_a_second_choice(temporary, capsys):
    """It is this user's alone, and serves as well."""
    with claimed(PLACE, "me"), pytest.raises(UsageError, match="in the hands"), claimed(PLACE, "me too"):
        pytest.fail("two have it")
    assert temporary.stat().st_mode & 0o777 == 0o700
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("laid", [_file, _link, _for_everybody])
def test_a_folder_that_others_have_laid_is_not_used(temporary, laid, capsys):
    """The run goes on without claims, and says so: neither a full disk nor a neighbour keeps anybody from his routers."""
    laid(temporary)
    with claimed(PLACE, "me"):
        pass
    told = capsys.readouterr().err
    assert told.startswith(f"other runs cannot see which routers this one changes ({temporary}: ")
    assert told.count("\n") == 1
    assert not temporary.is_dir() or list(temporary.iterdir()) == []


def test_a_run_without_claims_does_its_work(fleet, temporary):
    """Exit code 0, and one line more on standard error."""
    _file(temporary)
    fleet.reset()
    done = fleet.world.run("rollout", "--limit", "r2")
    assert (done.code, "other runs cannot see which routers this one changes" in done.err) == (0, True)
