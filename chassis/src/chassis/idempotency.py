"""Idempotency-Key: a repeated request gets the same answer, also under a race and after a crash.

The key's row commits with the change. A second request with the key waits for the first one's transaction
and then reads its answer; if the first one failed or crashed, its row is gone and the second does the work.
A key is remembered for 24 hours, per council, caller and operation.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, StringConstraints
from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis import clock, tables
from chassis.auth import Caller
from chassis.batches import delete_batch
from chassis.database import Session
from chassis.problems import Problem

RETENTION = timedelta(hours=24)

_KEYS = tables.idempotency
_INSERT = insert(_KEYS)
_CLAIM = _INSERT.on_conflict_do_update(
    index_elements=list(_KEYS.primary_key.columns),
    set_={name: _INSERT.excluded[name] for name in ("fingerprint", "status", "answer", "created_at")},
    where=_KEYS.c.created_at < bindparam("oldest"),
)
_SAME_KEY = (
    (_KEYS.c.council == bindparam("p_council"))
    & (_KEYS.c.caller == bindparam("p_caller"))
    & (_KEYS.c.operation == bindparam("p_operation"))
    & (_KEYS.c.key == bindparam("p_key"))
)
_FIND = select(_KEYS.c.fingerprint, _KEYS.c.status, _KEYS.c.answer).where(_SAME_KEY)
_STORE = update(_KEYS).where(_SAME_KEY).values(status=bindparam("p_status"), answer=bindparam("p_answer"))
_PURGE = delete_batch(_KEYS, _KEYS.c.created_at < bindparam("oldest"))

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="A key you choose. If you send the same request with the same key again within 24 hours, "
        "you get the same answer and nothing is done twice.",
    ),
    StringConstraints(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$"),
]


class Idempotency:
    """Runs a change once for each Idempotency-Key, and every time without one."""

    def __init__(self, request: Request, key: Key = None) -> None:
        route = request.scope.get("route")
        self._operation = f"{request.method} {getattr(route, 'path', request.url.path)}"
        self._council = request.path_params.get("council", "")
        # Without the slug, so that a key is good when the council is merged into another.
        self._path = request.url.path.removeprefix(f"/{self._council}") if self._council else request.url.path
        self._key = key

    async def run(
        self,
        session: Session,
        caller: Caller,
        body: BaseModel,
        work: Callable[[], Awaitable[BaseModel | None]],
        *,
        status: int = 201,
        repeated: int | None = None,
        headers: Callable[[Any], Mapping[str, str]] | None = None,
        secret: str = "",
        restore: Callable[[dict[str, Any]], Awaitable[str]] | None = None,
    ) -> Response:
        """Run ``work`` and answer its result, or repeat the answer of the first time.

        ``headers`` makes headers of the result (Location, ETag). ``repeated``: the status of a repeated
        answer, where a contract has another one. Without a result the answer has no body. ``secret`` names a
        member of the body that is never stored; ``restore`` makes it again from the others. Raises Problem
        422 when the key was used with another body.
        """
        owner = {"council": self._council, "caller": _identify(caller), "operation": self._operation}
        if self._key is not None:
            response = await self._claim(session, owner, body)
            if response is not None:
                if restore is not None:
                    response["body"][secret] = await restore(response["body"])
                return _respond({**response, "status": repeated or response["status"]}, replayed=True)
        result = await work()
        answer = {
            "status": status,
            "body": None if result is None else result.model_dump(mode="json"),
            "headers": dict(headers(result)) if headers is not None else {},
        }
        if self._key is not None:
            await self._store(session, owner, answer, secret)
        return _respond(answer, replayed=False)

    async def _claim(
        self, session: Session, owner: Mapping[str, str], body: BaseModel
    ) -> dict[str, Any] | None:
        """Insert the key's row. None when it is new: the work is ours to do; else the stored answer."""
        content = body.model_dump_json(exclude_unset=True)
        fingerprint = _fingerprint(self._path, content)
        now = clock.now()
        row = {**owner, "key": self._key, "fingerprint": fingerprint, "status": None, "answer": None}
        if await session.execute(_CLAIM, {**row, "created_at": now, "oldest": now - RETENTION}):
            return None
        earlier = await session.first(_FIND, self._bind(owner))
        if earlier is None or earlier.status is None:
            raise Problem(409, "request-in-progress", "The same request is being worked on. Try again.")
        # Older versions took the council's slug into it. Keys last a day: drop this after the next release.
        if earlier.fingerprint not in (fingerprint, _fingerprint(f"/{self._council}{self._path}", content)):
            raise Problem(
                422,
                "idempotency-key-reused",
                "This Idempotency-Key was used with another body. Use a new key.",
            )
        return dict(earlier.answer)

    async def _store(
        self, session: Session, owner: Mapping[str, str], answer: Mapping[str, Any], secret: str
    ) -> None:
        body = answer["body"]
        if secret:
            body = {name: value for name, value in body.items() if name != secret}
        params = self._bind(owner, p_status=answer["status"], p_answer={**answer, "body": body})
        await session.execute(_STORE, params)

    def _bind(self, owner: Mapping[str, str], **params: Any) -> dict[str, Any]:
        return {**{f"p_{name}": value for name, value in owner.items()}, "p_key": self._key, **params}


def _identify(caller: Caller) -> str:
    """Name the key's owner: a client, or a person at a client of many people, by mandate or not."""
    if caller.subject == caller.client_id:
        return caller.client_id
    return f"{caller.client_id} {caller.subject} {caller.mandate}".rstrip()


def _fingerprint(path: str, content: str) -> bytes:
    return hashlib.sha256(f"{path}\n{content}".encode()).digest()


def _respond(response: Mapping[str, Any], *, replayed: bool) -> Response:
    headers = {**response["headers"], **({"Idempotent-Replayed": "true"} if replayed else {})}
    if response["body"] is None:
        return Response(None, response["status"], headers)
    return JSONResponse(response["body"], response["status"], headers)


async def purge(session: Session, most: int) -> int:
    """Delete a batch of keys older than 24 hours."""
    return await session.execute(_PURGE, {"oldest": clock.now() - RETENTION, "most": most})


async def _get_idempotency(request: Request, key: Key = None) -> Idempotency:
    """Make it in the event loop: FastAPI would call the class in a thread, which costs as much as a query."""
    return Idempotency(request, key)


OnlyOnce = Annotated[Idempotency, Depends(_get_idempotency)]
