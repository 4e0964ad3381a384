"""Themes of mandates: what people may let others act for them in at a council."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from chassis.auth import Caller, permission
from chassis.database import Reading, Writing
from chassis.problems import documents
from chassis.types import Slug
from identity.mandates.actions import themes
from identity.mandates.schemas.mandates import Theme as ThemeName
from identity.mandates.schemas.themes import NewTheme, Theme, Themes
from identity.shared.dependencies import IfMatch, require_version

router = APIRouter(prefix="/{council}/identity/v1/themes", tags=["mandates"])
Reader = Annotated[Caller, permission("identity:read")]
Keeper = Annotated[Caller, permission("identity:themes")]
NameInPath = Annotated[ThemeName, Path()]


@router.get("")
async def list_themes(council: Slug, _: Reader, session: Reading) -> Themes:
    """What people may let others act for them in, with titles in English and Welsh."""
    return await themes.page(session, council)


@router.get("/{theme}", responses=documents(404))
async def read_theme(
    council: Slug, theme: NameInPath, _: Reader, session: Reading, response: Response
) -> Theme:
    """One theme, with its version as ETag."""
    found = await themes.one(session, council, theme)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.put("/{theme}", responses={201: {"model": Theme}, **documents(404, 409, 412, 428)})
async def put_theme(
    council: Slug,
    theme: NameInPath,
    body: NewTheme,
    caller: Keeper,
    session: Writing,
    response: Response,
    if_match: IfMatch = None,
) -> Theme:
    """Make a theme of the council's own, or change one (`If-Match`)."""
    version = require_version(if_match) if if_match is not None else None
    found, new = await themes.put(session, council, caller, theme, body, version)
    response.headers["ETag"] = f'"{found.version}"'
    response.status_code = 201 if new else 200
    return found


@router.delete("/{theme}", status_code=204, responses=documents(404, 409))
async def delete_theme(council: Slug, theme: NameInPath, caller: Keeper, session: Writing) -> None:
    """Offer a theme no more. Open offers in it end at once; mandates that hold go on until their end."""
    await themes.remove(session, council, caller, theme)
