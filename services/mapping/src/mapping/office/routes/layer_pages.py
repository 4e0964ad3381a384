"""Pages of layers: all of a council, one with its features, and what is known of it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from chassis.database import Reading
from chassis.etags import Precondition
from chassis.pages import Pager, Paging
from chassis.problems import Problem, document_problems
from chassis.types import Slug
from chassis.web import Form, SubmittedForm, form_body, see_other
from mapping.collections.actions import definitions, features
from mapping.collections.actions import layers as reads
from mapping.collections.routes.access import audience_of, require_live
from mapping.collections.rules.layers import Layer
from mapping.collections.schemas.layers import LayerPatch, NewLayer
from mapping.office.routes.access import (
    PAGES,
    SANDBOX,
    OfficePage,
    Publisher,
    PublisherPage,
    Reader,
    ReaderPage,
    render,
)
from mapping.office.rules import definitions as forms
from mapping.office.rules import labels

router = APIRouter(prefix=PAGES, tags=["office pages"], default_response_class=HTMLResponse)
DONE = Query(pattern=r"^[a-z-]{0,40}$", max_length=40)
_MOST_LAYERS, _MOST_FEATURES = 200, 50
_BODY = form_body("title", "kind", **forms.LENGTHS) | {"x-limits": {"body": 65_536}}


@router.get("")
async def show_office_home(staff: Reader, council: Slug, request: Request, session: Reading) -> Response:
    """Show the council's layers, by their names."""
    rows = await reads.list_layers(session, council, "", _MOST_LAYERS)
    audience = audience_of(staff.caller)
    layers = [layer for layer in rows if layer.visible_to(audience)]
    return render(request, staff, "office-layers.html", layers=layers)


@router.get("/new-layer")
async def show_new_layer(staff: Publisher, request: Request) -> Response:
    """Show the form of a new layer."""
    form = Form({"audience": "public", "locking": "optional", "kind": "assets", "geometry_type": "Point"})
    return render(request, staff, "office-new-layer.html", form=form)


@router.post("/new-layer", openapi_extra=_BODY, responses=document_problems(409))
async def submit_new_layer(
    staff: Publisher, council: Slug, request: Request, form: SubmittedForm
) -> Response:
    """Create a draft of a layer."""
    values = forms.read_new(form.get)
    try:
        require_live(request, staff.caller)
        body = NewLayer.model_validate(values)
        async with request.app.state.database.writing(council) as session:
            await definitions.create_layer(session, council, staff.caller, audience_of(staff.caller), body)
    except ValidationError as error:
        add_validation(form, error)
    except Problem as problem:
        add_layer_problem(form, problem)
    else:
        return see_other(f"/{council}/mapping/office/layers/{body.name}?done=layer-created")
    return render(request, staff, "office-new-layer.html", 400, form=form)


@router.get("/layers/{layer}", responses=document_problems(404))
async def show_office_layer(
    page: ReaderPage,
    paging: Paging,
    done: Annotated[str, DONE] = "",
    q: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Show a layer and its features, by their numbers; ``q``: the one of an id."""
    async with page.database.reading(page.council) as session:
        layer = await page.find_layer(session)
        rows = await _list_features(session, layer, paging, q.strip())
    listed = paging.page(rows, lambda _: None, lambda row: (row.number,))
    context: dict[str, Any] = {
        "features": rows[: paging.limit],
        "next": listed.next,
        "done": labels.DONE.get(done, ""),
        "query": q,
    }
    return page.render("office-layer.html", layer, 200, form=Form({"q": q}), **context)


async def _list_features(session: Reading, layer: Layer, paging: Pager, fid: str) -> list[features.Feature]:
    if fid:
        feature = await features.get_feature(session, layer.id, fid)
        return [] if feature is None else [feature]
    start = paging.start(int)
    after = -1 if start is None else max(-1, min(start[0], 2**62))
    return await features.list_after(session, layer.id, after, paging.fetch)


@router.get("/layers/{layer}/settings", responses=document_problems(404))
async def show_layer_settings(page: PublisherPage) -> Response:
    """Show what is known of a layer, to change it."""
    layer = await page.read_layer()
    return _show_settings(page, layer, Form(forms.write(layer, audience_of(page.staff.caller))))


@router.post("/layers/{layer}/settings", openapi_extra=_BODY, responses=document_problems(404, 409))
async def submit_layer_settings(page: PublisherPage, form: SubmittedForm) -> Response:
    """Change what is known of a layer."""
    layer = await page.read_layer()
    try:
        require_live(page.request, page.staff.caller)
        patch = LayerPatch.model_validate(forms.read_settings(form.get))
        async with page.database.writing(page.council) as session:
            changed = await definitions.change_layer(
                session, layer, page.staff.caller, audience_of(page.staff.caller), patch, read_version(form)
            )
    except ValidationError as error:
        add_validation(form, error)
    except Problem as problem:
        add_layer_problem(form, problem)
    else:
        await page.writes.settle(changed, changed.version)
        return page.finish("", "layer-changed")
    return _show_settings(page, layer, form, 400)


def _show_settings(page: OfficePage, layer: Layer, form: Form, status: int = 200) -> Response:
    return page.render("office-settings.html", layer, status, form=form)


def read_version(form: Form) -> Precondition:
    """Read the version of the layer that a form's page was made of; none matches what is no version."""
    text = form.get("version", 10)
    return Precondition(frozenset({int(text)} if text.isascii() and text.isdecimal() else ()))


def add_validation(form: Form, error: ValidationError) -> None:
    """Say in the form what is wrong with its values."""
    for fault in error.errors():
        name = str(fault["loc"][0]) if fault["loc"] else ""
        words = forms.explain(name, fault["msg"])
        form.error(name, "%(text)s", text=words)


def add_layer_problem(form: Form, problem: Problem) -> None:
    """Say in the form why a layer's change is refused. Raises the problem if it is not the form's."""
    if problem.status_code == 412:  # noqa: PLR2004 - somebody changed it meanwhile
        form.error("", "Somebody changed the layer meanwhile. Open its page again and repeat your change")
    elif problem.status_code in {400, 409} or problem.code == SANDBOX:
        name = "name" if problem.code == "layer-name-taken" else ""
        form.error(name, "%(text)s", text=str(problem.detail))
    else:
        raise problem
