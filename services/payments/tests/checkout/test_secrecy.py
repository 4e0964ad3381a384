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
from services.payments.tests.conftest import Payer, create, get, page_of

NUMBER, CODE = "371449635398431", "9753"  # American Express: a code of 4 digits is found among others
REAL_NUMBER = "4929421234600821"
SECRETS = (NUMBER, "3714 496353 98431", "3714 4963 5398 431", REAL_NUMBER, "4929 4212 3460 0821")
_CODE = re.compile(rf"(?<![0-9A-Za-z.:-]){CODE}(?![0-9A-Za-z.:-])")
_TABLES = text("""SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema')""")


def find_secrets(content):
    """List the secrets in a text."""
    return [secret for secret in SECRETS if secret in content] + _CODE.findall(content)


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
    tables = await dump(database)
    assert "Ann Payer" in str(tables), "the dump sees what is kept"
    assert {table: find_secrets(rows) for table, rows in tables.items() if find_secrets(rows)} == {}
    messages = "\n".join(envelope.model_dump_json() for envelope in await published(database))
    assert payment["payment_id"] in messages
    assert find_secrets(messages) == []
    recorded = "\n".join(span.to_json() for span in spans.get_finished_spans())
    assert "card_details" in recorded
    assert find_secrets(recorded) == []
    assert find_secrets(caplog.text + "".join(capfd.readouterr())) == []
