"""The page of a person's own proofs of identity: what is proven, until when, and who has accessed it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import urlsplit

from babel.dates import format_date
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Row

from chassis import clock, ids
from chassis.auth import public
from chassis.database import Writing
from chassis.pages import Paging
from chassis.problems import document_problems
from chassis.web import SubmittedForm, choose_language, form_body, gettext_noop
from identity.accounts.rules.browser_sessions import BrowserSession
from identity.assurance.routes import MfaSignIn
from identity.assurance.rules import ACCOUNT
from identity.clients.routes.dependencies import TheProvider
from identity.proofs.actions import accesses, desk_codes, proof_status
from identity.shared.dependencies import format_time, pages, read_id_cursor
from identity.shared.tables import REGION

router = APIRouter(prefix=f"{ACCOUNT}/identity", tags=["account"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = document_problems(403)
LEVELS: Mapping[str, str] = MappingProxyType(
    {"P1": gettext_noop("Basic proof (P1)"), "P2": gettext_noop("Thorough proof (P2)")}
)
EVIDENCE: Mapping[str, str] = MappingProxyType(
    {
        "passport": gettext_noop("Passport"),
        "residence-permit": gettext_noop("Residence permit"),
        "driving-licence": gettext_noop("Driving licence"),
        "national-identity-card": gettext_noop("National identity card"),
        "electoral-identity-card": gettext_noop("Electoral identity card"),
        "veteran-card": gettext_noop("Veteran card"),
        "bus-pass": gettext_noop("Bus pass"),
        "birth-certificate": gettext_noop("Birth certificate"),
        "marriage-certificate": gettext_noop("Marriage certificate"),
        "bank-statement": gettext_noop("Bank statement"),
        "tenancy-agreement": gettext_noop("Tenancy agreement"),
        "council-tax-bill": gettext_noop("Council tax bill"),
        "utility-bill": gettext_noop("Utility bill"),
    }
)
"""The name of each kind of evidence. Kinds that other providers name are shown under their name."""
ACTS: Mapping[str, str] = MappingProxyType(
    {
        "recorded": gettext_noop("Recorded the proof"),
        "read": gettext_noop("Looked at what was proven"),
        "confirmed": gettext_noop("Confirmed the proof"),
        "refused": gettext_noop("Did not confirm the proof"),
        "withdrawn": gettext_noop("Took the proof back"),
        "erased": gettext_noop("Erased what was proven"),
    }
)


@router.get("")
async def show_identity(
    _: Anybody,
    request: Request,
    session: Writing,
    person: MfaSignIn,
    provider: TheProvider,
    paging: Paging,
) -> Response:
    """Show what is proven of you, and who has looked at it."""
    return await _show_proofs(request, session, person, provider, paging)


@router.post("/desk-code", responses=_REFUSED, openapi_extra=form_body())
async def make_own_desk_code(
    _: Anybody, request: Request, session: Writing, person: MfaSignIn, provider: TheProvider, paging: Paging,
    _form: SubmittedForm,
) -> Response:  # fmt: skip
    """Make a code to show at a council's desk. You see it this once, and your last code stops working."""
    code, ends = await desk_codes.create_desk_code(session, person.account)
    return await _show_proofs(request, session, person, provider, paging, code, format_time(ends, request))


async def _show_proofs(
    request: Request, session: Writing, person: BrowserSession, provider: TheProvider, paging: Paging,
    code: str = "", ends: str = "",
) -> Response:  # fmt: skip
    rows = await proof_status.list_recent(session, person.account)
    access_rows = await accesses.list_all_accesses(
        session, person.account, read_id_cursor(paging), paging.fetch
    )
    entries = [await _access(request, provider, row) for row in access_rows]
    page = paging.page(entries, lambda entry: entry, lambda entry: (entry["id"],))
    return pages.render(
        request,
        "identity.html",
        proofs=[_proof(request, row) for row in rows],
        accesses=page.items,
        older=page.next,
        first=paging.after is None,
        code=code,
        code_ends=ends,
    )


def _proof(request: Request, row: Row[Any]) -> dict[str, Any]:
    state = "ran-out" if row.expires_at <= clock.now() else row.status
    return {
        "level": LEVELS[row.level],
        "state": state,
        "at": format_time(row.proved_at, request),
        "until": format_time(row.expires_at, request),
        "by": _name_actor(request, row.council, row.proved_by),
        "name": " ".join([*row.given_names, row.family_name]),
        "born": format_date(row.birth_date, "d MMMM y", locale=choose_language(request)),
        "addresses": [_format_address(address) for address in row.addresses],
        "evidence": [EVIDENCE.get(evidence["kind"], evidence["kind"]) for evidence in row.evidence],
    }


def _format_address(address: Mapping[str, Any]) -> str:
    """Format an address on one line; its parts are named as in the address claim."""
    number = " ".join(
        str(address[part]) for part in ("buildingNumber", "streetName") if address.get(part) is not None
    )
    parts = [address.get("subBuildingName"), address.get("buildingName"), number]
    parts += [address.get(part) for part in ("dependentAddressLocality", "addressLocality", "postalCode")]
    return ", ".join(str(part) for part in parts if part)


def _name_actor(request: Request, council: str, actor: str) -> str:
    """Name the council whose staff did something, or the other provider that did."""
    if council == REGION:
        return urlsplit(actor).hostname or actor
    record = request.app.state.directory.councils.get(council)
    return record.name if record else council


async def _access(request: Request, provider: TheProvider, row: Row[Any]) -> dict[str, str]:
    return {
        "id": ids.show(row.id),
        "act": ACTS[row.act],
        "at": format_time(row.at, request),
        "by": _name_actor(request, row.council, row.actor),
        "service": await _name_service(provider, row.actor),
    }


async def _name_service(provider: TheProvider, actor: str) -> str:
    """Name the service that was told a proof; empty where a member of staff looked at it."""
    try:
        ids.read(actor)
    except ValueError:
        return ""
    client = await provider.get_client(actor)
    return client.name if client is not None else ""
