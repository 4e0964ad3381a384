"""What people read about a mandate: who, what it lets the other do, where, until when, and what is next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlalchemy import Row

from chassis import clock, ids
from chassis.database import Session
from chassis.web import choose_language, gettext_noop, translate
from identity.accounts.rules import factors
from identity.accounts.rules.browser_sessions import BrowserSession
from identity.assurance.rules import ACCOUNT
from identity.mandates.actions import confirmations, mandates, themes
from identity.mandates.rules import mandates as rules
from identity.mandates.rules import themes as theme_rules
from identity.proofs.actions import proof_status
from identity.shared.dependencies import format_time
from identity.shared.oauth import vectors
from identity.upstreams.actions import upstreams

MANDATES = f"{ACCOUNT}/mandates"
_UNTITLED = gettext_noop("Something this council does not list")
_UNNAMED = gettext_noop("Somebody whose name we no longer keep")
_Texts = Mapping[tuple[str, str], theme_rules.Theme]


@dataclass(frozen=True, slots=True)
class Missing:
    """What somebody must do before they can agree. ``level``: of identity to prove, if that is it."""

    second_step: bool = False
    level: str = ""

    @property
    def is_nothing(self) -> bool:
        return not self.second_step and not self.level


async def find_missing(session: Session, row: Row[Any], person: BrowserSession) -> Missing:
    """Find what somebody must do before they can confirm or accept an offer."""
    level = await confirmations.get_level(session, row)
    if theme_rules.needs_second_step(level) and factors.level(person.methods) != factors.TWO_FACTORS:
        return Missing(second_step=True)
    identity = theme_rules.identity_of(level)
    is_proven = await proof_status.is_proven(session, person.account, identity)
    return Missing() if is_proven else Missing(level=identity)


async def list_proof_providers(
    request: Request, session: Session, row: Row[Any], level: str
) -> list[dict[str, str]]:
    """List where the council lets people prove their identity to a level online."""
    welsh, page = choose_language(request) == "cy", f"mandates/{ids.show(row.id)}"
    return [
        {
            "path": f"/identity/upstream/{row.council}/{ids.show(upstream.id)}?then={page}",
            "title": upstream.title_cy if welsh else upstream.title,
        }
        for upstream in await upstreams.list_enabled(session, row.council, "residents")
        if upstream.identity_level and vectors.satisfies_identity(upstream.identity_level, level)
    ]


async def describe_all(
    request: Request, session: Session, rows: Sequence[Row[Any]], account: UUID
) -> list[dict[str, Any]]:
    """Describe mandates to one of their sides. The session may see every council afterwards."""
    texts = await themes.get_texts(session, {(row.council, row.theme) for row in rows})
    return [_describe(request, row, texts, account) for row in rows]


async def describe(request: Request, session: Session, row: Row[Any], account: UUID) -> dict[str, Any]:
    """Describe a mandate to one of its sides. The session may see every council afterwards."""
    [mandate] = await describe_all(request, session, [row], account)
    return mandate


def _describe(request: Request, row: Row[Any], texts: _Texts, account: UUID) -> dict[str, Any]:
    language, theme = choose_language(request), texts.get((row.council, row.theme))
    council = request.app.state.directory.councils.get(row.council)
    by_me = row.principal == account
    status = rules.describe_status(mandates.from_row(row), clock.now())
    times = {"since": row.accepted_at or row.offered_at, "ended": row.ended_at, "until": row.expires_at}
    return {
        "path": f"{MANDATES}/{ids.show(row.id)}",
        "page": f"mandates/{ids.show(row.id)}",
        "by_me": by_me,
        "status": status,
        "is_over": status in {"declined", "revoked", "expired"},
        "waits": status == ("unconfirmed" if by_me else "offered"),
        "email": row.email or "",
        "sandbox": row.mode == "sandbox",
        "name": (row.delegate_name if by_me else row.principal_name)
        or translate("identity", language, _UNNAMED),
        "council": council.name if council else row.council,
        "theme": themes.choose_title(theme, language)
        if theme
        else translate("identity", language, _UNTITLED),
        "may": themes.choose_description(theme, language) if theme else "",
        "answer_by": format_time(row.offer_ends_at, request),
        **{name: format_time(time, request) if time else "" for name, time in times.items()},
    }
