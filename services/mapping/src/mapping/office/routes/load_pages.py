"""Pages of files that are loaded into a layer: sent, compared, decided on, published."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from chassis import ids
from chassis.database import ReadSession
from chassis.idempotency import Idempotency
from chassis.pages import Paging
from chassis.problems import Problem, document_problems
from chassis.web import Form, SubmittedFileForm, SubmittedForm, file_form_body, form_body, see_other
from chassis.web.file_forms import FormFile
from mapping.collections.routes.access import require_live
from mapping.collections.rules.layers import Layer
from mapping.loading.actions import publish_load, reads, uploads
from mapping.loading.routes import TABLE, UPLOAD, LoadId, make_context
from mapping.loading.rules.names import clean_name
from mapping.loading.schemas import Change, LayerLoad, LoadOptions
from mapping.office import actions
from mapping.office.routes import answers
from mapping.office.routes.access import MAX_REASON, PAGES, SANDBOX, OfficePage, PublisherPage, WriterPage
from mapping.office.routes.layer_pages import DONE, read_version
from mapping.office.rules import labels, load_forms

router = APIRouter(
    prefix=f"{PAGES}/layers/{{layer}}", tags=["office pages"], default_response_class=HTMLResponse
)
_FILE_BODY = file_form_body("file", UPLOAD["x-limits"], "submission", **load_forms.LENGTHS)
_BODY = form_body("version", "reason", version=10, reason=MAX_REASON, vintage=200, accept=20)
_PROBLEMS = document_problems(404, 409)
_REFUSALS = frozenset({400, 413, 415})
_MOST_ROWS = 10
Name = Annotated[str, Query(max_length=200, description="The layer of the file, if it has several")]


@router.get("/new-load", responses=document_problems(404))
async def show_load_form(page: WriterPage, source_layer: Name = "") -> Response:
    """Show the form of a file."""
    form = Form({"submission": ids.show(ids.new()), "source_layer": source_layer})
    return _show_form(page, await page.read_layer(), form)


@router.post("/new-load", openapi_extra=_FILE_BODY, responses=document_problems(404, 413, 415))
async def submit_load_form(page: WriterPage, submitted: SubmittedFileForm) -> Response:
    """Send a file for a layer. Nothing of the layer changes yet; a form that is sent twice sends one."""
    layer = await page.read_layer()
    form, file = submitted.form, submitted.file
    options = answers.read_options(form)
    if file is None:
        form.error("file", "Choose a file")
    elif options is None:
        await file.discard()
    else:
        load = await _receive(page, form, file, options)
        if load is not None:
            return see_other(f"{page.home}/loads/{ids.show(load.id)}")
    return _show_form(page, layer, form, 400)


def _show_form(page: OfficePage, layer: Layer, form: Form, status: int = 200) -> Response:
    most = load_forms.format_size(page.request.app.state.settings.load_bytes)
    return page.render("office-new-load.html", layer, status, form=form, words=load_forms, most=most)


async def _receive(page: OfficePage, form: Form, file: FormFile, options: LoadOptions) -> LayerLoad | None:
    """Keep the file and have it read; None, with an error in the form, if it is refused."""
    new = uploads.NewFile(clean_name(file.name), options, file.read())
    submission = form.get("submission", 26)
    try:
        require_live(page.request, page.staff.caller)
        response = await uploads.upload_file(
            make_context(page.request),
            page.council,
            page.name,
            page.staff.caller,
            new,
            lambda digest: Idempotency(page.request, f"{submission}-{digest}"),
        )
    except Problem as problem:
        if problem.status_code not in _REFUSALS and problem.code != SANDBOX:
            raise
        await file.discard()
        form.error("file", "%(text)s", text=load_forms.explain(problem.code, str(problem.detail)))
        return None
    return LayerLoad.model_validate_json(bytes(response.body))


@router.get("/loads", responses=document_problems(404))
async def show_loads(page: WriterPage, paging: Paging, done: Annotated[str, DONE] = "") -> Response:
    """Show the files that were sent for a layer, latest first."""
    async with page.database.reading(page.council) as session:
        layer = await page.find_layer(session)
        rows = await reads.list_loads(session, page.council, page.name, paging.start_id(), paging.fetch)
        names = await actions.find_names(session, page.council, [row.created_by for row in rows])
    listed = paging.page(rows, reads.show, lambda row: [ids.show(row.id)])
    context: dict[str, Any] = {"loads": listed.items, "next": listed.next, "names": names, "form": Form()}
    return page.render(
        "office-loads.html", layer, words=load_forms, done=labels.DONE.get(done, ""), **context
    )


@router.get("/loads/{load}", responses=document_problems(404))
async def show_load(page: WriterPage, load: LoadId) -> Response:
    """Show a load: how far it is, how it compares, and what to agree to."""
    return await _show_load(page, load, Form())


@router.post("/loads/{load}", openapi_extra=_BODY, responses=_PROBLEMS)
async def publish_on_page(page: PublisherPage, load: LoadId, form: SubmittedForm) -> Response:
    """Publish a compared load."""
    reason = page.read_reason(form)
    body = answers.read_publication(form, reason)
    if form.ok and body is not None:
        try:
            require_live(page.request, page.staff.caller)
            async with page.database.writing(page.council) as session:
                await page.find_layer(session)
                await publish_load.publish(
                    session, page.council, page.name, load, page.staff.caller, read_version(form), body
                )
        except Problem as problem:
            answers.add_load_problem(form, problem)
        else:
            return see_other(f"{page.home}/loads/{ids.show(load)}")
    return await _show_load(page, load, form, 400)


@router.post("/loads/{load}/discard", openapi_extra=form_body("version", version=10), responses=_PROBLEMS)
async def discard_on_page(page: WriterPage, load: LoadId, form: SubmittedForm) -> Response:
    """Discard a load that is not published, and its file."""
    try:
        require_live(page.request, page.staff.caller)
        async with page.database.writing(page.council) as session:
            await page.find_layer(session)
            await publish_load.discard(session, page.council, page.name, load, read_version(form))
    except Problem as problem:
        answers.add_load_problem(form, problem)
        return await _show_load(page, load, form, 400)
    return page.finish("/loads", "load-discarded")


async def _show_load(page: OfficePage, load: LoadId, form: Form, status: int = 200) -> Response:
    async with page.database.reading(page.council) as session:
        layer = await page.find_layer(session)
        _, row = await reads.find_load(session, page.council, page.name, load)
        view = reads.show(row)
        names = await actions.find_names(session, page.council, [view.created_by])
        refused = await _list_refused(session, page, view)
    context: dict[str, Any] = {
        "load": view,
        "names": names,
        "refused": refused,
        "words": load_forms,
        "there": f"{page.home}/loads/{ids.show(load)}",
    }
    template = load_forms.TEMPLATES[view.state]
    return page.render(template, layer, status, form=form, **context)


async def _list_refused(session: ReadSession, page: OfficePage, load: LayerLoad) -> list[Any]:
    if load.state != "compared" or not load.counts or not load.counts.refused:
        return []
    rows = await reads.list_rows(session, page.council, load.id, "refused", 0, _MOST_ROWS)
    return [reads.show_row(row) for row in rows]


@router.get("/loads/{load}/rows", responses=document_problems(404))
async def show_load_rows(
    page: WriterPage, load: LoadId, change: Annotated[Change, Query(description="Which rows")], paging: Paging
) -> Response:
    """Show the rows of a load that are new, changed, moved or refused."""
    start = paging.start(int)
    after = max(0, min(start[0], 2**31 - 1)) if start else 0
    async with page.database.reading(page.council) as session:
        layer = await page.find_layer(session)
        _, row = await reads.find_load(session, page.council, page.name, load)
        rows = await reads.list_rows(session, page.council, row.id, change, after, paging.fetch)
    listed = paging.page(rows, reads.show_row, lambda each: (each.row,))
    return _show_rows(page, layer, load, change, listed.items, listed.next)


@router.get("/loads/{load}/missing", responses=document_problems(404))
async def show_missing(page: WriterPage, load: LoadId, paging: Paging) -> Response:
    """Show the features of the layer that are not in the file."""
    start = paging.start(str)
    async with page.database.reading(page.council) as session:
        layer = await page.find_layer(session)
        _, row = await reads.find_load(session, page.council, page.name, load)
        is_open = row.state == "compared"
        after = start[0][:200] if start else ""
        fids = await reads.list_missing(session, page.council, row, after, paging.fetch) if is_open else []
    listed = paging.page(fids, lambda fid: fid, lambda fid: (fid,))
    rows = [{"feature": fid} for fid in listed.items]
    return _show_rows(page, layer, load, "missing", rows, listed.next)


def _show_rows(
    page: OfficePage, layer: Layer, load: LoadId, change: str, rows: list[Any], after: str | None
) -> Response:
    context: dict[str, Any] = {
        "rows": rows,
        "change": change,
        "next": after,
        "words": load_forms,
        "there": f"{page.home}/loads/{ids.show(load)}",
    }
    return page.render("office-load-rows.html", layer, form=Form(), **context)


@router.get("/loads/{load}/problems.csv", responses={**TABLE, **document_problems(404)})
async def download_load_problems(page: WriterPage, load: LoadId) -> StreamingResponse:
    """Download the refused rows as a table, to mend them."""
    async with page.database.reading(page.council) as session:
        await page.find_layer(session)
        _, row = await reads.find_load(session, page.council, page.name, load)
    headers = {"Content-Disposition": f'attachment; filename="problems-{page.name}.csv"'}
    content = reads.write_problems(page.database, page.council, row.id)
    return StreamingResponse(content, media_type="text/csv; charset=utf-8", headers=headers)
