"""A whole town, twice in the same folder: what a newcomer's second `make run` finds."""

import json
import socket
import subprocess
import sys

import psutil
import pytest

from dev import account, leftovers, ports, state

VERBS = {"cwd": state.ROOT, "text": True, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}


@pytest.fixture
def dev(tmp_path):
    """`python -m dev VERB ...` on this test's state; what runs at the end is stopped."""

    def run(verb, *arguments):
        argv = [sys.executable, "-m", "dev", verb, "--state", str(tmp_path), *arguments]
        return subprocess.run(argv, check=False, **VERBS)

    yield run
    run("down")
    account.leave(tmp_path / "postgres")


@pytest.mark.timeout(240)
def test_a_second_start_finds_its_data_and_credentials_and_a_stop_leaves_nothing(dev, tmp_path):
    start = ("--port", str(ports.free_base().base), "--data", "small")
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
    assert "This town runs already" in again.stdout

    running = list(leftovers.living(tmp_path).values())
    assert "Townhall is stopped." in dev("down").stdout
    assert not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in running)

    second = dev("up", *start)
    assert second.returncode == 0, second.stdout
    assert "properties" not in second.stdout, "its data are there"
    assert (tmp_path / "sandbox.json").read_text() == sandbox


def test_an_occupied_port_stops_the_start_with_one_message(dev, tmp_path):
    base = ports.free_base()
    with socket.socket() as listener:
        listener.bind((ports.HOST, base.of("mapping")))
        listener.listen()
        tried = dev("up", "--port", str(base.base), "--data", "none")
    assert tried.returncode == 1
    assert f"port {base.of('mapping')} (mapping) is held by" in tried.stdout
    assert "Traceback" not in tried.stdout
    assert leftovers.living(tmp_path) == {}


@pytest.mark.parametrize("asked", [("load", "no.csv", "--council", "citytown"), ("seed-gb",)])
def test_a_load_without_a_town_says_how_to_start_one(dev, asked):
    tried = dev(*asked)
    assert tried.returncode == 1
    assert "No town runs" in tried.stdout
    assert "make up" in tried.stdout
