"""Who may do what with layers, as the signatures of routes say it."""

from typing import Annotated

from fastapi import Depends, Request

from chassis.auth import Caller, permission
from chassis.problems import Problem
from mapping.collections.rules.layers import Audience

READ, WRITE, PUBLISH = "mapping:read", "mapping:write", "mapping:publish"
STAFF, RESTRICTED = "mapping:staff", "mapping:restricted"
BASE = "/{council}/mapping/v1"
Reader = Annotated[Caller, permission(READ)]


def audience_of(caller: Caller | None) -> Audience:
    """Tell what a caller may see: ``mapping:staff`` and ``mapping:restricted`` show more than is public.

    Who acts for somebody else sees what everybody sees.
    """
    if caller is None or caller.delegated:
        return "public"
    if RESTRICTED in caller.scopes:
        return "restricted"
    return "staff" if STAFF in caller.scopes else "public"


def is_live(request: Request, caller: Caller) -> bool:
    """Tell whether a credential may change layers that everybody sees; one of the sandbox may not.

    The setting ``sandbox_edits`` lets it, where nothing is live: on a laptop.
    """
    return bool(caller.mode == "live" or request.app.state.settings.sandbox_edits)


def may_write(request: Request, caller: Caller, scope: str) -> bool:
    """Tell whether a caller may change layers, by a scope."""
    return scope in caller.scopes and not caller.delegated and is_live(request, caller)


def require_live(request: Request, caller: Caller) -> None:
    """Keep sandbox credentials from layers that everybody sees. Raises Problem 403."""
    if not is_live(request, caller):
        detail = "A sandbox credential cannot change maps that everybody sees. Use a live one."
        raise Problem(403, "sandbox-credential", detail)


async def _require_writer(request: Request, caller: Annotated[Caller, permission(WRITE)]) -> Caller:
    require_live(request, caller)
    return caller


async def _require_publisher(request: Request, caller: Annotated[Caller, permission(PUBLISH)]) -> Caller:
    require_live(request, caller)
    return caller


Writer = Annotated[Caller, Depends(_require_writer)]
"""Who changes features of a layer."""

Publisher = Annotated[Caller, Depends(_require_publisher)]
"""Who changes layers: what they are, and who sees them."""
