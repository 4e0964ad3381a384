"""Add, change and list methods of payment."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import conflict, invalid
from payments.funds.actions import records
from payments.funds.schemas.payment_methods import Flag, NewPaymentMethod, PaymentMethod, PaymentMethodChange
from payments.funds.store import records as store
from payments.funds.tables import payment_method

_STAFF = "staff"


async def create_method(
    session: Session, council: str, caller: Caller, body: NewPaymentMethod
) -> PaymentMethod:
    """Add a method of payment. Raises Problem 400, 403, 409."""
    await records.begin_change(session, council, caller)
    await records.check_room(session, payment_method, council)
    await records.check_name(session, payment_method, council, "code", body.code)
    values = {**body.model_dump(), "id": ids.new(), **records.stamp(caller.subject)}
    check_amounts(values)
    await store.insert_records(session, payment_method, council, [values])
    return await get_method(session, council, values["id"])


async def change_method(
    session: Session,
    council: str,
    record: UUID,
    caller: Caller,
    precondition: Precondition,
    body: PaymentMethodChange,
) -> PaymentMethod:
    """Change a method of payment. Raises Problem 400, 403, 404, 412."""
    await records.begin_change(session, council, caller)
    row = await records.lock_row(session, payment_method, council, record, precondition)
    changes = records.pick_changes(body)
    check_amounts({**row._asdict(), **changes})
    await records.update_row(session, payment_method, council, row, caller, changes)
    return await get_method(session, council, record)


def check_amounts(values: dict[str, Any], path: str = "body") -> None:
    """Check that the least amount is not more than the largest. Raises Problem 400."""
    least, largest = values["min_amount"], values["max_amount"]
    if least is not None and largest is not None and least > largest:
        raise invalid(f"{path}.max_amount", f"is less than min_amount, {least}")


async def get_method(session: ReadSession, council: str, record: UUID) -> PaymentMethod:
    """Get a method of payment. Raises Problem 404."""
    return to_model(await records.get_row(session, payment_method, council, record))


async def list_methods(
    session: ReadSession, council: str, code: str | None, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List a council's methods of payment in the order in which they were added."""
    return await store.list_page(session, payment_method, council, code, after, fetch)


async def find_code(session: ReadSession, council: str, flag: Flag, code: str | None = None) -> str:
    """Find the code of the method by which staff take money: the first with the flag, or that of a code.

    Raises Problem 409.
    """
    for row in await store.list_all(session, payment_method, council):
        is_chosen = code is None or row.code == code
        if is_chosen and not row.disabled and {flag, _STAFF} <= set(row.flags):
            return str(row.code)
    code_text = f"with the code {code} " if code else ""
    detail = (
        f"The council has no method of payment {code_text}for {flag} taken by staff. Add one, or another."
    )
    raise conflict("no-payment-method", detail)


def to_model(row: Row[Any]) -> PaymentMethod:
    """Convert a row to the API's model."""
    return PaymentMethod.model_validate(row, from_attributes=True)
