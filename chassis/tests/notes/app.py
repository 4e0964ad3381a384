"""Notes: one table with row-level security, a list, an idempotent create, an event that it also consumes."""

from typing import Annotated, Any, ClassVar

import recovery_harness
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from pydantic_settings import SettingsConfigDict
from sqlalchemy import Column, MetaData, Table, Text, Uuid, bindparam, insert, select
from sqlalchemy.dialects.postgresql import JSONB

from chassis import ids, outbox, recovery, resync
from chassis.app import Service, create_app
from chassis.auth import Caller, permission, public
from chassis.consumer import Consumer
from chassis.database import FastPool, Reading, Session, Writing
from chassis.events import EventData, Received
from chassis.idempotency import OnlyOnce
from chassis.messages import Messages, MessageSettings
from chassis.outbound import OutboundError
from chassis.pages import Page, Paging
from chassis.problems import ErrorShape, ErrorTemplate, not_found
from chassis.tables import NAMING
from chassis.types import Name, Postcode, Uprn
from notes import jobs, views, webhooks


class Settings(MessageSettings):
    model_config = SettingsConfigDict(env_prefix="NOTES_")


metadata = MetaData(naming_convention=NAMING)
note = Table(
    "note",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("text", Text, nullable=False),
    Column("theme", Text),
    Column("written_by", JSONB),
    info={"row_level_security": True},
)
FIRST_PAGE = select(note).order_by(note.c.id).limit(bindparam("most"))
NEXT_PAGE = FIRST_PAGE.where(note.c.id > bindparam("after"))
_ONE = (note.c.council == bindparam("council_"), note.c.id == bindparam("id_"))
THEME = select(note.c.theme).where(*_ONE)
WRITTEN_BY = select(note.c.written_by).where(*_ONE)
router = APIRouter(prefix="/{council}/notes/v1")
calls: list[str] = []


class NewNote(BaseModel):
    text: Name


class Note(NewNote):
    id: ids.Id
    secret: str = ""


class NoteWritten(EventData):
    event_type: ClassVar[str] = "notes.note.written.v1"
    event_example: ClassVar[dict[str, Any]] = {"text": "Bring the bins in"}
    text: str


class NoteWrittenView(EventData):
    event_type: ClassVar[str] = "notes.note.written.v1"
    text: str = Field(max_length=50)


async def write(session: Session, council: str, text: str) -> Note:
    created = Note(id=ids.new(), text=text, secret=f"secret of {text}")
    await session.execute(insert(note), {"council": council, "id": created.id, "text": text})
    await outbox.add(
        session, NoteWritten(text=text), council=council, subject=ids.show(created.id), sequence=1
    )
    return created


@router.post("/notes", status_code=201)
async def write_note(
    session: Writing,
    council: str,
    body: NewNote,
    caller: Annotated[Caller, permission("notes:write")],
    once: OnlyOnce,
) -> Response:
    async def restore_secret(stored_body: dict[str, Any]) -> str:
        return f"secret of {stored_body['text']}"

    return await once.run(
        session,
        caller,
        body,
        lambda: write(session, council, body.text),
        secret="secret",
        restore=restore_secret,
        headers=lambda created: {"Location": f"/{council}/notes/v1/notes/{ids.show(created.id)}"},
    )


@router.post("/failing")
async def write_and_break_the_commit(
    session: Writing, council: str, _: Annotated[Caller, permission("notes:write")]
) -> None:
    """Violate a deferred constraint, so that COMMIT fails after the route has returned."""
    await session.connection.exec_driver_sql(
        "CREATE TEMPORARY TABLE one (n int UNIQUE DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP"
    )
    await session.connection.exec_driver_sql("INSERT INTO one VALUES (1), (1)")


class NewCharge(BaseModel):
    url: str = Field(max_length=200)


@router.post("/charges")
async def charge_note(
    council: str,
    body: NewCharge,
    calls: recovery.Calls,
    response: Response,
    _: Annotated[Caller, permission("notes:write")],
) -> str:
    """Charge for a note outside; the worker goes on when that fails."""
    operation = await recovery_harness.begin(calls.database, body.url, council=council)
    try:
        await recovery.run(calls, recovery_harness.handlers, operation)
    except (OutboundError, recovery.OverdueError):
        response.status_code = 202
        return "in progress"
    return "charged"


