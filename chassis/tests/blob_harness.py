"""Places for blobs: a directory, and a bucket of moto's S3 server in a process of its own."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import httpx

from dev import ports

BUCKET = "townhall-test"
MIB = 1_048_576


@contextmanager
def running_s3():
    """Run moto's server with an empty bucket, and yield its URL."""
    port = ports.free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _make_bucket(url)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _make_bucket(url):
    for _ in range(200):
        with suppress(httpx.TransportError):
            return httpx.put(f"{url}/{BUCKET}", trust_env=False).raise_for_status()
        time.sleep(0.1)
    raise AssertionError("moto's server did not start")


async def produce(size, piece=64 * 1024, *, head=b""):
    """Produce so many bytes, piece by piece."""
    yield head
    left = size - len(head)
    while left > 0:
        yield b"x" * min(piece, left)
        left -= piece


async def collect(chunks):
    return b"".join([chunk async for chunk in chunks])
