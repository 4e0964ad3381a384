"""Signing in with a password, through the page's own form, and what a service spends to believe a token."""

import asyncio
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import asyncpg
import httpx
import psutil
from argon2 import PasswordHasher

from bench.measure import HOST
from bench.report import Figure
from bench.tokens import Issuer
from chassis import ids
from chassis.tokens import Verifier, keys_from

PEOPLE = 160
_AT_ONCE = 8
_PASSWORD = "a long password of the bench"  # noqa: S105 - of people who live as long as the run
_OWASP = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')
_CHECKS = 1_000
_ROUNDS = 5  # of which the best counts
_HASHES = 40


async def by_password(service: psutil.Process, url: str, port: int) -> list[Figure]:
    """Sign-ins per second of the web process's CPU time, and hashes alone. RuntimeError if one is refused."""
    addresses = await _people(url)
    browsers = [await _at_the_form(port, number) for number in range(PEOPLE)]
    before, gate = _cpu(service), asyncio.Semaphore(_AT_ONCE)

    async def enter(address: str, browser: httpx.AsyncClient, token: str) -> None:
        async with gate:
            form = {"csrf": token, "email": address, "password": _PASSWORD}
            answer = await browser.post("/identity/sign-in/password", data=form)
        if answer.headers.get("location") != "/identity/account":
            raise RuntimeError(f"not signed in: {answer.status_code}")

    pairs = zip(addresses, browsers, strict=True)
    await asyncio.gather(*(enter(address, *browser) for address, browser in pairs))
    rate = PEOPLE / (_cpu(service) - before)
    for browser, _ in browsers:
        await browser.aclose()
    return [
        Figure("sign-ins with a password, argon2id at 19 MiB", rate, "/CPU-s", goal=30),
        Figure("the hash of a password alone", _hashes(), "/CPU-s"),
    ]


def _hashes() -> float:
    """What a second of CPU time is good for when nothing but the hash is made."""
    stored, before = _OWASP.hash(_PASSWORD), time.process_time()
    for _ in range(_HASHES):
        _OWASP.verify(stored, _PASSWORD)
    return _HASHES / (time.process_time() - before)


async def _people(url: str) -> list[str]:
    """Accounts that all have the same password, and the same hash of it: making hashes is not measured."""
    hashed, now = _OWASP.hash(_PASSWORD), datetime.now(UTC)
    made = [(ids.new(), f"person-{number}@bench.example") for number in range(PEOPLE)]
    connection = await asyncpg.connect(url, server_settings={"app.council": "*"})
    for statement, rows in (
        (
            "INSERT INTO account (id, status, language, version, created_at)"
            " VALUES ($1, 'active', 'en', 1, $2)",
            [(account, now) for account, _ in made],
        ),
        (
            "INSERT INTO account_email (account, address, canonical, verified_at) VALUES ($1, $2, $2, $3)",
            [(account, address, now) for account, address in made],
        ),
        (
            "INSERT INTO account_password (account, hash, set_at) VALUES ($1, $2, $3)",
            [(account, hashed, now) for account, _ in made],
        ),
    ):
        await connection.executemany(statement, rows)
    await connection.close()
    return [address for _, address in made]


async def _at_the_form(port: int, number: int) -> tuple[httpx.AsyncClient, str]:
    """Somebody's browser with the page open, in a network of his own, and the form's token."""
    browser = httpx.AsyncClient(
        base_url=f"http://{HOST}:{port}",
        headers={"X-Forwarded-For": f"192.0.2.{number}", "Accept": "text/html"},
        trust_env=False,
    )
    page = await browser.get("/identity/sign-in/password")
    found = _CSRF.search(page.text)
    if found is None:
        raise RuntimeError(f"no form: {page.status_code}")
    return browser, found[1]


async def checks(folder: Path) -> list[Figure]:
    """What believing a token costs a service: the first time, and again."""
    issuer = Issuer(folder)
    verifier = Verifier(issuer.name, "townhall", keys_from(issuer.jwks_url))
    await verifier.check(issuer.token(["address:read"]))  # the keys are read
    rounds = []
    for _ in range(_ROUNDS):
        tokens = [issuer.token(["address:read"]) for _ in range(_CHECKS)]
        rounds.append([await _each(verifier, tokens) for _ in range(2)])
    cold, again = (min(taken) for taken in zip(*rounds, strict=True))
    return [
        Figure("token checked for the first time", cold * 1_000, "ms", most=0.15),
        Figure("token checked again", again * 1_000_000, "us", most=10),
    ]


async def _each(verifier: Verifier, tokens: list[str]) -> float:
    """Seconds that the check of one token takes: the median."""
    taken = []
    for token in tokens:
        began = time.perf_counter()
        await verifier.check(token)
        taken.append(time.perf_counter() - began)
    return median(taken)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system
