"""The credentials this service refuses although their signature holds: ``revoked_token`` in memory."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from chassis.auth import Caller
from chassis.table_copies import TableCopies

_NO_END = 1 << 62  # later than any token is issued


class DenyList:
    """The refused credentials by their ids: the copy of the table ``revoked_token``."""

    channel: ClassVar[str] = "townhall_revoked_token"
    statement: ClassVar[str] = """SELECT id, extract(epoch FROM issued_before)::bigint AS issued_before
        FROM revoked_token WHERE expires_at > now()"""

    def __init__(self, copies: TableCopies) -> None:
        self.revoked: dict[str, int] = {}  # id to the last second whose tokens are refused
        copies.add(self)

    def replace(self, rows: Sequence[Any]) -> None:
        """Put the table's rows in place of those in memory."""
        self.revoked = _merge_refusals(rows)

    def refuses(self, caller: Caller) -> bool:
        """Check whether the token, its client, its subject or its mandate is refused.

        ``iat`` is in whole seconds, so a token of the very second of a refusal is refused too: it may have
        been issued before. Its client asks again and gets one of the next second.
        """
        revoked = self.revoked
        if revoked.keys().isdisjoint(caller.revocable_ids):
            return False
        return any(caller.issued <= revoked.get(name, -1) for name in caller.revocable_ids)


def _merge_refusals(rows: Iterable[Any]) -> dict[str, int]:
    """Keep the widest refusal of each id: several councils may refuse the same one."""
    refusals: dict[str, int] = {}
    for credential, issued_before in rows:
        last_second = _NO_END if issued_before is None else issued_before
        refusals[credential] = max(refusals.get(credential, -1), last_second)
    return refusals
