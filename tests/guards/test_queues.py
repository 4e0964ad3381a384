"""Queues and timers are the chassis's: no service takes rows from a queue of its own, or polls in a loop."""

import ast
import re

import pytest

from tests.guards.sources import ROOT, production

FOLDERS = ("services/", "gateway/", "apps/")
# Each is a place in the code, as `file: name at the top level`, and why it is no queue or timer.
MAY_SKIP_LOCKED = {
    "services/identity/src/identity/accounts/store/sessions.py: _EXPIRED": (
        "a purge's batch: a session that a request has locked is in use, and the next purge looks again"
    ),
    "services/identity/src/identity/staff/store/members.py: _ABSENT": (
        "a purge's batch: who signs in at this moment is not absent"
    ),
    "services/identity/src/identity/clients/store/clients.py: _USE_ASSERTION": (
        "ten expired rows are deleted at each use, beside others that do the same: none waits for another"
    ),
    "services/casework/src/casework/bookings/store.py: _FREE_EXPIRED": (
        "holds that ran out: who takes a place frees those that nobody else is freeing at the same moment"
    ),
    "services/casework/src/casework/bookings/store.py: _PURGE": (
        "a purge's batch: a hold that somebody frees now is gone, and the next run looks again"
    ),
    "services/payments/src/payments/search/store/counts.py: _FOLD": (
        "no queue: changes of a count are added up, each once, and what another run has is its own"
    ),
    "services/payments/src/payments/payments/store/erasure.py: _LOCK_DUE": (
        "a purge's batch: a payment that somebody works on is still needed, and the next night looks again"
    ),
    "services/address/src/address/changes/store/change_log.py: _SET_LAST_UPDATE": (
        "no queue: a change whose neighbour sets the day of the gazetteer's last update leaves it to that one"
    ),
}
MAY_LOOP = {
    "services/identity/src/identity/issuer/actions/signing_keys.py: Issuer": (
        "each process keeps the signing keys in memory and reads them again: nothing is taken or done once"
    ),
    "services/identity/src/identity/clients/actions/client_cache.py: ClientCache": (
        "each process shows that it still hears of changes to the clients that it keeps in memory"
    ),
    "services/identity/src/identity/tokens/actions/token_response.py: run_with_locked_roles": (
        "a request waits for the next second, three times at most"
    ),
    "services/mapping/src/mapping/snapshots/actions/registry.py: Snapshots": (
        "each process keeps layers in memory and asks what changed: nothing is taken or done once"
    ),
    "apps/resident/src/resident/publication/actions/folder.py: FolderFollower": (
        "on a laptop a folder's files are looked at; what they change is one row, guarded by its version"
    ),
    "gateway/src/gateway/drain.py: drain": "a command waits for the end of requests, for a bounded time",
    "gateway/src/gateway/members.py: follow_members": "the gateway asks DNS for its replicas: no database",
    "gateway/src/gateway/subscription.py: ChangeSubscription": "the gateway connects to NATS anew",
}
SKIP_LOCKED = re.compile(r"\bskip\s+locked\b", re.IGNORECASE)
WITHOUT_END = {"count", "cycle", "repeat"}  # of itertools


def name_at_top(node):
    """Name what a statement of a module defines."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", node)]
    return getattr(node, "name", None) or getattr(targets[0], "id", "")


def called(node):
    """Name the function or method that an expression calls."""
    function = getattr(node, "func", None)
    return getattr(function, "attr", getattr(function, "id", ""))


def skips_locked(node):
    """Check whether an expression is of a statement that takes the rows nobody else has."""
    if isinstance(node, ast.keyword):
        return node.arg == "skip_locked" and getattr(node.value, "value", True) is not False
    return isinstance(node, ast.Constant) and bool(SKIP_LOCKED.search(str(node.value)))


def is_polling(node):
    """Check whether a statement is a loop that sleeps between its rounds."""
    if isinstance(node, ast.For | ast.AsyncFor):
        if called(node.iter) not in WITHOUT_END:
            return False
    elif not isinstance(node, ast.While):
        return False
    return any(called(inner) in {"sleep", "wait_for", "timeout"} for inner in ast.walk(node))


def find(source, matches):
    """Find the names at the top level in which some expression matches."""
    for statement in ast.parse(source).body:
        if any(matches(node) for node in ast.walk(statement)):
            yield name_at_top(statement)


def find_places(matches):
    return {
        f"{path.relative_to(ROOT)}: {name}"
        for path in production()
        if str(path.relative_to(ROOT)).startswith(FOLDERS)
        for name in find(path.read_text(), matches)
    }


def test_only_the_chassis_takes_rows_that_nobody_else_has():
    """A queue is a table of jobs: ``chassis.jobs``. An exception that excuses nothing goes."""
    assert find_places(skips_locked) == set(MAY_SKIP_LOCKED)


def test_only_the_chassis_works_in_a_loop_that_sleeps():
    """What comes later or again is a job or a schedule. An exception that excuses nothing goes."""
    assert find_places(is_polling) == set(MAY_LOOP)


@pytest.mark.parametrize(
    "source",
    [
        "_NEXT = text('SELECT id FROM mail FOR UPDATE SKIP LOCKED')",
        "_NEXT: TextClause = text(f'''SELECT id FROM {mail} FOR UPDATE\n    skip\n    locked''')",
        "_NEXT = select(mail).with_for_update(skip_locked=True)",
        "async def take(session, is_busy):\n    return select(mail).with_for_update(skip_locked=is_busy)",
        "class Queue:\n    def take(self):\n        return 'FOR UPDATE OF mail SKIP LOCKED LIMIT 1'",
    ],
)
def test_a_queue_of_a_services_own_is_found(source):
    assert list(find(source, skips_locked))


@pytest.mark.parametrize(
    "source",
    [
        "async def run():\n    while True:\n        await work()\n        await asyncio.sleep(1)",
        "async def run():\n    while not await work():\n        await sleep(1)",
        "def run():\n    while running:\n        if not work():\n            time.sleep(1)",
        "async def run():\n    for n in itertools.count():\n        await asyncio.sleep(n)",
        "async def run():\n    while True:\n        await asyncio.wait_for(hint.wait(), 1)",
        "async def run():\n  while True:\n    async with asyncio.timeout(1):\n      await hint.wait()",
    ],
)
def test_a_timer_of_a_services_own_is_found(source):
    assert list(find(source, is_polling))


@pytest.mark.parametrize(
    "source",
    [
        "_NEXT = select(mail).with_for_update(skip_locked=False)",
        "_NEXT = select(mail).with_for_update()",
        "def read():\n    while chunk := source.read():\n        yield chunk",
        "async def pause():\n    await asyncio.sleep(1)",
        "def send():\n    for row in rows:\n        time.sleep(1)",
    ],
)
def test_what_is_neither_is_let_be(source):
    assert not list(find(source, skips_locked)) + list(find(source, is_polling))
