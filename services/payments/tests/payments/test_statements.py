"""What a payment costs in statements: so many, however many lines it has and funds its council."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from services.payments.tests.conftest import create, page_of

GARDEN = {"fund": "GW", "amount": 10}
# The account; its funds; the payment with lines and history; its event; its expiry.
CREATION = 5
# The lock; the state; its history; the event; who subscribes; the capture and its notification.
CONFIRMATION = 7


@pytest.fixture
def count_statements(app):
    """Make a context that lists the statements of the application's transactions."""

    @contextmanager
    def counting():
        statements = []

        def note(_connection, _cursor, statement, *_):
            statements.append(" ".join(statement.split())[:60])

        engine = app.state.database.writer.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return counting


@pytest.mark.parametrize("lines", [None, 1, 50])
async def test_a_payment_is_created_and_confirmed_in_a_constant_number_of_statements(
    client, key, world, count_statements, payer, lines
):
    members = {"lines": [GARDEN] * lines, "amount": 10 * lines} if lines else {}
    await create(client, key)  # the account is there from then on
    with count_statements() as creation:
        payment = await create(client, key, **members)
    assert len(creation) == CREATION, creation
    await payer.open(payment)
    await payer.enter_card(payment)
    with count_statements() as confirmation:
        await payer.post(f"{page_of(payment)}/confirm")
    assert len(confirmation) == CONFIRMATION, confirmation
