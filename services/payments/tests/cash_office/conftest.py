"""What the tests of the cash office share: an office, cashiers, the ledger."""

import pytest

from payments.ledger.store import seals
from services.payments.tests.cash_office.counter import API, APPROVE, TAKINGS, Cashier
from services.payments.tests.funds.finance import import_default, read_finance
from services.payments.tests.office.staff import claims_of
from services.payments.tests.reconciliation.bank import Bank


@pytest.fixture(scope="module")
async def funds(client, mint):
    """Citytown's funds by code."""
    await import_default(client, mint, "citytown", "england")
    finance = await read_finance(client, mint, "citytown")
    return {code: fund["id"] for code, fund in finance.funds.items()}


@pytest.fixture
def finance(mint):
    """The headers of who keeps the sandbox's offices and templates, and loads its bank statements."""
    scopes = ["payments:finance", "payments:finance-read"]
    token = mint(scopes=scopes, councils=["citytown"], mode="sandbox", sub="fin", client_id="finance")
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def office(client, finance, funds):
    """An office where a till may be 1.00 over or short."""
    body = {
        "name": "Civic Centre",
        "difference_limit": 100,
        "address": "Guildhall, Citytown BA1 5AW",
        "vat_number": "GB123456789",
    }
    response = await client.post(f"{API}/offices", json=body, headers=finance)
    assert response.status_code == 201, response.text
    return response.json()["id"]


@pytest.fixture
def make_cashier(client, mint_person, office):
    """Make a function that lets a person work at the counter."""

    def make(subject, *more, **claims):
        claims = {"councils": ["citytown"], **claims}
        token = mint_person(subject, scopes=[TAKINGS, *more], **claims_of(**claims))
        return Cashier(client, {"Authorization": f"Bearer {token}"}, office)

    return make


@pytest.fixture
def ann(make_cashier, office):
    """Each test has its own Ann: nobody has two tills open."""
    return make_cashier(f"ann-{office}")


@pytest.fixture
def bob(make_cashier):
    return make_cashier("bob", APPROVE)


@pytest.fixture
async def balance_of(database):
    """Make a function that reads the ledger's accounts: (role, code, fund) -> balance."""

    async def read_balances():
        async with database.reading("citytown") as session:
            rows = await seals.list_balances(session, "citytown", "sandbox")
        return {(row.role, row.code, row.fund): row.balance for row in rows}

    return read_balances


@pytest.fixture
async def bank(client, finance):
    bank = Bank(client, finance)
    await bank.open_account()
    return bank


@pytest.fixture
def tax(funds):
    """Make a function that makes lines of council tax."""

    def make(amount):
        return [{"fund": funds["23"], "reference": "800123459", "amount": amount}]

    return make
