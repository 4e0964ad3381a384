"""A council with the funds of England, and what happens to its payments outside requests."""

from datetime import date

import pytest

from payments.funds.actions import imports
from payments.funds.schemas.imports import FinanceSet
from services.payments.tests.payments.money_world import COUNCIL, Seller, World


@pytest.fixture(scope="module")
async def world(service, app, client, database, settings, processor, mint):
    async with database.writing(COUNCIL) as session:
        england = FinanceSet(default="england")
        await imports.apply_set(session, COUNCIL, "test", england, date(2026, 1, 1))
    connection = await database.listen(**{"app.council": "*"})
    yield World(service, app, client, database, settings, processor, mint, connection)
    await connection.close()


@pytest.fixture
async def open_seller(world):
    sellers = []

    async def open_seller(**options):
        sellers.append(Seller(world, await world.open_desk(**options)))
        return sellers[-1]

    yield open_seller
    for seller in sellers:
        await seller.desk.close()
