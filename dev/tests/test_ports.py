import os
import socket

import pytest

from dev import ports
from dev.errors import UserError
from dev.ports import Ports


@pytest.fixture
def occupied():
    """A port that this process listens on."""
    with socket.socket() as listener:
        listener.bind((ports.HOST, 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_the_error_names_an_occupied_port_and_its_holder(occupied):
    base = occupied - ports.OFFSETS["mapping"]
    with pytest.raises(UserError) as raised:
        ports.require_free(Ports(base), ["mapping"])
    assert f"port {occupied} (mapping) is held by" in raised.value.problem
    assert f"(process {os.getpid()})" in raised.value.problem
    assert "TOWNHALL_PORT=9000 make run" in raised.value.remedy


def test_every_occupied_port_is_named_at_once(occupied):
    with socket.socket() as second:
        second.bind((ports.HOST, 0))
        second.listen()
        second_port = second.getsockname()[1]
        stack_ports = Ports(min(occupied, second_port))
        by_name = {"gateway": occupied, "address": second_port}
        offsets = {name: port - stack_ports.base for name, port in by_name.items()}
        with pytest.MonkeyPatch.context() as patch, pytest.raises(UserError) as raised:
            patch.setattr(ports, "OFFSETS", offsets)
            ports.require_free(stack_ports, list(by_name))
    assert f"port {occupied} (gateway)" in raised.value.problem
    assert f"port {second_port} (address)" in raised.value.problem


def test_the_remedy_proposes_another_base(occupied, monkeypatch):
    monkeypatch.setattr(ports, "OFFSETS", {"gateway": occupied - 9000})
    with pytest.raises(UserError) as raised:
        ports.require_free(Ports(9000), ["gateway"])
    assert "TOWNHALL_PORT=10000" in raised.value.remedy


def test_free_ports_raise_nothing():
    ports.require_free(Ports(ports.free_port()), ["gateway"])


@pytest.mark.parametrize("text", ["80", "http", "-1", "65535", "8000.0", "٨٠٠٠"])
def test_an_impossible_base_is_refused(text, monkeypatch):
    monkeypatch.setenv(ports.VARIABLE, text)
    with pytest.raises(UserError, match="TOWNHALL_PORT"):
        ports.choose_ports()


def test_the_environment_moves_every_port(monkeypatch):
    monkeypatch.setenv(ports.VARIABLE, "23000")
    assert ports.choose_ports().of("postgres") == 23032
    monkeypatch.delenv(ports.VARIABLE)
    assert ports.choose_ports().of("gateway") == 8000
