"""Measurement of servers: they are started, get requests, and are charged with the CPU time they use."""

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

from bench.load_generator import LoadPlan, LoadResult

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Rate:
    """Requests per second of the server's CPU time, and what the client saw."""

    per_cpu_second: float
    result: LoadResult


def run_load(plan: LoadPlan) -> LoadResult:
    """Run the load generator as a process. Raises RuntimeError unless every answer is a 200 or 201."""
    completed = subprocess.run(
        [sys.executable, "-m", "bench.load_generator"],
        input=json.dumps(asdict(plan)),
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
    )
    result = LoadResult(**json.loads(completed.stdout))
    if not result.statuses.keys() <= {"200", "201"}:
        raise RuntimeError(f"not all answers were 200 or 201: {result.statuses}, {plan.paths[0]} ...")
    return result


def measure_rate(server: psutil.Process, plan: LoadPlan) -> Rate:
    """Measure how many requests the server answers per second of its own CPU time."""
    before = cpu_seconds(server)
    result = run_load(plan)
    return Rate(plan.requests / (cpu_seconds(server) - before), result)


def best_rates(rounds: int, servers: Sequence[tuple[psutil.Process, LoadPlan]]) -> list[Rate]:
    """Measure the servers in turns, so that other work slows all alike; return each one's best round."""
    measured = [[measure_rate(process, plan) for process, plan in servers] for _ in range(rounds)]
    return [max(rates, key=lambda rate: rate.per_cpu_second) for rates in zip(*measured, strict=True)]


@contextmanager
def server(
    argv: Sequence[str], environment: Mapping[str, str], port: int, ready_path: str
) -> Iterator[psutil.Process]:
    """Run a server; it answers ``ready_path`` before the body starts, and is stopped afterwards."""
    process = subprocess.Popen(
        argv,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _wait_until_ready(process, f"http://{HOST}:{port}{ready_path}")
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _wait_until_ready(process: subprocess.Popen[str], url: str) -> None:
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


def cpu_seconds(process: psutil.Process) -> float:
    """Return the user and system time of a process."""
    times = process.cpu_times()
    return times.user + times.system


def resident_megabytes(process: psutil.Process) -> float:
    """Return the resident memory of a process."""
    return float(process.memory_info().rss) / 1e6
