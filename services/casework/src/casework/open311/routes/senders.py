"""Who sends: the credential is an API key, as a parameter, in the form, or in a header as everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from casework.open311.schemas.params import Params
from chassis.auth import Caller, check_credential, read_credential, require_scopes
from chassis.problems import Problem

SCOPE = "casework:report"
LIVE = "live"
_MOST_FIELDS = 300
_MOST_PART = 64_000  # bytes of one part


@dataclass(frozen=True, slots=True)
class Submission:
    """What a sender sent: the parameters of their form and of its address, and who they are."""

    items: Sequence[tuple[str, str]]
    caller: Caller


async def _read_form(request: Request) -> Submission:
    """Read a form and the query of its address. A file is refused. Raises Problem 400, 401 or 403."""
    form = await request.form(max_files=0, max_fields=_MOST_FIELDS, max_part_size=_MOST_PART)
    items = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    await form.close()
    items = [*request.query_params.multi_items(), *items]
    return Submission(items, await _require_sender(request, Params.read(items, "body")))


async def _read_query(request: Request) -> Submission:
    items = request.query_params.multi_items()
    return Submission(items, await _require_sender(request, Params.read(items)))


async def _require_sender(request: Request, params: Params) -> Caller:
    """Require an API key that may report. Raises Problem 401 or 403."""
    caller = await check_credential(request, params.api_key or read_credential(request))
    if caller.delegated:
        raise Problem(403, "not-for-delegates", "Reports are sent with an API key of the sender.")
    require_scopes(caller, [SCOPE])
    return caller


async def _find_mode(request: Request) -> str:
    """Find which reports are read: the live ones without a key, else those of the key's mode."""
    params = Params.read(request.query_params.multi_items())
    try:
        credential = params.api_key or read_credential(request)
    except Problem:
        return LIVE
    return (await check_credential(request, credential)).mode


# They stand before the session in a route's signature: no connection waits for a form or for keys.
SubmittedForm = Annotated[Submission, Depends(_read_form)]
SubmittedQuery = Annotated[Submission, Depends(_read_query)]
Mode = Annotated[str, Depends(_find_mode)]
