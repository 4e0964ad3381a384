"""A person's own proofs of identity: what is proven, how and until when, and who looked at it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import urlsplit

from babel.dates import format_date
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Row

from chassis import ids
from chassis.auth import public
from chassis.database import Writing
from chassis.pages import Paging
from chassis.problems import documents
from chassis.web import SubmittedForm, form_body, language_of, say
from identity.accounts.actions.sessions import BrowserSession
from identity.clients.routes.dependencies import TheProvider
from identity.proofs.actions import proof_status, proofs
from identity.shared.dependencies import after_id, pages, spoken
from identity.shared.tables import REGION
from identity.sign_in.routes.assurance import MfaSignIn

router = APIRouter(prefix="/identity/account/identity", tags=["account"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = documents(403)
LEVELS: Mapping[str, str] = MappingProxyType(
    {"P1": say("Basic proof (P1)"), "P2": say("Thorough proof (P2)")}
)
EVIDENCE: Mapping[str, str] = MappingProxyType(
    {
        "passport": say("Passport"),
        "residence-permit": say("Residence permit"),
        "driving-licence": say("Driving licence"),
        "national-identity-card": say("National identity card"),
        "electoral-identity-card": say("Electoral identity card"),
        "veteran-card": say("Veteran card"),
        "bus-pass": say("Bus pass"),
        "birth-certificate": say("Birth certificate"),
        "marriage-certificate": say("Marriage certificate"),
        "bank-statement": say("Bank statement"),
        "tenancy-agreement": say("Tenancy agreement"),
        "council-tax-bill": say("Council tax bill"),
        "utility-bill": say("Utility bill"),
    }
)
"""What each kind of evidence is called; what another provider names is called as it names it."""
ACTS: Mapping[str, str] = MappingProxyType(
    {
        "recorded": say("Recorded the proof"),
        "read": say("Looked at what was proven"),
        "confirmed": say("Confirmed the proof"),
        "refused": say("Did not confirm the proof"),
        "withdrawn": say("Took the proof back"),
        "erased": say("Erased what was proven"),
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
    """What is proven of the person, and who looked at it."""
    return await _page(request, session, person, provider, paging)


@router.post("/desk-code", responses=_REFUSED, openapi_extra=form_body())
async def make_own_desk_code(
    _: Anybody, request: Request, session: Writing, person: MfaSignIn, provider: TheProvider, paging: Paging,
    _form: SubmittedForm,
) -> Response:  # fmt: skip
    """A code to show at a desk, shown this once; the one before is void."""
    code, ends = await proofs.create_desk_code(session, person.account)
    return await _page(request, session, person, provider, paging, code, spoken(ends, request))


async def _page(
    request: Request, session: Writing, person: BrowserSession, provider: TheProvider, paging: Paging,
    code: str = "", ends: str = "",
) -> Response:  # fmt: skip
    rows = await proof_status.list_recent(session, person.account)
    found = await proof_status.list_all_accesses(session, person.account, after_id(paging), paging.fetch)
    looks = [await _look(request, provider, row) for row in found]
    listed = paging.page(looks, lambda one: one, lambda one: (one["id"],))
    return pages.render(
        request,
        "identity.html",
        proofs=[_proof(request, row) for row in rows],
        looks=listed.items,
        older=listed.next,
        first=paging.after is None,
        code=code,
        code_ends=ends,
    )


def _proof(request: Request, row: Row[Any]) -> dict[str, Any]:
    state = "ran-out" if row.expires_at <= datetime.now(UTC) else row.status
    return {
        "level": LEVELS[row.level],
        "state": state,
        "at": spoken(row.proved_at, request),
        "until": spoken(row.expires_at, request),
        "by": _by(request, row.council, row.proved_by),
        "name": " ".join([*row.given_names, row.family_name]),
        "born": format_date(row.birth_date, "d MMMM y", locale=language_of(request)),
        "addresses": [_line(one) for one in row.addresses],
        "evidence": [EVIDENCE.get(one["kind"], one["kind"]) for one in row.evidence],
    }


def _line(address: Mapping[str, Any]) -> str:
    """An address on one line, by the names of the address claim."""
    number = " ".join(
        str(address[part]) for part in ("buildingNumber", "streetName") if address.get(part) is not None
    )
    parts = [address.get("subBuildingName"), address.get("buildingName"), number]
    parts += [address.get(part) for part in ("dependentAddressLocality", "addressLocality", "postalCode")]
    return ", ".join(str(part) for part in parts if part)


def _by(request: Request, council: str, maker: str) -> str:
    """The council whose staff did it, or the other provider."""
    if council == REGION:
        return urlsplit(maker).hostname or maker
    known = request.app.state.directory.councils.get(council)
    return known.name if known else council


async def _look(request: Request, provider: TheProvider, row: Row[Any]) -> dict[str, str]:
    return {
        "id": ids.show(row.id),
        "act": ACTS[row.act],
        "at": spoken(row.at, request),
        "by": _by(request, row.council, row.actor),
        "service": await _service(provider, row.actor),
    }


async def _service(provider: TheProvider, actor: str) -> str:
    """The service's name, where no member of staff looked but a service was told."""
    try:
        ids.read(actor)
    except ValueError:
        return ""
    client = await provider.client(actor)
    return client.name if client is not None else ""
