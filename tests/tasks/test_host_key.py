"""known_hosts files of every kind, and asking servers for their keys without a login."""

from __future__ import annotations

import pytest
from nornir.core import Nornir
from nornir.core.configuration import Config
from nornir.core.inventory import Defaults, Groups, Host, Hosts, Inventory
from nornir.plugins.runners import ThreadedRunner

from mailtrust.errors import InventoryError
from mailtrust.host_keys import HostKey
from tasks.host_key import KnownHosts, Presented, look_up, scan_host_keys
from tests.support.doors import Door, doors, key


def line(name, key_):
    return Door(keys=[key_]).line(name)


def known_hosts(tmp_path, *lines, name="known_hosts"):
    path = tmp_path / name
    path.write_text("".join(lines))
    return KnownHosts.read(path)


def blob(key_):
    return HostKey(key_.convert_to_public().public_data)


@pytest.fixture(scope="module")
def keys():
    return [key(), key(), key("ecdsa")]


def test_the_port_belongs_to_the_name(tmp_path, keys):
    """`[host]:port` is one server and `host` another; patterns and lists of names are understood."""
    one, two, three = keys
    file = known_hosts(tmp_path, line("[r1]:2222,[r2]:2222", one), line("r1", two), line("[10.0.0.*]:2022", three))
    assert look_up([file], "R1", 2222).keys == look_up([file], "r2", 2222).keys == (blob(one),)
    assert look_up([file], "r1", None).keys == look_up([file], "r1", 22).keys == (blob(two),)
    assert look_up([file], "10.0.0.9", 2022).keys == (blob(three),)
    assert look_up([file], "r1", 23).keys == ()


def test_all_types_of_a_host_are_known(tmp_path, keys):
    """Every line of a host counts, not only the last."""
    file = known_hosts(tmp_path, *(line("r1", each) for each in keys))
    assert look_up([file], "r1", 22).keys == tuple(map(blob, keys))


def test_the_first_file_that_knows_a_host_decides(tmp_path, keys):
    """Later files are for hosts that the first does not know; what any of them revokes is revoked."""
    one, two, three = keys
    first = known_hosts(tmp_path, line("r1", one))
    second = known_hosts(tmp_path, line("r1", two), line("r2", two), f"@revoked {line('*', three)}", name="second")
    found = look_up([first, second], "r1", 22)
    assert (found.keys, found.revoked, found.files) == ((blob(one),), (blob(three),), (str(first.path),))
    assert look_up([first, second], "r2", 22).files == (str(second.path),)
    assert look_up([first, second], "r3", 22).files == (str(first.path), str(second.path))


def test_a_file_that_is_not_there_knows_nobody(tmp_path):
    """No file is an empty file: every host is unknown, and the file is named."""
    found = look_up([KnownHosts.read(tmp_path / "none")], "r1", 22)
    assert (found.keys, found.files) == ((), (str(tmp_path / "none"),))


@pytest.mark.parametrize("broken", ["nonsense", "@unknown r1 {key}", "|1|bad {key}"])
def test_a_broken_line_is_told(tmp_path, keys, broken):
    """A line that cannot be read might be the one that revokes a key: it is an error with file and line."""
    with pytest.raises(InventoryError, match=r"known_hosts:2: "):
        known_hosts(tmp_path, line("r1", keys[0]), broken.format(key=line("r1", keys[0])[3:]))


# --- asking ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def open_door():
    with doors() as open_:
        yield open_


def asked(*ports):
    hosts = Hosts({f"r{number}": Host(f"r{number}", "127.0.0.1", port) for number, port in enumerate(ports)})
    nornir = Nornir(Inventory(hosts, Groups(), Defaults()), runner=ThreadedRunner(4), config=Config())
    result = nornir.run(task=scan_host_keys(5))
    answers: list[Presented] = [result[name][0].result for name in hosts]
    return answers


def test_a_server_is_asked_for_all_its_keys(open_door, keys):
    """Every type is asked for, nobody logs in, and a server without one of the types still shows the others."""
    rsa = key("rsa")
    whole, part = open_door(keys[0], keys[2], rsa), open_door(rsa)
    answers = asked(whole.port, part.port)
    assert [set(answer.keys) for answer in answers] == [{blob(keys[0]), blob(keys[2]), blob(rsa)}, {blob(rsa)}]
    assert [answer.failure for answer in answers] == [None, None]
    assert whole.heard == part.heard == []


def test_who_does_not_answer_is_told(open_door, keys):
    """A host where nobody listens is MT401, and does not disturb the others."""
    nobody, somebody = asked(9, open_door(keys[0]).port)
    assert nobody.keys == ()
    assert nobody.failure is not None
    assert nobody.failure.code == "MT401"
    assert nobody.failure.text.startswith("127.0.0.1:9: ")
    assert somebody.keys == (blob(keys[0]),)
