"""Sign-ins with a password, through the page's own form."""

import asyncio
import re
import time
from datetime import UTC, datetime

import asyncpg
import httpx
import psutil
from argon2 import PasswordHasher

from bench.figures import Figure
from bench.measurement import HOST, cpu_seconds
from chassis import ids

PEOPLE = 160
_CONCURRENCY = 8
_PASSWORD = "a long password of the bench"  # noqa: S105 - of people who live as long as the run
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # as OWASP advises
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')
_HASHES = 40


async def measure(service: psutil.Process, database_url: str, port: int) -> list[Figure]:
    """Measure sign-ins per second of the web process's CPU time, and hashes alone.

    Raises RuntimeError if a sign-in is refused.
    """
    addresses = await _create_people(database_url)
    browsers = [await _open_form(port, number) for number in range(PEOPLE)]
    before, limit = cpu_seconds(service), asyncio.Semaphore(_CONCURRENCY)

    async def sign_in(address: str, browser: httpx.AsyncClient, csrf: str) -> None:
        async with limit:
            form = {"csrf": csrf, "email": address, "password": _PASSWORD}
            response = await browser.post("/identity/sign-in/password", data=form)
        if response.headers.get("location") != "/identity/account":
            raise RuntimeError(f"not signed in: {response.status_code}")

    pairs = zip(addresses, browsers, strict=True)
    await asyncio.gather(*(sign_in(address, *browser) for address, browser in pairs))
    rate = PEOPLE / (cpu_seconds(service) - before)
    for browser, _ in browsers:
        await browser.aclose()
    return [
        Figure("sign-ins with a password, argon2id at 19 MiB", rate, "/CPU-s", least=30),
        Figure("the hash of a password alone", _hashes_per_cpu_second(), "/CPU-s"),
    ]


def _hashes_per_cpu_second() -> float:
    password_hash, before = _HASHER.hash(_PASSWORD), time.process_time()
    for _ in range(_HASHES):
        _HASHER.verify(password_hash, _PASSWORD)
    return _HASHES / (time.process_time() - before)


async def _create_people(database_url: str) -> list[str]:
    """Create accounts, all with the same hash: making hashes is not what is measured."""
    hashed, now = _HASHER.hash(_PASSWORD), datetime.now(UTC)
    people = [(ids.new(), f"person-{number}@bench.example") for number in range(PEOPLE)]
    connection = await asyncpg.connect(database_url, server_settings={"app.council": "*"})
    for statement, rows in (
        (
            "INSERT INTO account (id, status, language, version, created_at)"
            " VALUES ($1, 'active', 'en', 1, $2)",
            [(account, now) for account, _ in people],
        ),
        (
            "INSERT INTO account_email (account, address, canonical, verified_at) VALUES ($1, $2, $2, $3)",
            [(account, address, now) for account, address in people],
        ),
        (
            "INSERT INTO account_password (account, hash, set_at) VALUES ($1, $2, $3)",
            [(account, hashed, now) for account, _ in people],
        ),
    ):
        await connection.executemany(statement, rows)
    await connection.close()
    return [address for _, address in people]


async def _open_form(port: int, number: int) -> tuple[httpx.AsyncClient, str]:
    """Open the form in a browser with a network of its own; return the browser and the CSRF token."""
    browser = httpx.AsyncClient(
        base_url=f"http://{HOST}:{port}",
        headers={"X-Forwarded-For": f"192.0.2.{number}", "Accept": "text/html"},
        trust_env=False,
    )
    page = await browser.get("/identity/sign-in/password")
    csrf = _CSRF.search(page.text)
    if csrf is None:
        raise RuntimeError(f"no form: {page.status_code}")
    return browser, csrf[1]