@router.get("/notes")
async def list_notes(
    session: Reading, council: str, paging: Paging, _: Annotated[Caller, permission("notes:read")]
) -> Page[Note]:
    start = paging.start(str)
    if start is None:
        rows = await session.all(FIRST_PAGE, {"most": paging.fetch})
    else:
        rows = await session.all(NEXT_PAGE, {"most": paging.fetch, "after": ids.read(start[0])})
    return paging.page(rows, lambda row: Note(id=row.id, text=row.text), lambda row: [ids.show(row.id)])


@router.get("/open/{uprn}")
async def read_open(council: str, uprn: Uprn, postcode: Postcode, _: Annotated[None, public]) -> str:
    return f"{uprn} {postcode}"


@router.get("/crash")
async def crash(council: str, _: Annotated[None, public]) -> None:
    raise RuntimeError("secret detail")


async def read_theme(request: Request) -> str | None:
    """Read the theme of the note in the path."""
    council = request.path_params["council"]
    try:
        params = {"council_": council, "id_": ids.read(request.path_params["note_id"])}
    except ValueError:
        return None
    async with request.app.state.database.reading(council) as session:
        theme: str | None = await session.scalar(THEME, params)
        return theme


@router.post("/bins", status_code=201)
async def note_bins(
    session: Writing,
    council: str,
    body: NewNote,
    caller: Annotated[Caller, permission("notes:own", theme="waste")],
    once: OnlyOnce,
) -> Response:
    async def insert_note() -> Note:
        created = Note(id=ids.new(), text=body.text)
        row = {"council": council, "id": created.id, "text": created.text}
        row |= {"theme": "waste", "written_by": caller.record()}
        await session.execute(insert(note), row)
        return created

    return await once.run(session, caller, body, insert_note)


@router.get("/own/{note_id}")
async def read_own(
    session: Reading,
    council: str,
    note_id: ids.Id,
    _: Annotated[Caller, permission("notes:own", theme=read_theme)],
) -> dict[str, str]:
    row = await session.first(WRITTEN_BY, {"council_": council, "id_": note_id})
    if row is None:
        raise not_found("note")
    return dict(row.written_by)


@router.get("/fast")
async def read_fast(pool: FastPool, council: str, _: Annotated[None, public]) -> str:
    return str(await pool.fetchval("SELECT current_setting('transaction_read_only')"))


@router.get("/old/missing")
async def read_missing(council: str, _: Annotated[None, public]) -> None:
    raise not_found("thing")


messages = Messages("notes")
notes = Consumer("notes", capability="notes")


@notes.on(NoteWrittenView)
async def copy_note(session: Session, event: Received[NoteWrittenView]) -> None:
    calls.append(event.data.text)
    if event.data.text.startswith("poison"):
        raise RuntimeError("it is poison")
    copy = {"council": event.council, "id": ids.new(), "text": f"copy of {event.data.text}"}
    await session.execute(insert(note), copy)


class OldError(BaseModel):
    wrong: str


async def add_snapshots(session: Session, after: Any) -> resync.Page:
    rows = await session.all(select(note).with_for_update())
    for row in rows:
        event = outbox.Event(NoteWritten(text=row.text), ids.show(row.id), 1)
        await outbox.add_all(session, [event], council=row.council, snapshot=True)
    return resync.Page(len(rows), None)


service = Service(
    name="notes",
    title="Notes",
    version="1.0.0",
    settings=Settings,
    metadata=metadata,
    routers=[router, views.router],
    publishes=[NoteWritten],
    consumers=[notes],
    snapshots={"notes.note": add_snapshots},
    jobs=[jobs.handlers],
    schedules=jobs.schedules,
    messages=messages,
    webhooks=webhooks.webhooks,
    sign_in=views.sign_in,
    pages=views.pages,
    shapes=[
        ErrorShape(
            "notes/v1/old",
            lambda request, problem: JSONResponse({"wrong": problem.code}, problem.status_code),
            OldError,
            [ErrorTemplate('{"wrong":$code}')],
        )
    ],
)


def create() -> FastAPI:
    return create_app(service)
