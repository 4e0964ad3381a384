"""A mandate with collections, collection_rows as rows: for tests that need no payer and no provider."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from chassis import clock, ids
from payments.direct_debit.actions import advices, receipts
from payments.direct_debit.store import collections, mandates, service_users
from payments.processors.actions.gocardless import ProviderEvent
from payments.shared.days import today
from payments.shared.working_days import add_working_days

AMOUNT = 16_200


@dataclass
class Scene:
    """A mandate with a collection that was posted today, and one that is to come."""

    user: UUID
    mandate: UUID
    collected: UUID
    waiting: UUID

    @property
    def links(self):
        """How the provider's events name them."""
        return {"mandate": f"MD{ids.show(self.mandate)}", "payment": f"PM{ids.show(self.collected)}"}

    async def read(self, session):
        """Read the three rows."""
        return [
            await mandates.find(session, "citytown", self.mandate),
            await collections.find(session, "citytown", self.collected),
            await collections.find(session, "citytown", self.waiting),
        ]


def stamps():
    by = {"created_by": {"sub": "test"}, "updated_by": "test", "version": 1}
    return {**by, "created_at": clock.now(), "updated_at": clock.now()}


async def find_or_insert_user(session):
    """Find citytown's service user, or write one."""
    row = await service_users.find_default(session, "citytown", "sandbox")
    if row is not None:
        return row.id
    user_id = ids.new()
    row = {
        "council": "citytown",
        "id": user_id,
        "mode": "sandbox",
        "is_default": True,
        "number": "123456",
        "statement_name": "CITYTOWN COUNCIL",
        "notice_days": 10,
        "dormant_months": 13,
        "proof_years": None,
        "version": 1,
        "updated_by": "test",
        "updated_at": clock.now(),
    }
    await service_users.insert_default(session, row)
    return user_id


async def insert_mandate(session, user_id, **values):
    """Write an active mandate."""
    mandate_id = ids.new()
    row = {
        "council": "citytown",
        "id": mandate_id,
        "service_user": user_id,
        "mode": "sandbox",
        "state": "active",
        "stops_letters": False,
        "reference": "CT-800123459",
        "language": "en",
        "return_url": "https://council.example/done",
        "attempt": 1,
        "provider_mandate": f"MD{ids.show(mandate_id)}",
        "activated_at": clock.now(),
        **stamps(),
        **values,
    }
    await mandates.insert_mandate(session, row, "ann@payer.example")
    return mandate_id


async def insert_collections(session, user_id, mandate_id, rows):
    """Write collections of council tax: each is what differs. Return their ids."""
    fund = await session.first(
        text("""SELECT f.id, f.vat_code FROM fund f
            WHERE f.council = 'citytown' AND f.code = '23' LIMIT 1""")
    )
    collection_rows, lines = [], []
    for values in rows:
        collection_id = ids.new()
        row = {
            "council": "citytown",
            "id": collection_id,
            "service_user": user_id,
            "mandate": mandate_id,
            "mode": "sandbox",
            "plan": None,
            "presents": None,
            "state": "submitted",
            "amount": AMOUNT,
            "charge_date": today(),
            "notice": None,
            "notice_days": 10,
            "reference": "CT",
            "metadata": None,
            "provider_payment": f"PM{ids.show(collection_id)}",
            **stamps(),
            **values,
        }
        line = {
            "council": "citytown",
            "collection": collection_id,
            "n": 1,
            "fund": fund.id,
            "is_suspense": False,
            "ledger_code": "1000-CT",
            "reference": "800123459",
            "vat_code": fund.vat_code,
            "basis_points": None,
            "amount": row["amount"],
            "vat": 0,
            "narrative": "",
        }
        collection_rows.append(row)
        lines.append(line)
    await collections.insert_all(session, collection_rows, lines)
    return [row["id"] for row in collection_rows]


async def insert_scene(session):
    user = await find_or_insert_user(session)
    mandate = await insert_mandate(session, user)
    later = {"state": "scheduled", "charge_date": add_working_days(today(), 15), "provider_payment": None}
    collected, waiting = await insert_collections(session, user, mandate, [{}, later])
    await receipts.post_charged(session, "citytown", user, "sandbox")
    return Scene(user, mandate, collected, waiting)


async def advise(database, scene, code, action, event_id=None):
    """Apply an event of the provider with a code, as a read of it does."""
    event = ProviderEvent(
        event_id or f"EV{ids.show(ids.new())}", "2027-04-06T06:00:00Z", "", action, code, scene.links
    )
    async with database.writing("citytown") as session:
        if code.startswith(("ARUDD", "DDICA")):
            await advices.apply_payment_events(session, "citytown", scene.user, [event])
        else:
            await advices.apply_mandate_events(session, "citytown", scene.mandate, [event])
