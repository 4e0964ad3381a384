"""A whole stack, started twice in the same folder, as by a second `make run`."""

import json
import socket
import subprocess
import sys

import psutil
import pytest

from dev import orphans, ports, state, unix_user

OPTIONS = {"cwd": state.ROOT, "text": True, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}


@pytest.fixture
def dev(tmp_path):
    """Runs `python -m dev VERB ...` on this test's state; what still runs at the end is stopped."""

    def run(verb, *arguments):
        argv = [sys.executable, "-m", "dev", verb, "--state", str(tmp_path), *arguments]
        return subprocess.run(argv, check=False, **OPTIONS)

    yield run
    run("down")
    unix_user.remove_fallback(tmp_path / "postgres")


@pytest.mark.timeout(600)  # a whole platform twice, on machines half as fast too
@pytest.mark.long
def test_a_second_start_finds_its_data_and_credentials_and_a_stop_leaves_nothing(dev, tmp_path):
    start = ("--port", str(ports.free_ports().base), "--data", "small")
    first = dev("up", *start)
    assert first.returncode == 0, first.stdout
    assert "citytown: 3,515 properties" in first.stdout
    sandbox = (tmp_path / "sandbox.json").read_text()
    assert set(json.loads(sandbox)["councils"]) == {"citytown", "hillshire"}
    assert (tmp_path / "sandbox.json").stat().st_mode & 0o777 == 0o600
    listed = dev("status").stdout
    for name in ("envoy", "postgres", "nats", "address-worker", "gateway", "sum"):
        assert name in listed, name

    again = dev("up", *start)
    assert again.returncode == 1
    assert "Townhall runs already" in again.stdout

    running = list(orphans.find_running(tmp_path).values())
    assert "Townhall is stopped." in dev("down").stdout
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in running)

    second = dev("up", *start)
    assert second.returncode == 0, second.stdout
    assert "properties" not in second.stdout, "its data are there"
    assert (tmp_path / "sandbox.json").read_text() == sandbox


def test_an_occupied_port_stops_the_start_with_one_message(dev, tmp_path):
    free = ports.free_ports()
    with socket.socket() as listener:
        listener.bind((ports.HOST, free.of("mapping")))
        listener.listen()
        result = dev("up", "--port", str(free.base), "--data", "none")
    assert result.returncode == 1
    assert f"port {free.of('mapping')} (mapping) is held by" in result.stdout
    assert "Traceback" not in result.stdout
    assert orphans.find_running(tmp_path) == {}


@pytest.mark.parametrize("arguments", [("load", "no.csv", "--council", "citytown"), ("seed-gb",)])
def test_a_load_without_a_running_stack_says_how_to_start_it(dev, arguments):
    result = dev(*arguments)
    assert result.returncode == 1
    assert "Townhall does not run" in result.stdout
    assert "make up" in result.stdout
