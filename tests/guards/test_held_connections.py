"""No wait while a pooled connection is held: a few slow callers would keep it from everybody else.

To sleep, to hash in a thread, to wait for a lock or to call another server comes before a transaction or
after it.
"""

import importlib
from pathlib import Path

import pytest

from chassis.database import Reading, Writing
from tests.guards.conftest import service_of
from tests.guards.held_connections import find_waits
from tests.guards.test_databases import dependants_of, routes_of

# Function to reason: who adds one has thought about how long a connection is held, and how often.
ALLOWED = {
    **dict.fromkeys(
        (
            "casework.case_types.actions.published._load",
            "casework.case_types.actions.numbered.get_numbered",
            "casework.case_types.actions.versions._check",
            "casework.case_types.actions.versions.get_version",
        ),
        "a version is compiled once in a process, in 50 ms: what was published never changes",
    ),
    "address.loading.actions.record_copy.stage": (
        "a load is one transaction of a command of its own, which reads its file in a thread"
    ),
    **dict.fromkeys(
        ("mapping.loading.actions.bulk._replace", "mapping.loading.actions.staged_rows.put_rows"),
        "a load is one transaction of a command or a job, which makes its rows in a thread",
    ),
    **dict.fromkeys(
        (
            "mapping.collections.actions.edits.create_feature",
            "mapping.collections.actions.edits.patch_feature",
            "mapping.collections.actions.edits.replace_feature",
            "mapping.collections.actions.edit_records.write_state",
        ),
        "a shape is made fit for its locked layer: milliseconds, and a second at its 200,000 vertices",
    ),
    **dict.fromkeys(
        (
            "mapping.exports.actions.planning.check_dataset",
            "mapping.exports.actions.planning._read_records",
        ),
        "some times a year somebody has a data set checked, of 50,000 rows at most, page by page",
    ),
    "payments.payments.actions.webhooks.send": "it writes what is to be delivered; jobs deliver it",
    "identity.issuer.actions.signing_keys.Issuer._add_key": (
        "the region's first keys, or an operator's next ones: a lock lets one process make them"
    ),
}
SERVICES = ("address", "payments", "casework", "mapping", "identity")


def sources_of(package):
    """The source of each module of a package, migrations apart."""
    root = Path(importlib.import_module(package).__file__).parent
    names = {path: (package, *path.relative_to(root).with_suffix("").parts) for path in root.rglob("*.py")}
    return {
        ".".join(parts).removesuffix(".__init__"): path.read_text()
        for path, parts in names.items()
        if "migrations" not in parts
    }


def routes_with_session(name):
    """Full names of the routes that hold a connection by a dependency, however deep."""
    opening = {annotated.__metadata__[0].dependency for annotated in (Reading, Writing)}
    return {
        f"{route.endpoint.__module__}.{route.endpoint.__name__}"
        for router in service_of(name).routers
        for route in routes_of(router)
        if any(dependant.call in opening for dependant in dependants_of(route.dependant))
    }


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_waits_while_a_connection_is_held(name):
    waits = find_waits({**sources_of("chassis"), **sources_of(name)}, routes_with_session(name))
    allowed = {function for function in ALLOWED if function.startswith(f"{name}.")}
    assert {function: targets for function, targets in waits.items() if function not in allowed} == {}
    assert allowed <= waits.keys()


def test_the_routes_of_sign_in_are_known_to_hold_a_connection():
    routes = routes_with_session("identity")
    assert "identity.sign_in.routes.sign_in.sign_in_by_code" in routes
    assert "identity.sign_in.routes.sign_in.sign_in_by_password" not in routes


PLANTED = {
    "a sleep in a transaction": "async with db.writing() as session: await asyncio.sleep(1)",
    "a hash in a thread": "async with db.reading() as s: await asyncio.to_thread(print)",
    "a lock": "async with db.writing() as session:\n  async with self.lock: pass",
    "a function that waits in the end": "async with db.writing() as session: await deep()",
    "a method that waits in the end": "async with db.writing() as session: await pool.hash('x')",
    "a call of another server": "async with db.writing() as session, httpx.AsyncClient() as client: pass",
}
AROUND = """
import asyncio, httpx
from chassis.database import Session

async def deep():
    await deeper()

async def deeper():
    await asyncio.sleep(1)

class Pool:
    async def hash(self, text):
        await asyncio.get_running_loop().run_in_executor(None, print)

async def planted(self, db, pool):
    {code}
"""


@pytest.mark.parametrize("code", PLANTED.values(), ids=PLANTED)
def test_a_planted_wait_is_found(code):
    assert find_waits({"shop.actions": AROUND.format(code=code.replace("\n", "\n    "))}).keys() == {
        "shop.actions.planted"
    }


@pytest.mark.parametrize(
    "signature",
    ["async def planted(session: Session):", "class W:\n  session: Session\n  async def planted(self):"],
    ids=["takes a session", "method beside a session"],
)
def test_a_wait_is_found_in_what_holds_a_session_of_others(signature):
    waits = find_waits({"shop": f"import asyncio\n{signature}\n    await asyncio.sleep(1)"})
    assert list(waits.values()) == [{"asyncio.sleep"}]


@pytest.mark.parametrize(
    "code",
    [
        "async def planted(session: Session, outbound: Outbound):\n    await outbound.send(1)",
        "async def planted(session: Session, providers):\n    await providers.outbound.submit(1)",
    ],
    ids=["by its type", "by its method"],
)
def test_a_call_of_another_server_is_a_wait(code):
    source = f"from chassis.database import Session\nfrom chassis.outbound import Outbound\n{code}"
    waits = find_waits({**sources_of("chassis"), "shop": source})
    assert waits.keys() == {"shop.planted"}


def test_a_wait_is_found_in_a_route_with_a_session_and_nowhere_else():
    source = "import asyncio\nasync def show():\n  await asyncio.sleep(1)"
    assert find_waits({"shop": source}, {"shop.show"}) == {"shop.show": {"asyncio.sleep"}}
    assert find_waits({"shop": source}) == {}


def test_a_wait_before_or_after_a_transaction_is_none():
    source = AROUND.format(
        code="await deep()\n    async with db.writing() as session: await asyncio.sleep(0)\n    await deep()"
    )
    assert find_waits({"shop": source}) == {}
