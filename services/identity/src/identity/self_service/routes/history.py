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
from chassis.web import choose_language, gettext_noop, translate
from chassis.web.languages import Language
from identity.accounts.rules import factors
from identity.assurance.routes import SignedIn
from identity.grants.actions import history
from identity.mandates.actions import themes
from identity.shared.dependencies import format_time, pages, read_id_cursor

router = APIRouter(prefix="/identity", tags=["account"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_SIGNED_IN = "signed in by "
_SIGNED_IN_ON_NEW_DEVICE = "signed in on a new device by "
_ABOUT_THEMES = ("mandate ", "acting ")
"""How events about themes of mandates begin."""
_UNTITLED = gettext_noop("Something this council does not list")

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "opened": gettext_noop("You opened your account"),
        "closed": gettext_noop("You closed your account"),
        "email": gettext_noop("Your email address was changed"),
        "password set": gettext_noop("Your password was set"),
        "password removed": gettext_noop("Your password was removed"),
        "passkey added": gettext_noop("A passkey was added"),
        "passkey removed": gettext_noop("A passkey was removed"),
        "authenticator set up": gettext_noop("An authenticator app was set up"),
        "authenticator removed": gettext_noop("Your authenticator app was removed"),
        "phone added": gettext_noop("A phone number was added"),
        "phone changed": gettext_noop("Your phone number was changed"),
        "phone removed": gettext_noop("Your phone number was removed"),
        "texts set up": gettext_noop("Codes by text message were set up"),
        "texts removed": gettext_noop("Codes by text message were removed"),
        "recovery codes made": gettext_noop("New recovery codes were made"),
        "recovery code used": gettext_noop("A recovery code was used"),
        "upstream linked": gettext_noop("You linked another way to sign in, with another provider"),
        "upstream unlinked": gettext_noop("You ended signing in with another provider"),
        "upstream removed": gettext_noop("A council no longer lets people sign in with another provider"),
        "consent given": gettext_noop("You agreed to share details with a service"),
        "consent ended": gettext_noop("You took back what a service may know and do"),
        "mandate asked": gettext_noop("A service asked you to let somebody act for you"),
        "mandate refused": gettext_noop("You did not let somebody act for you"),
        "mandate offered": gettext_noop("You asked somebody to act for you"),
        "mandate accepted": gettext_noop("Somebody accepted to act for you"),
        "mandate declined": gettext_noop("Somebody declined to act for you"),
        "mandate ended": gettext_noop("Nobody acts for you in this any more"),
        "acting accepted": gettext_noop("You accepted to act for somebody"),
        "acting ended": gettext_noop("You no longer act for somebody"),
        "identity proven": gettext_noop("Your identity was proven"),
        "identity waiting": gettext_noop(
            "Your documents were seen, and a second member of staff must confirm it"
        ),
        "identity refused": gettext_noop("Your identity was not confirmed"),
        "identity withdrawn": gettext_noop("The proof of your identity was taken back"),
    }
)
"""The text of each event of the history. A new kind of event needs a text here."""
METHODS: Mapping[str, str] = MappingProxyType(
    {
        factors.EMAIL: gettext_noop("email code"),
        factors.PASSWORD: gettext_noop("password"),
        factors.PASSKEY: gettext_noop("passkey"),
        factors.AUTHENTICATOR: gettext_noop("authenticator app"),
        factors.RECOVERY: gettext_noop("recovery code"),
        factors.SMS: gettext_noop("text message"),
        factors.UPSTREAM: gettext_noop("another provider"),
        factors.UPSTREAM_TWO: gettext_noop("another provider, with two factors"),
    }
)
"""The name of each method to sign in."""


@router.get("/account/history")
async def show_history(
    _: Anybody, request: Request, session: Writing, person: SignedIn, paging: Paging
) -> Response:
    """Show what happened to your account, newest first."""
    rows = await history.list_page(session, person.account, read_id_cursor(paging), paging.fetch)
    titles = await _get_theme_titles(session, rows, choose_language(request))
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
    texts = await themes.get_texts(session, set(theme_keys.values()))
    untitled = translate("identity", language, _UNTITLED)
    return {
        entry: themes.choose_title(texts[key], language) if key in texts else untitled
        for entry, key in theme_keys.items()
    }


def _entry(row: Row[Any], titles: Mapping[UUID, str], request: Request) -> dict[str, str]:
    council = request.app.state.directory.councils.get(row.council or "")
    return {
        "what": describe_event(row.what, choose_language(request)),
        "when": format_time(row.at, request),
        "device": row.device,
        "council": council.name if council else "",
        "about": titles.get(row.id, row.about),
    }


def describe_event(kind: str, language: Language) -> str:
    """Describe an event in the reader's language. Raises KeyError for one without a text."""
    for prefix, text in (
        (_SIGNED_IN_ON_NEW_DEVICE, gettext_noop("You signed in on a new device, by %(ways)s")),
        (_SIGNED_IN, gettext_noop("You signed in by %(ways)s")),
    ):
        if kind.startswith(prefix):
            methods = kind[len(prefix) :].split(" and ")
            names = [translate("identity", language, METHODS[method]) for method in methods]
            return translate("identity", language, text, ways=", ".join(names))
    return translate("identity", language, TEXTS[kind])
