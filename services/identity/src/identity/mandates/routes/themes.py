"""Themes of mandates: the subjects in which people can let others act for them."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from chassis.auth import Caller, permission
from chassis.database import Reading, Writing
from chassis.etags import OptionalIfMatch, version_tag
from chassis.problems import document_problems
from chassis.types import Slug
from identity.mandates.actions import themes
from identity.mandates.schemas.mandates import Theme as ThemeName
from identity.mandates.schemas.themes import NewTheme, Theme, ThemeLevel, Themes

router = APIRouter(prefix="/{council}/identity/v1/themes", tags=["mandates"])
ThemeReader = Annotated[Caller, permission("identity:read")]
ThemeEditor = Annotated[Caller, permission("identity:themes")]
NameInPath = Annotated[ThemeName, Path()]


@router.get("")
async def list_themes(council: Slug, _: ThemeReader, session: Reading) -> Themes:
    """List the themes in which people can let others act for them, with English and Welsh titles."""
    return await themes.list_themes(session, council)


@router.get("/{theme}", responses=document_problems(404))
async def read_theme(
    council: Slug, theme: NameInPath, _: ThemeReader, session: Reading, response: Response
) -> Theme:
    """Get a theme. Its version is the ETag."""
    record = await themes.get_theme(session, council, theme)
    response.headers.update(version_tag(record.version))
    return record


@router.put("/{theme}", responses={201: {"model": Theme}, **document_problems(404, 409, 412, 428)})
async def put_theme(
    council: Slug,
    theme: NameInPath,
    body: NewTheme,
    caller: ThemeEditor,
    session: Writing,
    response: Response,
    precondition: OptionalIfMatch,
) -> Theme:
    """Create a theme of the council's own, or change one (`If-Match`)."""
    record, is_new = await themes.put_theme(session, council, caller, theme, body, precondition)
    response.headers.update(version_tag(record.version))
    response.status_code = 201 if is_new else 200
    return record


@router.put("/{theme}/minimum-level", responses=document_problems(404, 409))
async def raise_theme_level(
    council: Slug,
    theme: NameInPath,
    body: ThemeLevel,
    caller: ThemeEditor,
    session: Writing,
    response: Response,
) -> Theme:
    """Raise the level that a common theme needs at the council. A level is never lowered."""
    record = await themes.raise_level(session, council, caller, theme, body.minimum_level)
    response.headers.update(version_tag(record.version))
    return record


@router.delete("/{theme}", status_code=204, responses=document_problems(404, 409))
async def delete_theme(council: Slug, theme: NameInPath, caller: ThemeEditor, session: Writing) -> None:
    """Remove a theme. Open offers in it end at once; mandates that hold go on until their own end."""
    await themes.remove_theme(session, council, caller, theme)
