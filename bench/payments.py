"""Payments at ten thousand and at a million: searches as a client sees them, and what a creation takes."""

import asyncio
import base64
import json
import random
import sys
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import asyncpg
import httpx
from sqlalchemy import text

from bench.figures import Figure
from bench.gazetteer import PASSWORD
from bench.issuer import Issuer
from bench.load_generator import LoadPlan
from bench.measurement import HOST, run_load, server
from bench.payment_rows import write_payments
from bench.questions import Question
from chassis.database import Database
from chassis.migrations import migrate
from chassis.provision import provision
from dev.ports import free_port
from payments.app import service
from payments.search.actions import counts

SMALL, LARGE = 10_000, 1_000_000
_PATH = "/citytown/payments/v1/payments"
_BODY = json.dumps(
    {
        "amount": 1_450,
        "reference": "NEW-1",
        "description": "A lost book",
        "return_url": "https://library.example/paid",
        "email": "reader@library.example",
    }
)
_CREATIONS, _CREATION_RATE, _ROUNDS = 200, 25, 5
_CHANGES = text("""INSERT INTO daily_count_change (council, account, subject, state, day, number)
    SELECT council, account, subject, state, day, sign
    FROM daily_count_change CROSS JOIN (VALUES (1), (-1)) signs (sign) CROSS JOIN generate_series(1, 5)""")
_SECONDS = 8  # of the measurement of each kind of search


async def measure(admin_url: str, folder: Path) -> list[Figure]:
    """Measure creations at both sizes, then searches at the large one."""
    url = await _create_database(admin_url)
    issuer = Issuer(folder)
    environment = {
        "PAYMENTS_DATABASE_URL": url,
        "PAYMENTS_JWKS_URL": issuer.jwks_url,
        "PAYMENTS_ISSUER": issuer.name,
        "PAYMENTS_SEALING_KEY": base64.urlsafe_b64encode(b"for bench: thirty-two characters").decode(),
        "PAYMENTS_LOG_LEVEL": "WARNING",
    }
    port = free_port()
    argv = [sys.executable, "-m", "chassis", "serve", "payments", "--port", str(port)]
    headers = {"X-Api-Key": issuer.token(["payments:create", "payments:read"])}
    plan = LoadPlan(HOST, port, [], headers, 0)
    with server(argv, environment, port, "/health/live"):
        _create_account(plan)
        await write_payments(admin_url, 1, SMALL)
        small = await asyncio.to_thread(_measure_creations, plan)
        started = time.perf_counter()
        await write_payments(admin_url, SMALL + 1, LARGE)
        seconds = time.perf_counter() - started
        large = await asyncio.to_thread(_measure_creations, plan)
        counting = await _measure_counts(url)
        figures = await asyncio.to_thread(_measure_searches, plan)
    return [
        Figure("payments written by the generator", (LARGE - SMALL) / seconds, "payments/s"),
        Figure("creation of a payment at 10,000, p95", small, "ms"),
        Figure("creation of a payment at 1,000,000, p95", large, "ms"),
        Figure("... / at 10,000", large / small, "x", most=1.2),
        *counting,
        *figures,
    ]


async def _create_database(admin_url: str) -> str:
    await provision(admin_url, "payments", owner_password=PASSWORD, password=PASSWORD)
    host = admin_url.rpartition("@")[2].partition("/")[0]
    owner_url, url = (
        f"postgresql://{role}:{PASSWORD}@{host}/payments" for role in ("payments_owner", "payments")
    )
    await migrate("payments", owner_url)
    connection = await asyncpg.connect(owner_url)
    await connection.execute(
        "INSERT INTO council (slug, name, gss, region, version)"
        " VALUES ('citytown', 'C', 'E06000022', 'local', 1)"
    )
    await connection.close()
    return url


def _create_account(plan: LoadPlan) -> None:
    """Create the sandbox's account, as its first payment does."""
    headers = {**plan.headers, "Content-Type": "application/json"}
    url = f"http://{plan.host}:{plan.port}{_PATH}"
    httpx.post(url, content=_BODY, headers=headers, trust_env=False).raise_for_status()


