"""Erase cases whole, and leave a tombstone of each: the digests of its history, and its reference."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework import events
from casework.cases import rules as histories
from casework.retention.rules.disposals import OUTCOMES, Hold, ItemState
from casework.retention.store import erasure as store
from casework.retention.store import holds, lists
from casework.shared.references import read_reference
from chassis import audit, clock, ids, outbox
from chassis.audit import by_system
from chassis.blobs.deletion import delete_later
from chassis.database import Session

TASK = by_system("casework.retention")
_REASON = "Retention is over"
_STAYS = {ItemState.ON_HOLD, ItemState.NOT_DUE}
_ON_HOLD = "A hold is in force."
_FOLLOWS = "The case in which it ended is kept."
_BROKEN = "Its history is not as it was written. Look at it with verify-history first."


@dataclass(frozen=True, slots=True)
class History:
    """What a tombstone keeps of a history."""

    contents: list[bytes]
    digest: bytes
    is_whole: bool


async def dispose(session: Session, disposal: Row[Any], items: Sequence[Row[Any]]) -> None:
    """Dispose of a batch of a locked list. A hold that is in force by now keeps its cases."""
    council = disposal.council
    await holds.keep_holds(session, council)
    cases = await store.lock_cases(session, council, [item.case_id for item in items])
    in_force = await holds.list_in_force(session, council, disposal.mode)
    remaining = await _list_remaining_leaders(session, council, items)
    histories_by_case = _read_histories(await store.list_entries(session, council, list(cases)))
    erased: dict[UUID, Row[Any]] = {}
    for item in items:
        case = cases.get(item.case_id)
        leader = read_reference(item.rule.get("follows", "")) or ""
        if leader in remaining - {each.reference for each in erased.values()}:
            await _set(session, item, ItemState.ON_HOLD, reason=_FOLLOWS)
        elif case is None or not _is_due(case, disposal, item):
            await _set(session, item, ItemState.NOT_DUE)
        elif _is_on_hold(case, in_force):
            await _set(session, item, ItemState.ON_HOLD, reason=_ON_HOLD)
        elif not histories_by_case[case.id].is_whole:
            await _set(session, item, ItemState.ON_HOLD, reason=_BROKEN)
        elif item.bundled and item.bundled != [
            case.version,
            await store.count_notes(session, council, case.id),
        ]:
            await _set(session, item, ItemState.DUE, bundle_digest=None, bundled=None)
        else:
            await _set(session, item, OUTCOMES[item.rule["then"]], digest=histories_by_case[case.id].digest)
            erased[case.id] = case
    await _erase(session, disposal, erased, histories_by_case)


async def _list_remaining_leaders(session: Session, council: str, items: Sequence[Row[Any]]) -> set[str]:
    leaders = [read_reference(item.rule["follows"]) or "" for item in items if "follows" in item.rule]
    return await store.list_remaining(session, council, leaders)


async def _set(session: Session, item: Row[Any], state: ItemState, **values: Any) -> None:
    """Write what became of an item. The archive's copy of a case that stays is deleted."""
    if state in _STAYS and item.bundle_digest is not None:
        await delete_later(session, [item.bundle], council=item.council)
        values |= {"bundle_digest": None, "bundled": None}
    await lists.update_item(session, item.council, item.list_id, item.case_id, state=state, **values)


def _is_due(case: Row[Any], disposal: Row[Any], item: Row[Any]) -> bool:
    """Check that nobody opened a case again since; one that follows another has no day of its own."""
    if case.closed_at is None:
        return False
    if case.dispose_on is None:
        return "follows" in item.rule
    return bool(case.dispose_on <= disposal.due_by)


def _is_on_hold(case: Row[Any], in_force: Iterable[Hold]) -> bool:
    return any(hold.covers(case.id, case.person, case.code) for hold in in_force)


def _read_histories(rows: Sequence[Row[Any]]) -> dict[UUID, History]:
    """Read what stays of histories, and whether they are as they were written."""
    histories_by_case = {}
    for case_id, entries in groupby(rows, key=lambda row: row.case_id):
        contents, digest, is_whole = [], histories.FIRST_DIGEST, True
        for n, row in enumerate(entries, 1):
            contents.append(histories.digest_content(histories.read_entry(row), row.personal_digest))
            digest = histories.chain(digest, contents[-1])
            is_whole = is_whole and row.n == n and digest == row.digest
        histories_by_case[case_id] = History(contents, digest, is_whole)
    return histories_by_case


async def _erase(
    session: Session, disposal: Row[Any], cases: dict[UUID, Row[Any]], histories_by_case: dict[UUID, History]
) -> None:
    if not cases:
        return
    council, now = disposal.council, clock.now()
    tombstones = [
        {
            "council": council,
            "case_id": case.id,
            "reference": case.reference,
            "mode": case.mode,
            "code": case.code,
            "list_id": disposal.id,
            "disposed_at": now,
            "contents": histories_by_case[case.id].contents,
            "digest": histories_by_case[case.id].digest,
        }
        for case in cases.values()
    ]
    await store.bury(session, tombstones)
    await _publish(session, council, cases)
    blobs = await store.list_blobs(session, council, list(cases))
    await store.delete_cases(session, council, list(cases))
    await delete_later(session, blobs, council=council)
    await _erase_audit(session, council, list(cases))


async def _publish(session: Session, council: str, cases: dict[UUID, Row[Any]]) -> None:
    """Publish that cases are no longer kept, as their last version."""
    await store.close_versions(session, council, list(cases))
    for case in cases.values():
        data = events.CaseDisposed(case=case.id, mode=case.mode, case_type=case.code, state=case.state)
        await outbox.add(session, data, council=council, subject=ids.show(case.id), sequence=case.version + 1)


async def _erase_audit(session: Session, council: str, cases: Sequence[UUID]) -> None:
    """Erase what entries of the audit about these cases say of people."""
    names = [ids.show(case) for case in cases]
    for name in await audit.list_with_personal(session, council, "casework.case", names):
        await audit.erase(session, council, TASK, "casework.case", name, reason=_REASON)
