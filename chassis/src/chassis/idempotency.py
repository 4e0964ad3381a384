"""Idempotency-Key: the same request again gives the same answer, also under a race and after a crash.

The key's row commits with the change. A second request with the key waits for the first one's transaction
and then reads its answer; if the first one failed or crashed, its row is gone and the second does the work.
Kept for 24 hours, per council, caller and operation.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, StringConstraints
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis import tables
from chassis.auth import Caller
from chassis.database import Session
from chassis.problems import Problem

KEPT = timedelta(hours=24)

_T = tables.idempotency
_CLAIM = insert(_T)
_CLAIM = _CLAIM.on_conflict_do_update(
    index_elements=list(_T.primary_key.columns),
    set_={name: _CLAIM.excluded[name] for name in ("fingerprint", "status", "answer", "created_at")},
    where=_T.c.created_at < bindparam("oldest"),
)
_SAME = (
    (_T.c.council == bindparam("p_council"))
    & (_T.c.caller == bindparam("p_caller"))
    & (_T.c.operation == bindparam("p_operation"))
    & (_T.c.key == bindparam("p_key"))
)
_FIND = select(_T.c.fingerprint, _T.c.status, _T.c.answer).where(_SAME)
_STORE = update(_T).where(_SAME).values(status=bindparam("p_status"), answer=bindparam("p_answer"))
_PURGE = delete(_T).where(_T.c.created_at < bindparam("oldest"))

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", description="Any text of yours, at most 255 characters; kept for 24 hours"
    ),
    StringConstraints(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$"),
]


class Once:
    """Runs a change once per Idempotency-Key; without a key, runs it."""

    def __init__(self, request: Request, key: Key = None) -> None:
        route = request.scope.get("route")
        self._operation = f"{request.method} {getattr(route, 'path', request.url.path)}"
        self._path = request.url.path
        self._council = request.path_params.get("council", "")
        self._key = key

    async def run(
        self,
        session: Session,
        caller: Caller,
        body: BaseModel,
        work: Callable[[], Awaitable[BaseModel]],
        *,
        status: int = 201,
        headers: Callable[[Any], Mapping[str, str]] | None = None,
        secret: str = "",
        restore: Callable[[dict[str, Any]], Awaitable[str]] | None = None,
    ) -> Response:
        """The answer of ``work``, now or when it was first done; ``headers`` go with it (Location, ETag).

        ``secret`` names a member of the answer that is never stored; ``restore`` makes it again for a
        replay. Raises Problem 422 when the key came with another body before.
        """
        place = {"council": self._council, "caller": _name(caller), "operation": self._operation}
        if self._key is not None:
            stored = await self._claim(session, place, body)
            if stored is not None:
                if restore is not None:
                    stored["body"][secret] = await restore(stored["body"])
                return _answer(stored, replayed=True)
        made = await work()
        sent = dict(headers(made)) if headers is not None else {}
        answer = {"status": status, "body": made.model_dump(mode="json"), "headers": sent}
        if self._key is not None:
            kept = {**answer, "body": {k: v for k, v in made.model_dump(mode="json").items() if k != secret}}
            await session.execute(_STORE, self._bound(place, p_status=status, p_answer=kept))
        return _answer(answer, replayed=False)

    async def _claim(
        self, session: Session, place: Mapping[str, str], body: BaseModel
    ) -> dict[str, Any] | None:
        """None when the work is ours to do; else the answer that was given."""
        fingerprint = hashlib.sha256(
            f"{self._path}\n{body.model_dump_json(exclude_unset=True)}".encode()
        ).digest()
        now = datetime.now(UTC)
        row = {**place, "key": self._key, "fingerprint": fingerprint, "status": None, "answer": None}
        if await session.execute(_CLAIM, {**row, "created_at": now, "oldest": now - KEPT}):
            return None
        found = await session.first(_FIND, self._bound(place))
        if found is None or found.status is None:
            raise Problem(409, "request-in-progress", "The same request is being worked on. Try again.")
        if found.fingerprint != fingerprint:
            raise Problem(
                422, "idempotency-key-reused", "This Idempotency-Key came with another body. Use a new key."
            )
        return dict(found.answer)

    def _bound(self, place: Mapping[str, str], **more: Any) -> dict[str, Any]:
        return {**{f"p_{name}": value for name, value in place.items()}, "p_key": self._key, **more}


def _name(caller: Caller) -> str:
    """Whose key it is: a client's, or at a service of many people a person's, by mandate or not."""
    if caller.subject == caller.client_id:
        return caller.client_id
    return f"{caller.client_id} {caller.subject} {caller.mandate}".rstrip()


def _answer(stored: Mapping[str, Any], *, replayed: bool) -> Response:
    headers = {**stored["headers"], **({"Idempotent-Replayed": "true"} if replayed else {})}
    return JSONResponse(stored["body"], stored["status"], headers)


async def purge(session: Session) -> None:
    """Forget answers older than 24 hours."""
    await session.execute(_PURGE, {"oldest": datetime.now(UTC) - KEPT})


OnlyOnce = Annotated[Once, Depends(Once)]
