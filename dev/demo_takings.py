"""Funds and yesterday's takings of the demonstration councils: paid, settled, banked and closed.

It is one process for all councils, with the settings of payments, in which it is yesterday: the service
itself takes each step, by its API and its pages. Payments' worker stands still meanwhile, as for it it is
today.
"""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from fastapi import FastAPI

from chassis import clock, ids
from chassis.jobs.runner import JobRunner
from dev import bank_statement
from dev.demo_payments import PAYER, PAYMENTS, TRANSFER
from payments.app import create, service
from payments.funds.actions import imports
from payments.funds.schemas.imports import FinanceSet, Nation
from payments.gateway_accounts.actions import accounts
from payments.shared.days import today

_DAY = timedelta(days=1)
_FUND_DAYS = 30  # that funds have been open for, so that yesterday took money
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')
_ACCOUNT = "20000055779911"  # at the bank


@dataclass(frozen=True, slots=True)
class Office:
    """A council's way into payments, with its key, and the processor's control of its account."""

    app: FastAPI
    council: str
    key: str
    http: httpx.AsyncClient

    async def send(self, method: str, path: str, **members: Any) -> Any:
        """Send a request with the council's key; return the JSON. Raises HTTPStatusError."""
        headers = {"Authorization": f"Bearer {self.key}", **members.pop("headers", {})}
        path = f"/{self.council}/payments/{path}"
        response = await self.http.request(method, path, headers=headers, **members)
        if response.is_error:
            raise RuntimeError(f"{method} {path}: {response.status_code} {response.text}")
        return response.json()

    async def run_jobs(self) -> None:
        """Do what payments' worker would do by now."""
        settings, database = self.app.state.settings, self.app.state.database
        jobs, schedules = service.all_jobs, service.all_schedules
        await JobRunner(service.name, jobs, schedules, database, settings, clock=lambda: None).drain()

    async def control(self, method: str, path: str, **members: Any) -> Any:
        """Control the council's account at the simulated processor."""
        async with self.app.state.database.reading(self.council) as session:
            [account] = await accounts.list_accounts(session, self.council, "sandbox")
        url = f"{self.app.state.settings.sandbox_processor_url}/control/{path}"
        headers = {"Authorization": f"Bearer sim_{ids.show(account.id)}"}
        async with httpx.AsyncClient(headers=headers, timeout=20, trust_env=False) as http:
            response = await http.request(method, url, json=members or None)
            return response.raise_for_status().json()


async def pay(office: Office, payment: dict[str, Any], card: str) -> None:
    """Create a payment and go through its card pages, as its payer."""
    office.http.cookies.clear()
    created = await office.send("POST", "v1/payments", json=payment)
    page = await _visit(office, "GET", urlsplit(created["_links"]["next_url"]["href"]).path)
    path = f"/{office.council}/payments/card_details/{created['payment_id']}"
    page = await _visit(office, "POST", path, page, {**PAYER, "cardNo": card})
    await _visit(office, "POST", f"{path}/confirm", page)


async def _visit(
    office: Office, method: str, path: str, page: str = "", fields: dict[str, str] | None = None
) -> str:
    """Open a page or send the form of the last one; follow redirects here. Returns the page."""
    token = _CSRF.search(page)
    data = {"csrf": token[1] if token else "", **(fields or {})} if method == "POST" else None
    headers = {"Accept": "text/html"}
    response = await office.http.request(method, path, data=data, headers=headers)
    while response.status_code == httpx.codes.SEE_OTHER and response.headers["location"].startswith("/"):
        response = await office.http.get(response.headers["location"], headers=headers)
    if response.is_error:
        raise RuntimeError(f"{method} {path}: {response.status_code} {response.text}")
    return response.text


async def import_funds(office: Office, nation: Nation) -> None:
    """Import the funds that councils of a nation have, open for a month. It may run again."""
    first_day = today() - _FUND_DAYS * _DAY
    async with office.app.state.database.writing(office.council) as session:
        finance_set = FinanceSet(default=nation)
        await imports.apply_set(session, office.council, "demonstration", finance_set, first_day)


async def has_funds(office: Office) -> bool:
    """Check whether the funds took money yesterday: those of an older demonstration may not have."""
    funds = (await office.send("GET", "finance/v1/funds?limit=100"))["items"]
    yesterday = (today() - _DAY).isoformat()
    codes = {fund["code"] for fund in funds if fund["valid_from"] <= yesterday}
    return codes >= {line["fund"] for payment, _ in PAYMENTS for line in payment["lines"]}


async def take_payments(office: Office) -> None:
    """Take payments yesterday: our clock says so, and that of the processor."""
    yesterday = datetime.now(UTC) - _DAY
    with clock.reading(lambda: datetime.now(UTC) - _DAY):
        for number, (payment, card) in enumerate(PAYMENTS):
            if number == 1:  # the first one made the account
                await office.control("PUT", "clock", now=yesterday.strftime("%Y-%m-%dT%H:%M:%SZ"))
            await pay(office, payment, card)
        await office.run_jobs()
    await office.control("PUT", "clock", running=True)


async def settle(office: Office) -> None:
    """Have the processor pay out, and the bank show it beside a transfer of yesterday."""
    await office.control("PATCH", "settings", payout_days=0)
    await office.control("POST", "payouts")
    await office.send("POST", "finance/v1/settlements/fetch")
    await office.run_jobs()
    account = {"name": "Income account", "identification": _ACCOUNT, "receives_payouts": True}
    await office.send("POST", "finance/v1/bank-accounts", json=account)
    [payout] = (await office.control("GET", "bank_lines"))["data"]
    lines = [
        bank_statement.Line(today() - _DAY, *TRANSFER),
        bank_statement.Line(today(), payout["amount"], payout["reference"]),
    ]
    headers = {"Content-Type": "text/x-mt940"}
    content = bank_statement.write_mt940(_ACCOUNT, lines)
    await office.send("POST", "finance/v1/statements", content=content, headers=headers)
    await office.run_jobs()


async def close(office: Office) -> None:
    """Close yesterday, and have its files written."""
    await office.send("POST", "finance/v1/closes", json={"day": (today() - _DAY).isoformat()})
    await office.run_jobs()


@asynccontextmanager
async def _open(council: str, key: str, app: FastAPI) -> AsyncIterator[Office]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://payments.invalid") as http:
        yield Office(app, council, key, http)


async def main(councils: list[dict[str, Any]]) -> None:
    """Import each council's funds, take yesterday's payments, settle them, and close the day."""
    app = create()
    async with app.router.lifespan_context(app):
        for council in councils:
            async with _open(council["slug"], council["key"], app) as office:
                await import_funds(office, council["nation"])
                if await has_funds(office):
                    await take_payments(office)
                    await settle(office)
                    await close(office)


if __name__ == "__main__":
    asyncio.run(main(json.loads(os.environ.pop("DEMO_COUNCILS"))))
