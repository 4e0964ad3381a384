"""Pictures of case types: SVG for people, BPMN 2.0 for modellers."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from casework.calendar.routes.access import BASE, CaseworkReader
from casework.case_types.actions.numbered import NumberedVersion, get_numbered
from casework.diagrams import actions
from casework.diagrams.rules.vocabulary import Language, Readers, Wording
from chassis.etags import ETAG, version_tag
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix=f"{BASE}/case-types", tags=["case types"])
Code = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]*$", min_length=2, max_length=50)]
Number = Annotated[
    str,
    Path(
        pattern=r"^[0-9]{1,3}\.[0-9]{1,3}(\.[a-z0-9]{1,16})?$",
        max_length=24,
        description="The version its source names, and after a point your name of a binding of it",
    ),
]
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}
_SVG = {"content": {"image/svg+xml": {"schema": {"type": "string"}}}, **ETAG}
_BPMN = {"content": {"application/xml": {"schema": {"type": "string"}}}, **ETAG}


@router.get(
    "/{code}/versions/{number}/diagram.svg",
    response_class=Response,
    responses={200: _SVG, **document_problems(404)},
)
async def draw_case_type_version(
    council: Slug,
    code: Code,
    number: Number,
    _: CaseworkReader,
    request: Request,
    words: Annotated[
        Readers, Query(description="Whose words: those of staff or those of the public")
    ] = "staff",
    language: Annotated[Language, Query(description="Words without Welsh stay English")] = "en",
) -> Response:
    """Draw a version as SVG, as wide as a phone: states, who does what and on what conditions, deadlines."""
    version = await _get_version(request, council, code, number)
    content = await actions.draw_svg(version, Wording(words, language))
    headers = {**version_tag(version.version), **_SAFE}
    return Response(content, headers=headers, media_type="image/svg+xml")


@router.get(
    "/{code}/versions/{number}/diagram.bpmn",
    response_class=Response,
    responses={200: _BPMN, **document_problems(404)},
)
async def export_case_type_version(
    council: Slug, code: Code, number: Number, _: CaseworkReader, request: Request
) -> Response:
    """Export a version as BPMN 2.0 with its layout, for any modeller. It documents; it is not to be run."""
    version = await _get_version(request, council, code, number)
    headers = {
        **version_tag(version.version),
        **_SAFE,
        "Content-Disposition": f'attachment; filename="{code}-{number}.bpmn"',
    }
    return Response(await actions.draw_bpmn(version), headers=headers, media_type="application/xml")


async def _get_version(request: Request, council: str, code: str, number: str) -> NumberedVersion:
    """Get the version to draw; its connection is given back before it is drawn."""
    async with request.app.state.database.reading(council) as session:
        return await get_numbered(session, council, code, number)
