"""Servers under measurement: started, asked, and charged with the CPU time they used."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import httpx
import psutil

from bench.load import Outcome, Plan
from dev import ports

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Rate:
    """Requests per second of CPU time of the server, and what the client saw."""

    per_cpu_second: float
    outcome: Outcome


def run_load(plan: Plan) -> Outcome:
    """The plan, carried out by a process of its own. Raises RuntimeError unless every answer is a 200."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(asdict(plan)),
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
    )
    outcome = Outcome(**json.loads(done.stdout))
    if set(outcome.statuses) != {"200"}:
        raise RuntimeError(f"not all answers were 200: {outcome.statuses}")
    return outcome


def charge(server: psutil.Process, plan: Plan) -> Rate:
    """How many requests of the plan the server answers per second of its own CPU time."""
    before = _cpu(server)
    outcome = run_load(plan)
    return Rate(plan.requests / (_cpu(server) - before), outcome)


def best(rounds: int, asked: Sequence[tuple[psutil.Process, Plan]]) -> list[Rate]:
    """Each server's best of several rounds, taken in turns so that all meet the same weather."""
    measured = [[charge(process, plan) for process, plan in asked] for _ in range(rounds)]
    return [max(rates, key=lambda rate: rate.per_cpu_second) for rates in zip(*measured, strict=True)]


@contextmanager
def server(
    argv: Sequence[str], environment: Mapping[str, str], port: int, ready: str
) -> Iterator[psutil.Process]:
    """A server process that answers ``ready`` before the body starts; ended afterwards."""
    process = subprocess.Popen(
        argv,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _await(process, f"http://{HOST}:{port}{ready}")
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def free_port() -> int:
    return ports.free_port()


def _await(process: subprocess.Popen[str], url: str) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended: {process.stderr.read() if process.stderr else ''}")
        try:
            if httpx.get(url, timeout=1, trust_env=False).status_code < 500:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not answer {url}")


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system
