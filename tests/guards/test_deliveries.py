"""Every handler of every consumer has a test that delivers to it. The councils' is tested here."""

import ast
import itertools
import textwrap

import pytest
from sqlalchemy import func, select

from chassis import council_events, tables
from tests.guards.conftest import NAMES, ROOT, service_of

WITH_CONSUMERS = [name for name in NAMES if service_of(name).all_consumers]
_NUMBERS = itertools.count(1)
_COUNCIL = tables.council.c


def list_handlers(service):
    return [
        (consumer, handler.view)
        for consumer in service.all_consumers
        for handler in consumer.handlers.values()
    ]


@pytest.fixture(scope="module", params=WITH_CONSUMERS)
def service(request):
    return service_of(request.param)


@pytest.fixture
def slug():
    """Return the slug of a council of the test's own: what a consumer does is committed."""
    return f"town-{next(_NUMBERS)}"


@pytest.fixture
def council(slug):
    """Return what the council's events say, beside its name and status."""
    return {"council": slug, "slug": slug, "gss": f"W{slug.removeprefix('town-'):0>8}"}


@pytest.fixture
def read_council(database):
    async def read(slug):
        async with database.reading() as session:
            row = await session.first(
                select(_COUNCIL.name, _COUNCIL.status, _COUNCIL.version).where(_COUNCIL.slug == slug)
            )
        return row and tuple(row)

    return read


@pytest.mark.parametrize("name", WITH_CONSUMERS)
def test_every_handler_has_a_test_that_delivers_to_it(name):
    folder = ROOT / "services" / name / "tests"
    shared = find_delivered(_read_this_file())
    delivered = {view for path in folder.rglob("test_*.py") for view in find_delivered(path.read_text())}
    assert [
        f"{consumer.name}: {view.event_type}"
        for consumer, view in list_handlers(service_of(name))
        if view.__name__ not in (shared if consumer is council_events.councils else delivered)
    ] == []


def _read_this_file():
    return (ROOT / "tests" / "guards" / "test_deliveries.py").read_text()


def find_delivered(source):
    """List the views that tests deliver with ``deliver(View, ...)`` and then check something of."""
    return {
        call.args[0].attr if isinstance(call.args[0], ast.Attribute) else call.args[0].id
        for test in ast.walk(ast.parse(source))
        if isinstance(test, ast.AsyncFunctionDef)
        and any(isinstance(part, ast.Assert) for part in ast.walk(test))
        for call in ast.walk(test)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "deliver"
        and call.args
        and isinstance(call.args[0], (ast.Name, ast.Attribute))
    }


def test_a_handler_that_nothing_is_delivered_to_is_found():
    source = textwrap.dedent("""
        async def test_one(deliver):
            assert (await deliver(events.Paid, amount=1)).state == "processed"
        async def test_two(deliver):
            await deliver(Refunded)
        async def test_three():
            assert Cancelled
    """)
    assert find_delivered(source) == {"Paid"}


async def test_no_hostile_message_takes_effect(service, deliver, database):
    for consumer, view in list_handlers(service):
        for fault, message in deliver.list_hostile(view).items():
            (outcome,) = await deliver.batch(view, [message])
            assert outcome.state == "dead-letter", f"{consumer.name}: {view.event_type} {fault}"
            assert "\n" not in outcome.reason
    async with database.reading() as session:
        assert await session.all(select(func.count()).select_from(tables.inbox)) == [(0,)]


async def test_a_council_is_known_once_its_event_is_delivered(deliver, read_council, council, slug):
    outcome = await deliver(council_events.CouncilState, **council, name="New Town")
    assert (outcome.state, await read_council(slug)) == ("processed", ("New Town", "active", 1))


async def test_a_changed_council_is_changed_and_a_late_event_changes_nothing(
    deliver, read_council, council, slug
):
    await deliver(council_events.CouncilChange, **council, name="Third", status="suspended", sequence=3)
    await deliver(council_events.CouncilChange, **council, name="Second", sequence=2)
    await deliver(council_events.CouncilState, **council, name="First", sequence=1)
    assert await read_council(slug) == ("Third", "suspended", 3)


async def test_a_councils_event_delivered_twice_takes_effect_once(deliver, council):
    message = deliver.make(council_events.CouncilState, **council)
    outcomes = await deliver.batch(council_events.CouncilState, [message, message])
    outcomes += await deliver.batch(council_events.CouncilState, [message])
    assert [outcome.state for outcome in outcomes] == ["processed", "repeated", "repeated"]


async def test_a_councils_snapshot_sets_it_whatever_its_sequence(deliver, read_council, council, slug):
    await deliver(council_events.CouncilChange, **council, name="Ninth", sequence=9)
    await deliver(council_events.CouncilState, **council, name="Fourth", sequence=4, snapshot=True)
    assert (await read_council(slug))[0] == "Fourth"


async def test_a_council_cannot_speak_of_another(deliver, read_council, slug):
    for view in (council_events.CouncilState, council_events.CouncilChange):
        outcome = await deliver(view, council="citytown", slug=slug)
        assert outcome == ("dead-letter", "forged: an event of citytown about another council")
    assert await read_council(slug) is None


async def test_a_revoked_credential_is_refused_once_its_event_is_delivered(deliver, database, slug):
    for council in ("citytown", "hillshire"):
        await deliver(council_events.Revocation, council=council, id=slug, issued_before=None)
    columns = tables.revoked_token.c
    async with database.reading() as session:
        rows = await session.all(
            select(columns.council, columns.issued_before).where(columns.id == slug).order_by(columns.council)
        )
    assert rows == [("citytown", None), ("hillshire", None)]
