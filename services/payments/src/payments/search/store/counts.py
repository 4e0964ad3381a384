"""The counts of payments and refunds by day."""

from collections.abc import Sequence

from sqlalchemy import text

from chassis.database import ReadSession, Session

_KEY = "account, subject, state, day"
_WAITING = text("SELECT DISTINCT council FROM daily_count_change ORDER BY council LIMIT :most")
# In the order of the key, so that two that fold at once never wait for one another in a circle.
_FOLD = text(f"""WITH taken AS (DELETE FROM daily_count_change WHERE council = :council AND id IN (
        SELECT id FROM daily_count_change WHERE council = :council ORDER BY id LIMIT :most
        FOR UPDATE SKIP LOCKED) RETURNING {_KEY}, number),
    written AS (INSERT INTO daily_count AS c (council, {_KEY}, number)
        SELECT :council, {_KEY}, sum(number) FROM taken GROUP BY {_KEY} ORDER BY {_KEY}
        ON CONFLICT (council, {_KEY}) DO UPDATE SET number = c.number + excluded.number)
    SELECT count(*) FROM taken""")  # noqa: S608
_WITHOUT_TIMEOUT = text("SELECT set_config('statement_timeout', '0', true)")
# One statement sees one moment: what is counted and what there is differ only by what is wrong.
_CORRECT = text(f"""WITH parts AS (
        SELECT {_KEY}, -number AS number FROM daily_count WHERE council = :council
        UNION ALL SELECT {_KEY}, -number FROM daily_count_change WHERE council = :council
        UNION ALL SELECT account, 'payment', state, CAST(created_at AT TIME ZONE 'UTC' AS date), count(*)
            FROM payment WHERE council = :council GROUP BY 1, 2, 3, 4
        UNION ALL SELECT account, 'refund', 'any', CAST(created_at AT TIME ZONE 'UTC' AS date), count(*)
            FROM refund WHERE council = :council GROUP BY 1, 2, 3, 4
        UNION ALL SELECT account, 'agreement', state, CAST(created_at AT TIME ZONE 'UTC' AS date), count(*)
            FROM agreement WHERE council = :council GROUP BY 1, 2, 3, 4
        UNION ALL SELECT account, 'dispute', state, CAST(created_at AT TIME ZONE 'UTC' AS date), count(*)
            FROM dispute WHERE council = :council GROUP BY 1, 2, 3, 4)
    INSERT INTO daily_count_change (council, {_KEY}, number)
    SELECT :council, {_KEY}, sum(number) FROM parts GROUP BY {_KEY} HAVING sum(number) <> 0""")  # noqa: S608


async def list_councils_to_fold(session: ReadSession, most: int) -> Sequence[str]:
    """List councils whose counts have changes."""
    return [row.council for row in await session.all(_WAITING, {"most": most})]


async def fold_counts(session: Session, council: str, most: int) -> int:
    """Add the oldest changes up in the counts; return how many they were."""
    return int(await session.scalar(_FOLD, {"council": council, "most": most}))


async def correct_counts(session: Session, council: str) -> int:
    """Write a change wherever counts and rows differ; return how many. Nobody waits for it."""
    await session.scalar(_WITHOUT_TIMEOUT)
    return await session.execute(_CORRECT, {"council": council})
