"""What every page of a service needs: the person's progress, and how it is shown."""

from typing import Annotated, Any

from fastapi import Depends, Path, Request, Response

from chassis.auth import public
from chassis.database import Database
from chassis.problems import Problem
from chassis.types import Slug
from chassis.web import choose_language, cookie_name, set_cookie
from chassis.web.languages import Language
from resident.drafts.actions import GUEST_LIFE
from resident.drafts.rules import COOKIE, Seal, make_seal, make_secret
from resident.facts.actions.sources import TheSources
from resident.forms.actions.platform_facts import PlatformFacts
from resident.forms.actions.progress import Facts, Progress, open_progress
from resident.forms.rules.pages import NEEDS_SIGN_IN
from resident.shared.pages import PATH, pages

Anybody = Annotated[None, public]
PageId = Annotated[str, Path(pattern="^[a-z][a-z0-9_]{0,59}$", description="A question of the service")]
ROOT = f"/{{council}}/{PATH}"


async def _find_database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


async def _read_seal(request: Request) -> Seal:
    secret = request.cookies.get(cookie_name(request, COOKIE), "")
    return make_seal(request.app.state.settings.sealing_key.get_secret_value(), secret)


TheDatabase = Annotated[Database, Depends(_find_database)]
TheSeal = Annotated[Seal, Depends(_read_seal)]


async def _open(
    request: Request, council: Slug, service: Slug, database: TheDatabase, seal: TheSeal
) -> Progress:
    return await open_progress(database, council, service, seal, choose_language(request))


AnyProgress = Annotated[Progress, Depends(_open)]


class SignInNeededError(Problem):
    """A page behind the start of a service that guests may not use; a browser is led to the start."""

    def __init__(self, location: str) -> None:
        super().__init__(403, "sign-in-needed", "You cannot use this service without signing in.")
        self.location = location


async def _admit(progress: AnyProgress) -> Progress:
    if progress.bundle.sign_in in NEEDS_SIGN_IN:
        raise SignInNeededError(path_of(progress))
    return progress


TheProgress = Annotated[Progress, Depends(_admit)]


async def find_facts(sources: TheSources) -> Facts:
    """Find where this page's facts come from; its time begins now."""
    return PlatformFacts(sources)


TheFacts = Annotated[Facts, Depends(find_facts)]


def give_secret(request: Request, progress: Progress) -> None:
    """Give the draft a secret before its first answer is saved: the browser's, if it has one."""
    if not progress.draft.seal.secret:
        key = request.app.state.settings.sealing_key.get_secret_value()
        progress.draft.seal = make_seal(key, make_secret())
    progress.draft.language = read_language(request, progress)


def remember_draft(request: Request, response: Response, progress: Progress) -> Response:
    """Set the cookie of the draft, for as long as the draft lives."""
    set_cookie(request, response, COOKIE, progress.draft.seal.secret, int(GUEST_LIFE.total_seconds()))
    return response


def path_of(progress: Progress, page: str = "") -> str:
    """Return the path of a page of the service; of its start without one."""
    return f"/{progress.draft.council}/{PATH}/{progress.draft.service}/{page}"


def read_language(request: Request, progress: Progress) -> Language:
    """Read the person's language, of those that the council publishes in."""
    return choose_language(request) if "cy" in progress.bundle.council.languages else "en"


def render(
    request: Request, template: str, progress: Progress, status: int = 200, **context: Any
) -> Response:
    """Render a page of a service, in a language that the council publishes in."""
    council = progress.bundle.council
    language = read_language(request, progress)
    values: dict[str, Any] = {
        "progress": progress,
        "bundle": progress.bundle,
        "reader": progress.read_in(language),
        "root": path_of(progress),
        "council_name": council.name.show(language),
        "home": f"/{progress.draft.council}/{PATH}/",
        **({} if "cy" in council.languages else {"languages": []}),
        **context,
    }
    return pages.render(request, template, status, language=language, **values)
