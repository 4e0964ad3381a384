"""Pages of a layer's versions: listed, compared, restored; and the layer published and retired."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from fastapi.responses import HTMLResponse

from chassis.database import Session
from chassis.pages import Paging
from chassis.problems import Problem, document_problems
from chassis.web import Form, SubmittedForm, form_body
from mapping.collections.actions import definitions, features
from mapping.collections.routes.access import require_live
from mapping.collections.routes.layers import Version
from mapping.collections.rules.layers import Layer
from mapping.collections.tables import STILL
from mapping.office import actions
from mapping.office.routes.access import MAX_REASON, PAGES, OfficePage, PublisherPage, ReaderPage
from mapping.office.routes.layer_pages import add_layer_problem, read_version

router = APIRouter(
    prefix=f"{PAGES}/layers/{{layer}}", tags=["office pages"], default_response_class=HTMLResponse
)
_BODY = form_body("version", "reason", version=10, reason=MAX_REASON)
_PROBLEMS = document_problems(404, 409)
_STATUS = "/{act}"
Act = Annotated[str, Path(pattern="^(publish|retire)$", max_length=7)]
_MOST_DIFFERENCES = 100


@router.get("/versions", responses=document_problems(404))
async def show_layer_versions(page: ReaderPage, paging: Paging) -> Response:
    """Show the versions of a layer, latest first."""
    start = paging.start(int)
    before = STILL if start is None else max(0, min(start[0], STILL))
    async with page.database.reading(page.council) as session:
        layer = await page.find_layer(session)
        rows = await definitions.list_versions(session, layer, before, paging.fetch)
    listed = paging.page(rows, lambda _: None, lambda row: (row.version,))
    return page.render(
        "office-versions.html", layer, versions=rows[: paging.limit], next=listed.next, form=Form()
    )


@router.get("/versions/{version}", responses=document_problems(404))
async def show_layer_version(page: ReaderPage, version: Version) -> Response:
    """Show what a version changed, and what differs between it and the present."""
    return await _show_version(page, version, Form())


@router.post("/versions/{version}", openapi_extra=_BODY, responses=_PROBLEMS)
async def restore_on_page(page: PublisherPage, version: Version, form: SubmittedForm) -> Response:
    """Make the layer's features as they were at a version."""
    reason = page.read_reason(form)

    async def restore(session: Session, layer: Layer) -> Layer:
        return await definitions.restore_layer(
            session, layer, page.staff.caller, version, reason, read_version(form)
        )

    if form.ok and await _change(page, form, restore):
        return page.finish("", "layer-restored")
    return await _show_version(page, version, form, 400)


async def _show_version(page: OfficePage, version: int, form: Form, status: int = 200) -> Response:
    async with page.database.reading(page.council) as session:
        layer = await page.find_layer(session)
        row = await definitions.get_version(session, layer, version)
        names = await actions.find_names(session, page.council, [row.actor])
        most = _MOST_DIFFERENCES + 1
        changes = await features.list_differences(session, layer.id, (version - 1, version), -1, most)
        since = await features.list_differences(session, layer.id, (version, layer.version), -1, most)
    context: dict[str, Any] = {
        "version": row,
        "names": names,
        "changes": changes[:_MOST_DIFFERENCES],
        "has_more": len(changes) > _MOST_DIFFERENCES,
        "since": len(since),
        "most": _MOST_DIFFERENCES,
    }
    return page.render("office-version.html", layer, status, form=form, **context)


@router.get(_STATUS, responses=_PROBLEMS)
async def show_layer_status(page: PublisherPage, act: Act) -> Response:
    """Show the form that publishes or retires a layer."""
    return await _show_status(page, act, Form())


@router.post(_STATUS, openapi_extra=_BODY, responses=_PROBLEMS)
async def submit_layer_status(page: PublisherPage, act: Act, form: SubmittedForm) -> Response:
    """Publish or retire a layer."""
    reason = page.read_reason(form)
    change = definitions.publish_layer if act == "publish" else definitions.retire_layer

    async def apply(session: Session, layer: Layer) -> Layer:
        return await change(session, layer, page.staff.caller, reason, read_version(form))

    if form.ok and await _change(page, form, apply):
        return page.finish("", "layer-published" if act == "publish" else "layer-retired")
    return await _show_status(page, act, form, 400)


async def _show_status(page: OfficePage, act: str, form: Form, status: int = 200) -> Response:
    layer = await page.read_layer()
    return page.render("office-status.html", layer, status, act=act, form=form)


async def _change(page: OfficePage, form: Form, work: Callable[[Session, Layer], Awaitable[Layer]]) -> bool:
    """Change the layer and wait until its reader sees it; False, with errors in the form, if refused."""
    try:
        require_live(page.request, page.staff.caller)
        async with page.database.writing(page.council) as session:
            changed = await work(session, await page.find_layer(session))
    except Problem as problem:
        add_layer_problem(form, problem)
        return False
    await page.writes.settle(changed, changed.version)
    return True