def _measure_creations(plan: LoadPlan) -> float:
    """Return the p95 of creations in the calmest of some rounds, in milliseconds."""
    own_plan = replace(plan, paths=[_PATH], bodies=[_BODY], rate=_CREATION_RATE, requests=_CREATIONS)
    run_load(own_plan)
    return min(run_load(own_plan).p95 for _ in range(_ROUNDS))


def _measure_searches(plan: LoadPlan) -> list[Figure]:
    """Measure p50 and p99 of each kind of search at its own rate."""
    figures = []
    for question in _list_questions():
        own_plan = replace(plan, paths=question.paths, rate=question.rate)
        run_load(replace(own_plan, requests=40))  # to warm up
        result = run_load(replace(own_plan, requests=int(question.rate * _SECONDS)))
        name = f"search {question.name}"
        figures.append(Figure(f"{name}, p50 at {question.rate:g} req/s", result.p50, "ms"))
        figures.append(Figure(f"{name}, p99", result.p99, "ms", most=question.most))
    return figures


async def _measure_counts(url: str) -> list[Figure]:
    """Count all payments anew, and fold changes as the schedule does."""
    database = Database(service.settings(database_url=url), "bench", rows_secured=True)
    async with database.writing("citytown") as session:
        started = time.perf_counter()
        await counts.correct(session, "citytown")
        counting = time.perf_counter() - started
        await session.execute(_CHANGES)
    folded, batch, started = 0, -1, time.perf_counter()
    while batch:
        async with database.writing("citytown") as session:
            batch = await counts.fold_batch(session, "citytown")
        folded += batch
    folding = time.perf_counter() - started
    await database.close()
    return [
        Figure("payments counted anew by correct-counts", counting, "s"),
        Figure("changes of counts folded", folded / folding, "changes/s"),
    ]


def _list_questions() -> list[Question]:
    """List what services ask, with pages of 20 unless it says 500."""
    draw = random.Random(5)
    numbers = [draw.randrange(1, LARGE) for _ in range(400)]
    people = [draw.randrange(262_144) for _ in range(400)]
    midnight = time.time() // 86_400 * 86_400
    # Before the payments that the measurement of creations made, which all have one payer.
    today = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(midnight))
    moments = [
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(midnight - draw.randrange(8, 990) * 86_400 + second))
        for second in range(400)
    ]
    weeks = [{"from_date": moment, "to_date": _add_week(moment)} for moment in moments]
    states = ["success", "failed", "cancelled", "error", "capturable"]
    return [
        _ask("by reference", [{"reference": f"ref-{n}"} for n in numbers], 50),
        _ask("by a reference of 100,000", [{"reference": "parking"}], 10),
        _ask("by e-mail", [{"email": f"person{n}@gmail.example"} for n in people], 20),
        _ask("by a part of an e-mail", [{"email": f"son{n}@"} for n in people], 20),
        _ask("by a part of half of all e-mails", [{"email": "@gmail", "to_date": today}], 10),
        _ask(
            "by the card's last digits", [{"last_digits_card_number": f"{n % 9999:04}"} for n in numbers], 20
        ),
        _ask("by week", weeks, 50),
        _ask("by state", [{"state": state} for state in states], 50),
        _ask("by week and state", [{**week, "state": "failed"} for week in weeks], 50),
        _ask("by week and brand", [{**week, "card_brand": "visa"} for week in weeks], 20),
        _ask("deep pages", [{"page": str(draw.randrange(20_000, 49_000))} for _ in range(400)], 50),
        _ask("all, pages of 500", [{"display_size": "500"}], 5),
        _ask(
            "deep pages of 500",
            [{"page": str(draw.randrange(1_000, 1_900)), "display_size": "500"} for _ in range(40)],
            5,
        ),
    ]


def _add_week(moment: str) -> str:
    seconds = time.mktime(time.strptime(moment, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone + 7 * 86_400
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _ask(name: str, parameters: list[dict[str, str]], rate: float) -> Question:
    paths = [f"{_PATH}?{urlencode({'display_size': '20', **each})}" for each in parameters]
    return Question(name, paths, rate, most=50)
