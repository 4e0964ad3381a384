"""The horizon of a council's changes: transactions below it have ended, and whoever reads sees what they did.

PostgreSQL's own horizon waits for every transaction of the server. This one leaves out those that can write
no change of the council: transactions of other services' databases, and loads of other councils. One that it
does not know, as it has just ended, it takes for the council's own; so the horizon may go back for a moment,
and what was read below it stays complete.
"""

LOAD_LOCK = 7430001  # first key of the advisory lock that a load holds; the second is of its council

# The lock on its own number shows which session a transaction is of. Prepared ones have none.
_STRANGER = """SELECT FROM pg_locks own JOIN pg_stat_activity session ON session.pid = own.pid
    WHERE own.locktype = 'transactionid' AND own.mode = 'ExclusiveLock' AND own.granted
        AND own.transactionid = running::xid
        AND (session.datname <> current_database() OR EXISTS (SELECT FROM pg_locks load
            WHERE load.pid = own.pid AND load.locktype = 'advisory' AND load.granted AND load.objsubid = 2
                AND load.mode = 'ExclusiveLock' AND load.classid = {lock}
                AND load.objid::bigint <> hashtext({council})::bigint & 4294967295))"""


def horizon_of(council: str) -> str:
    """Write SQL of the horizon (xid8) of a council, which is SQL itself: ``:council``."""
    stranger = _STRANGER.format(lock=LOAD_LOCK, council=council)
    return f"""(SELECT coalesce(min(running), pg_snapshot_xmax(pg_current_snapshot()))
        FROM pg_snapshot_xip(pg_current_snapshot()) AS running WHERE NOT EXISTS ({stranger}))"""  # noqa: S608
