"""The page of what happened to a person's account, in plain words."""

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
from identity.shared.dependencies import format_time, pages, read_id_cursor
from identity.sign_in.routes.assurance import SignedIn

router = APIRouter(prefix="/identity", tags=["account"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_SIGNED_IN = "signed in by "
_SIGNED_IN_ON_NEW_DEVICE = "signed in on a new device by "
_ABOUT_THEMES = ("mandate ", "acting ")
"""How events about themes of mandates begin."""
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
"""The text of each event of the history. A new kind of event needs a text here."""
METHODS: Mapping[str, str] = MappingProxyType(
    {
        factors.EMAIL: say("email code"),
        factors.PASSWORD: say("password"),
        factors.PASSKEY: say("passkey"),
        factors.AUTHENTICATOR: say("authenticator app"),
        factors.RECOVERY: say("recovery code"),
        factors.SMS: say("text message"),
        factors.UPSTREAM: say("another provider"),
        factors.UPSTREAM_TWO: say("another provider, with two factors"),
    }
)
"""The name of each method to sign in."""


@router.get("/account/history")
async def show_history(
    _: Anybody, request: Request, session: Writing, person: SignedIn, paging: Paging
) -> Response:
    """Show what happened to your account, newest first."""
    rows = await history.list_page(session, person.account, read_id_cursor(paging), paging.fetch)
    titles = await _get_theme_titles(session, rows, language_of(request))
    page = paging.page(rows, lambda row: _entry(row, titles, request), lambda row: (ids.show(row.id),))
    return pages.render(request, "history.html", entries=page.items, older=page.next)


async def _get_theme_titles(
    session: Session, rows: Sequence[Row[Any]], language: Language
) -> dict[UUID, str]:
    """Get the titles of the themes that entries are about, in the reader's language, by the entry's id."""
    theme_keys = {
        row.id: (row.council or "", row.about)
        for row in rows
        if row.about and row.what.startswith(_ABOUT_THEMES)
    }
    titles = await themes.get_titles(session, set(theme_keys.values()))
    untitled = translate("identity", language, _UNTITLED)
    return {
        entry: titles[key][language == "cy"] if key in titles else untitled
        for entry, key in theme_keys.items()
    }


def _entry(row: Row[Any], titles: Mapping[UUID, str], request: Request) -> dict[str, str]:
    council = request.app.state.directory.councils.get(row.council or "")
    return {
        "what": describe_event(row.what, language_of(request)),
        "when": format_time(row.at, request),
        "device": row.device,
        "council": council.name if council else "",
        "about": titles.get(row.id, row.about),
    }


def describe_event(what: str, language: Language) -> str:
    """Describe an event in the reader's language. Raises KeyError for one without a text."""
    for prefix, text in (
        (_SIGNED_IN_ON_NEW_DEVICE, say("You signed in on a new device, by %(ways)s")),
        (_SIGNED_IN, say("You signed in by %(ways)s")),
    ):
        if what.startswith(prefix):
            methods = what[len(prefix) :].split(" and ")
            names = [translate("identity", language, METHODS[method]) for method in methods]
            return translate("identity", language, text, ways=", ".join(names))
    return translate("identity", language, TEXTS[what])
