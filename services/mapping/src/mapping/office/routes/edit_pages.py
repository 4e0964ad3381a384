"""Pages that add a feature, change its properties, move and retire it: drawn on a map, or typed."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from chassis import ids
from chassis.database import Session
from chassis.idempotency import Idempotency
from chassis.problems import Problem, document_problems
from chassis.web import Form, SubmittedForm, form_body
from mapping.collections.actions import edits, features
from mapping.collections.actions.edit_records import Edited
from mapping.collections.actions.edits import Draft, tag_of
from mapping.collections.actions.features import Feature
from mapping.collections.routes.access import audience_of
from mapping.collections.rules.layers import Extent, Layer, find_extent
from mapping.collections.schemas.features import AddedFeature, FeatureUndo
from mapping.collections.tables import STILL
from mapping.office.routes import answers
from mapping.office.routes.access import MAX_REASON, PAGES, OfficePage, TheId, WriterPage, add_problem
from mapping.office.routes.feature_pages import compare, read_tag
from mapping.office.rules import outlines
from mapping.office.rules.questions import Question, make_questions
from mapping.office.rules.shapes import make_box
from mapping.shared.coordinates import Crs

router = APIRouter(
    prefix=f"{PAGES}/layers/{{layer}}", tags=["office pages"], default_response_class=HTMLResponse
)
_PROBLEMS = document_problems(404, 409)
_LARGE = {"x-limits": {"body": 2 * outlines.MAX_LENGTH}}
_BODY = form_body("reason", reason=MAX_REASON, tag=100, place=outlines.MAX_LENGTH, submission=26) | _LARGE
_MOST_STATES = 20
_NEW, _EDIT, _MOVE, _RETIRE = (
    "/new-feature",
    "/features/{feature}/edit",
    "/features/{feature}/move",
    "/features/{feature}/retire",
)


@router.get(_NEW, responses=_PROBLEMS)
async def show_new_feature_form(page: WriterPage) -> Response:
    """Show the form of a new feature."""
    layer = await page.read_layer()
    return await _show_new(page, layer, Form({"submission": ids.show(ids.new())}))


@router.post(_NEW, openapi_extra=_BODY, responses=_PROBLEMS)
async def submit_new_feature_form(page: WriterPage, form: SubmittedForm) -> Response:
    """Add a feature to a layer; a form that is sent twice adds one."""
    layer = await page.read_layer()
    reason = page.read_reason(form)
    values = answers.read_values(form, _list_questions(page, layer, {}))
    geometry = answers.read_shape(form, layer)
    if form.ok:
        draft = Draft(values, geometry, Crs.BNG)
        fid = await _create_once(page, layer, form, draft, reason)
        if fid:
            return page.finish(f"/features/{quote(fid, safe='')}", "added")
    return await _show_new(page, layer, form, 400)


@router.get(_EDIT, responses=_PROBLEMS)
async def show_feature_form(page: WriterPage, feature: TheId) -> Response:
    """Show the properties of a feature, to change them."""
    layer, present = await page.read_feature(feature)
    questions = _list_questions(page, layer, present.properties)
    form = Form(answers.write_values(questions, present.properties))
    context: dict[str, Any] = {"questions": questions, "tag": present.etag}
    return page.render("office-edit.html", layer, feature=present, form=form, **context)


@router.post(_EDIT, openapi_extra=_BODY, responses=_PROBLEMS)
async def submit_feature_form(page: WriterPage, feature: TheId, form: SubmittedForm) -> Response:
    """Change properties of a feature."""
    layer, present = await page.read_feature(feature)
    questions = _list_questions(page, layer, present.properties)
    reason = page.read_reason(form)
    patch = answers.read_values(form, questions)

    async def change(session: Session) -> Edited:
        draft = Draft(patch, edits.UNSET, Crs.BNG, edits.UNSET, edits.UNSET)
        editor = page.make_editor(reason)
        return await edits.patch_feature(session, layer.id, feature, editor, draft, read_tag(form))

    if form.ok and await _try(page, form, change):
        return page.finish(f"/features/{quote(feature, safe='')}", "changed")
    context: dict[str, Any] = {"questions": questions, **await _list_changes(page, layer, feature, form)}
    return page.render("office-edit.html", layer, 400, feature=present, form=form, **context)


@router.get(_MOVE, responses=_PROBLEMS)
async def show_move_form(page: WriterPage, feature: TheId) -> Response:
    """Show the place of a feature, to change it."""
    layer, present = await page.read_feature(feature)
    text = answers.write_shape(present.geometry, layer)
    return await _show_move(page, layer, present, Form({"place": text}), tag=present.etag)


@router.post(_MOVE, openapi_extra=_BODY, responses=_PROBLEMS)
async def submit_move_form(page: WriterPage, feature: TheId, form: SubmittedForm) -> Response:
    """Give a feature another place."""
    layer, present = await page.read_feature(feature)
    reason = page.read_reason(form)
    geometry = answers.read_shape(form, layer)

    async def move(session: Session) -> Edited:
        draft = Draft({}, geometry, Crs.BNG, edits.UNSET, edits.UNSET)
        editor = page.make_editor(reason)
        return await edits.patch_feature(session, layer.id, feature, editor, draft, read_tag(form))

    if form.ok and await _try(page, form, move):
        return page.finish(f"/features/{quote(feature, safe='')}", "moved")
    changes = await _list_changes(page, layer, feature, form)
    return await _show_move(page, layer, present, form, 400, **changes)


@router.get(_RETIRE, responses=_PROBLEMS)
async def show_retire_form(page: WriterPage, feature: TheId) -> Response:
    """Show the form that takes a feature off its layer."""
    layer, present = await page.read_feature(feature)
    return page.render("office-retire.html", layer, feature=present, form=Form(), tag=present.etag)


@router.post(_RETIRE, openapi_extra=_BODY, responses=_PROBLEMS)
async def submit_retire_form(page: WriterPage, feature: TheId, form: SubmittedForm) -> Response:
    """Take a feature off its layer."""
    layer, present = await page.read_feature(feature)
    reason = page.read_reason(form)

    async def retire(session: Session) -> Edited:
        return await edits.retire_feature(
            session, layer.id, feature, page.make_editor(reason), read_tag(form)
        )

    if form.ok and await _try(page, form, retire):
        return page.finish(f"/features/{quote(feature, safe='')}", "retired")
    changes = await _list_changes(page, layer, feature, form)
    return page.render("office-retire.html", layer, 400, feature=present, form=form, **changes)


async def _show_new(page: OfficePage, layer: Layer, form: Form, status: int = 200) -> Response:
    questions = _list_questions(page, layer, {})
    context = {"questions": questions, **await _make_map(page, layer, form, layer.extent)}
    return page.render("office-new-feature.html", layer, status, form=form, **context)


async def _show_move(
    page: OfficePage, layer: Layer, feature: Feature, form: Form, status: int = 200, **context: Any
) -> Response:
    context |= await _make_map(page, layer, form, feature.bbox or layer.extent)
    return page.render("office-move.html", layer, status, feature=feature, form=form, **context)


async def _make_map(page: OfficePage, layer: Layer, form: Form, extent: Extent | None) -> dict[str, Any]:
    """Make what the map of a form shows: its box, and of a line or an area where each line of its text is."""
    is_drawn = layer.geometry_type != "Point"
    text = form.get("place", outlines.MAX_LENGTH)
    lines = await asyncio.to_thread(outlines.locate_lines, text) if is_drawn else None
    extent = extent or find_extent(page.request.app.state.snapshots.layers(page.council))
    return {"box": make_box(extent), "lines": lines, "has_map": True}


def _list_questions(page: OfficePage, layer: Layer, values: Any) -> list[Question]:
    """List what is asked of the properties that the reader may see; an id is asked for once."""
    visible = layer.visible_properties(audience_of(page.staff.caller))
    return make_questions(visible, values, [layer.key_property] if values else [])


async def _create_once(page: OfficePage, layer: Layer, form: Form, draft: Draft, reason: str) -> str:
    """Add a feature, and return its id: a form that is sent again adds none. Empty if it is refused."""
    words = f"{draft.properties}{draft.geometry}{reason}"
    digest = hashlib.sha256(words.encode(errors="surrogatepass")).hexdigest()
    key = f"{form.get('submission', 26)}-{digest}"
    added: list[str] = []

    async def create(session: Session) -> Edited | None:
        editor, done = page.make_editor(reason), []

        async def work() -> AddedFeature:
            done.append(await edits.create_feature(session, layer.id, editor, draft))
            return AddedFeature(id=done[0].feature.fid if done[0].feature else "")

        remembered = FeatureUndo(reason=reason)
        response = await Idempotency(page.request, key).run(session, page.staff.caller, remembered, work)
        added.append(AddedFeature.model_validate_json(bytes(response.body)).id)
        return done[0] if done else None

    return added[0] if await _try(page, form, create) else ""


async def _try(page: OfficePage, form: Form, work: Callable[[Session], Awaitable[Edited | None]]) -> bool:
    """Do it and wait until its writer sees it; False, with errors in the form, if it is refused."""
    try:
        async with page.database.writing(page.council) as session:
            await page.find_layer(session)
            done = await work(session)
    except Problem as problem:
        if problem.status_code != 412:  # noqa: PLR2004 - somebody changed it meanwhile
            add_problem(form, problem)
            return False
        form.error("", "Somebody changed the feature meanwhile. Look at their change, then save yours again")
        return False
    if done is not None:
        page.is_mended = bool(done.notes)
        await page.writes.settle(done.layer, done.version)
    return True


async def _list_changes(page: OfficePage, layer: Layer, fid: str, form: Form) -> dict[str, Any]:
    """List what others changed since the form was shown, and the tag of the present state for the next try.

    ``changes`` is None if nobody changed anything.
    """
    async with page.database.reading(page.council) as session:
        records = await features.list_history(session, layer.id, fid, STILL, _MOST_STATES)
    tag = form.get("tag", 100)
    if not records or tag_of(records[0]) == tag:
        return {"changes": None, "tag": tag}
    former = [record for record in records if tag_of(record) == tag]
    changes = compare(page, layer, records[0], former[0]) if former else []
    if former and former[0].feature.wkb != records[0].feature.wkb:
        changes.append(("Place", "where it was", "another place"))
    return {"changes": changes, "tag": tag_of(records[0])}
