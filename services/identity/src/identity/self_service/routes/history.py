"""What happened to a person's account, in plain words."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Row

from chassis import ids
from chassis.auth import public
from chassis.database import Session, Writing
from chassis.pages import Paging
from chassis.web import language_of, say, translate
from chassis.web.languages import Language
from identity.accounts.rules import factors
from identity.grants.actions import history
from identity.mandates.actions import themes
from identity.shared.dependencies import after_id, pages, spoken
from identity.sign_in.routes.assurance import SignedIn

router = APIRouter(prefix="/identity", tags=["account"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_SIGNED_IN = "signed in by "
_ON_NEW = "signed in on a new device by "
_OF_THEMES = ("mandate ", "acting ")  # how the name of what is about a theme begins
_UNTITLED = say("Something this council does not list")

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "opened": say("You opened your account"),
        "closed": say("You closed your account"),
        "email": say("Your email address was changed"),
        "password set": say("Your password was set"),
        "password removed": say("Your password was removed"),
        "passkey added": say("A passkey was added"),
        "passkey removed": say("A passkey was removed"),
        "authenticator set up": say("An authenticator app was set up"),
        "authenticator removed": say("Your authenticator app was removed"),
        "phone added": say("A phone number was added"),
        "phone changed": say("Your phone number was changed"),
        "phone removed": say("Your phone number was removed"),
        "texts set up": say("Codes by text message were set up"),
        "texts removed": say("Codes by text message were removed"),
        "recovery codes made": say("New recovery codes were made"),
        "recovery code used": say("A recovery code was used"),
        "upstream linked": say("You linked another way to sign in, with another provider"),
        "upstream unlinked": say("You ended signing in with another provider"),
        "upstream removed": say("A council no longer lets people sign in with another provider"),
        "consent given": say("You agreed to share details with a service"),
        "consent ended": say("You took back what a service may know and do"),
        "mandate offered": say("You asked somebody to act for you"),
        "mandate accepted": say("Somebody accepted to act for you"),
        "mandate declined": say("Somebody declined to act for you"),
        "mandate ended": say("Nobody acts for you in this any more"),
        "acting accepted": say("You accepted to act for somebody"),
        "acting ended": say("You no longer act for somebody"),
        "identity proven": say("Your identity was proven"),
        "identity waiting": say("Your documents were seen, and a second member of staff must confirm it"),
        "identity refused": say("Your identity was not confirmed"),
        "identity withdrawn": say("The proof of your identity was taken back"),
    }
)
"""What each ``what`` of the history says. Whoever records a new one gives it a text here."""
WAYS: Mapping[str, str] = MappingProxyType(
    {
        factors.EMAIL: say("email code"),
        factors.PASSWORD: say("password"),
        factors.PASSKEY: say("passkey"),
        factors.AUTHENTICATOR: say("authenticator app"),
        factors.RECOVERY: say("recovery code"),
        factors.TEXT: say("text message"),
        factors.UPSTREAM: say("another provider"),
        factors.UPSTREAM_TWO: say("another provider, with two factors"),
    }
)
"""What each factor is called."""


@router.get("/account/history")
async def show_history(
    _: Anybody, request: Request, session: Writing, person: SignedIn, paging: Paging
) -> Response:
    """What happened to the account, the newest first."""
    rows = await history.page(session, person.account, after_id(paging), paging.fetch)
    about = await _about(session, rows, language_of(request))
    found = paging.page(rows, lambda row: _shown(row, about, request), lambda row: (ids.show(row.id),))
    return pages.render(request, "history.html", entries=found.items, older=found.next)


async def _about(session: Session, rows: Sequence[Row[Any]], language: Language) -> dict[UUID, str]:
    """What the entries about a theme are about, by their ids: its title in the reader's language."""
    named = {
        row.id: (row.council or "", row.about)
        for row in rows
        if row.about and row.what.startswith(_OF_THEMES)
    }
    titles = await themes.get_titles(session, set(named.values()))
    untitled = translate("identity", language, _UNTITLED)
    return {
        entry: titles[one][language == "cy"] if one in titles else untitled for entry, one in named.items()
    }


def _shown(row: Row[Any], about: Mapping[UUID, str], request: Request) -> dict[str, str]:
    council = request.app.state.directory.councils.get(row.council or "")
    return {
        "what": words(row.what, language_of(request)),
        "when": spoken(row.at, request),
        "device": row.device,
        "council": council.name if council else "",
        "about": about.get(row.id, row.about),
    }


def words(what: str, language: Language) -> str:
    """What happened, in the reader's language. KeyError for what has no text."""
    for prefix, text in (
        (_ON_NEW, say("You signed in on a new device, by %(ways)s")),
        (_SIGNED_IN, say("You signed in by %(ways)s")),
    ):
        if what.startswith(prefix):
            ways = [translate("identity", language, WAYS[one]) for one in what[len(prefix) :].split(" and ")]
            return translate("identity", language, text, ways=", ".join(ways))
    return translate("identity", language, TEXTS[what])
