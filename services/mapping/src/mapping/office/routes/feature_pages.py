"""Pages of a feature: shown, and its history, in which each change can be undone."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from chassis.etags import TagPrecondition
from chassis.pages import Paging
from chassis.problems import Problem, document_problems, not_found
from chassis.web import Form, SubmittedForm, form_body
from mapping.collections.actions import edits, features
from mapping.collections.actions.edits import tag_of
from mapping.collections.actions.features import FeatureRecord
from mapping.collections.routes.access import audience_of
from mapping.collections.routes.features import describe_change
from mapping.collections.rules.layers import Layer
from mapping.collections.tables import STILL
from mapping.office import actions
from mapping.office.routes.access import (
    MAX_REASON,
    PAGES,
    OfficePage,
    ReaderPage,
    TheId,
    WriterPage,
    add_problem,
)
from mapping.office.routes.layer_pages import DONE
from mapping.office.rules import labels, shapes

router = APIRouter(
    prefix=f"{PAGES}/layers/{{layer}}/features", tags=["office pages"], default_response_class=HTMLResponse
)
_PROBLEMS = document_problems(404, 409)
_BODY = form_body("tag", "reason", tag=100, reason=MAX_REASON, version=10)


@router.get("/{feature}", responses=document_problems(404))
async def show_office_feature(page: ReaderPage, feature: TheId, done: Annotated[str, DONE] = "") -> Response:
    """Show a feature: what it is, where, and who changed it last."""
    async with page.database.reading(page.council) as session:
        layer = await page.find_layer(session)
        records = await features.list_history(session, layer.id, feature, STILL, 1)
        names = await actions.find_names(session, page.council, [record.actor for record in records])
    if not records:
        raise not_found("such feature")
    context: dict[str, Any] = {
        "record": records[0],
        "names": names,
        "feature": records[0].feature,
        "values": list_values(page, layer, records[0]),
        "shape": shapes.describe(records[0].feature.geometry, layer.storage_crs),
        "done": labels.DONE.get(done, ""),
        "form": Form(),
    }
    return page.render("office-feature.html", layer, **context)


@router.get("/{feature}/history", responses=document_problems(404))
async def show_feature_history(page: ReaderPage, feature: TheId, paging: Paging) -> Response:
    """Show what a feature was, latest first."""
    return await _show_history(page, feature, paging, Form())


@router.post("/{feature}/history", openapi_extra=_BODY, responses=_PROBLEMS)
async def undo_on_page(page: WriterPage, feature: TheId, paging: Paging, form: SubmittedForm) -> Response:
    """Undo the latest change of a feature, or make it as it was from a version on."""
    reason = page.read_reason(form)
    if form.ok:
        editor, precondition = page.make_editor(reason), read_tag(form)
        version = form.get("version", 10)
        try:
            async with page.database.writing(page.council) as session:
                layer = await page.find_layer(session)
                if version.isascii() and version.isdecimal():
                    done = await edits.restore_feature(
                        session, layer.id, feature, editor, min(int(version), STILL - 1), precondition
                    )
                else:
                    done = await edits.undo_change(session, layer.id, feature, editor, precondition)
            await page.writes.settle(done.layer, done.version)
            return page.finish(f"/features/{quote(feature, safe='')}", "restored" if version else "undone")
        except Problem as problem:
            _explain(form, problem)
    return await _show_history(page, feature, paging, form, 400)


async def _show_history(
    page: OfficePage, fid: str, paging: Paging, form: Form, status: int = 200
) -> Response:
    start = paging.start(int)
    before = STILL if start is None else max(0, min(start[0], STILL))
    async with page.database.reading(page.council) as session:
        layer = await page.find_layer(session)
        records = await features.list_history(session, layer.id, fid, before, paging.fetch + 1)
        names = await actions.find_names(session, page.council, [record.actor for record in records])
    if not records:
        raise not_found("such feature")
    pairs = list(zip(records, [*records[1:], None], strict=True))[: paging.fetch]
    listed = paging.page(pairs, lambda _: None, lambda pair: (pair[0].feature.version,))
    entries = [
        (record, labels.CHANGES[describe_change(record, former)], compare(page, layer, record, former))
        for record, former in pairs[: paging.limit]
    ]
    context: dict[str, Any] = {
        "entries": entries,
        "names": names,
        "fid": fid,
        "next": listed.next,
        "is_first": start is None,
        "tag": tag_of(records[0]),
        "form": form,
    }
    return page.render("office-feature-history.html", layer, status, **context)


def list_values(page: OfficePage, layer: Layer, record: FeatureRecord) -> list[tuple[str, str]]:
    """List the titles of the properties that the reader may see, with their values in words."""
    audience = audience_of(page.staff.caller)
    values = record.feature.properties
    return [
        (each.title, labels.format_value(each, values.get(each.name)))
        for each in layer.visible_properties(audience)
    ]


def compare(
    page: OfficePage, layer: Layer, record: FeatureRecord, former: FeatureRecord | None
) -> list[tuple[str, str, str]]:
    """List what the reader may see of a change: a property's title, its value before and after."""
    if former is None or record.is_deletion or former.is_deletion:
        return []
    pairs = zip(list_values(page, layer, former), list_values(page, layer, record), strict=True)
    return [(title, before, after) for (title, before), (_, after) in pairs if before != after]


def read_tag(form: Form) -> TagPrecondition:
    """Read the tag of the state that a form's page was made of."""
    return TagPrecondition(frozenset({form.get("tag", 100)}))


def _explain(form: Form, problem: Problem) -> None:
    if problem.status_code == 412:  # noqa: PLR2004 - somebody changed it meanwhile
        form.error("", "Somebody changed the feature meanwhile. Look at what it is now, then decide again")
    else:
        add_problem(form, problem)
