import os
import socket

import pytest

from dev import ports
from dev.ports import Ports
from dev.trouble import Trouble


@pytest.fixture
def taken():
    """A port that this process listens on."""
    with socket.socket() as listener:
        listener.bind((ports.HOST, 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_an_occupied_port_is_told_with_its_holder_and_the_way_out(taken):
    base = taken - ports.OFFSETS["mapping"]
    with pytest.raises(Trouble) as trouble:
        ports.require_free(Ports(base), ["mapping"])
    assert f"port {taken} (mapping) is held by" in trouble.value.what
    assert f"(process {os.getpid()})" in trouble.value.what
    assert "TOWNHALL_PORT=9000 make run" in trouble.value.way_out


def test_every_occupied_port_is_named_at_once(taken):
    with socket.socket() as second:
        second.bind((ports.HOST, 0))
        second.listen()
        other = second.getsockname()[1]
        town = Ports(min(taken, other))
        names = {"gateway": taken, "address": other}
        spread = {name: port - town.base for name, port in names.items()}
        with pytest.MonkeyPatch.context() as patch, pytest.raises(Trouble) as trouble:
            patch.setattr(ports, "OFFSETS", spread)
            ports.require_free(town, list(names))
    assert f"port {taken} (gateway)" in trouble.value.what
    assert f"port {other} (address)" in trouble.value.what


def test_the_way_out_is_never_the_base_that_is_occupied(taken, monkeypatch):
    monkeypatch.setattr(ports, "OFFSETS", {"gateway": taken - 9000})
    with pytest.raises(Trouble) as trouble:
        ports.require_free(Ports(9000), ["gateway"])
    assert "TOWNHALL_PORT=10000" in trouble.value.way_out


def test_free_ports_are_no_trouble():
    ports.require_free(Ports(ports.free_port()), ["gateway"])


@pytest.mark.parametrize("text", ["80", "http", "-1", "65535", "8000.0", "٨٠٠٠"])
def test_a_base_no_town_can_start_at_is_refused(text, monkeypatch):
    monkeypatch.setenv(ports.VARIABLE, text)
    with pytest.raises(Trouble, match="TOWNHALL_PORT"):
        ports.chosen()


def test_the_environment_moves_every_port(monkeypatch):
    monkeypatch.setenv(ports.VARIABLE, "23000")
    assert ports.chosen().of("postgres") == 23032
    monkeypatch.delenv(ports.VARIABLE)
    assert ports.chosen().of("gateway") == 8000
