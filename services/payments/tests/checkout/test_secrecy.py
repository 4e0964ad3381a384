"""A card's number and security code are nowhere: in no table, event, log line, span or page."""

import logging
import re

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import text

from chassis.telemetry import Telemetry
from chassis.testing import published
from services.payments.tests.conftest import V1, Payer, create, get, new_payment, page_of

NUMBER, CODE = "371449635398431", "9753"  # American Express: a code of 4 digits is found among others
REAL_NUMBER = "4929421234600821"
SECRETS = (NUMBER, "3714 496353 98431", "3714 4963 5398 431", REAL_NUMBER, "4929 4212 3460 0821")
_CODE = re.compile(rf"(?<![0-9A-Za-z.:-]){CODE}(?![0-9A-Za-z.:-])")
_TABLES = text("""SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema')""")


def find_secrets(content):
    """List the secrets in a text."""
    return [secret for secret in SECRETS if secret in content] + _CODE.findall(content)


@pytest.fixture(scope="module")
def settings(service, settings):
    return service.settings(**{**settings.model_dump(exclude_unset=True), "allows_moto_api": True})


@pytest.fixture
def spans():
    return InMemorySpanExporter()


@pytest.fixture
async def watched_payer(app, client, spans):
    """A payer whose every request is a recorded span."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    telemetry = Telemetry(app, records=True)
    telemetry._tracer = provider.get_tracer("test")
    transport = httpx.ASGITransport(telemetry, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test.invalid") as watched_client:
        yield Payer(watched_client)


async def dump(database):
    """Return every row of every table as text, by table."""
    rows = {}
    async with database.writing("citytown") as session:
        for table in await session.all(_TABLES):
            statement = text(f"SELECT t::text AS row FROM {table.name} AS t")
            rows[table.name] = "\n".join(record.row for record in await session.all(statement))
    return rows


async def require_nowhere(database, spans, payment, span):
    """Check that no table, event or span has a secret, and that they have the rest of the payment."""
    tables = await dump(database)
    assert "Ann Payer" in str(tables), "the dump sees what is kept"
    assert {table: find_secrets(rows) for table, rows in tables.items() if find_secrets(rows)} == {}
    messages = "\n".join(envelope.model_dump_json() for envelope in await published(database))
    assert payment["payment_id"] in messages
    assert find_secrets(messages) == []
    recorded = "\n".join(record.to_json() for record in spans.get_finished_spans())
    assert span in recorded
    assert find_secrets(recorded) == []


async def test_the_cards_number_and_code_are_nowhere(
    client, key, watched_payer, database, run_jobs, spans, caplog, capfd
):
    caplog.set_level(logging.DEBUG)
    payer, pages = watched_payer, []
    payment = await create(client, key)
    pages.append(await payer.open(payment))
    wrong = {"cvc": CODE, "email": "", "cardholderName": f"Ann {REAL_NUMBER}", "addressLine2": NUMBER}
    pages.append(await payer.enter_card(payment, NUMBER, **wrong))
    pages.append(await payer.enter_card(payment, REAL_NUMBER, cvc=CODE))
    pages.append(await payer.enter_card(payment, "3714 496353 98431", cvc=CODE, csrf="wrong"))
    payer.token = re.search(r'name="csrf" value="([^"]+)"', (await payer.get(page_of(payment))).text)[1]
    pages.append(await payer.enter_card(payment, "3714 496353 98431", cvc=CODE))
    await payer.confirm(payment)
    await run_jobs()
    assert (await get(client, key, payment))["state"]["status"] == "success"
    pages.append(await payer.get(page_of(payment)))

    assert [find_secrets(page.text) for page in pages] == [[]] * len(pages)
    await require_nowhere(database, spans, payment, "card_details")
    assert find_secrets(caplog.text + "".join(capfd.readouterr())) == []


async def test_card_details_that_a_service_sends_are_nowhere(
    client, key, watched_payer, database, run_jobs, spans, caplog, capfd
):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, logger="httpx")  # the test's own client logs whole addresses
    await create(client, key)
    async with database.writing("citytown") as session:
        await session.execute(
            text("""UPDATE gateway_account SET settings = settings || '{"allows_moto_api": true}'""")
        )
    body = new_payment(authorisation_mode="moto_api")
    del body["return_url"]
    payment = (await client.post(V1, json=body, headers=key)).json()
    token = payment["_links"]["auth_url_post"]["params"]["one_time_token"]
    card = {"one_time_token": token, "card_number": NUMBER, "cvc": CODE, "expiry_date": "11/40"}
    card["cardholder_name"] = "Ann Payer"
    url = f"{V1.removesuffix('/payments')}/auth"
    wrong = [
        {"card_number": REAL_NUMBER, "cvc": "975"},
        {"card_number": int(NUMBER)},
        {"cardholder_name": f"Ann {REAL_NUMBER}"},
        {"one_time_token": NUMBER},
        {"expiry_date": CODE},
        {"cvc": f"{CODE}x"},
    ]
    answers = [await watched_payer.client.post(url, json=card | members) for members in wrong]
    answers.append(await watched_payer.client.post(f"{url}?card_number={NUMBER}", json={}))
    answers.append(await watched_payer.client.post(url, content=f'{{"card_number": "{NUMBER}", '.encode()))
    answers.append(await watched_payer.client.post(url, data=card))
    keys = [{"Idempotency-Key": number} for number in (REAL_NUMBER, NUMBER)]
    answers += [await watched_payer.client.post(url, json=card, headers=headers) for headers in keys]
    assert {answer.status_code for answer in answers} <= {400, 402, 422}
    headers = {"Idempotency-Key": "a-key-of-its-own"}
    answers.append(await watched_payer.client.post(url, json=card, headers=headers))
    assert answers[-1].status_code == 204
    answers.append(
        await watched_payer.client.post(url, json=card | {"card_number": REAL_NUMBER}, headers=headers)
    )
    await run_jobs()
    assert (await get(client, key, payment))["state"]["status"] == "success"
    assert [find_secrets(answer.text) for answer in answers] == [[]] * len(answers)
    await require_nowhere(database, spans, payment, "/payments/v1/auth")
    assert find_secrets(caplog.text + "".join(capfd.readouterr())) == []
