"""Drains Envoy before it is stopped: its answers close their connections, and requests in flight end.

Envoy itself stops at SIGTERM without waiting for anything, so whoever stops it drains it first.
"""

import time

import httpx

_POLL = 0.1  # seconds
_ACTIVE = r"^http\..*\.downstream_rq_active$"
_OWN = ("http.admin.", "http.async-client.")  # not requests of clients


def drain(admin_port: int, wait: float, timeout: float) -> int:
    """Drain Envoy; return the number of requests that are left.

    It serves on for ``wait`` seconds, in which load balancers turn away, and then until no request is in
    flight or ``timeout`` seconds have passed since the beginning. Raises httpx.HTTPError.
    """
    started = time.monotonic()
    with httpx.Client(base_url=f"http://127.0.0.1:{admin_port}", timeout=5, trust_env=False) as admin:
        admin.post("/healthcheck/fail").raise_for_status()
        time.sleep(wait)
        while (left := _count_requests(admin)) and time.monotonic() - started < timeout:
            time.sleep(_POLL)
    return left


def _count_requests(admin: httpx.Client) -> int:
    answer = admin.get("/stats", params={"filter": _ACTIVE}).raise_for_status()
    lines = (line.partition(": ") for line in answer.text.splitlines())
    return sum(int(value) for name, _, value in lines if not name.startswith(_OWN))
