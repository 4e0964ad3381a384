"""What routes of the office share: who uses it, the layer they work on, and how its pages look."""

from typing import Annotated, Any

from fastapi import Depends, Path, Request
from fastapi.responses import HTMLResponse, Response

from chassis import ids
from chassis.database import Database, ReadSession
from chassis.problems import Problem, not_found
from chassis.web import Form, see_other
from chassis.web.sign_in import SignIn, Staff, signed_in
from mapping.collections.actions import definitions, features
from mapping.collections.actions.edit_records import Editor
from mapping.collections.actions.features import Feature
from mapping.collections.routes.access import (
    PUBLISH,
    READ,
    RESTRICTED,
    STAFF,
    WRITE,
    audience_of,
    require_live,
)
from mapping.collections.routes.dependencies import LayerWrites
from mapping.collections.rules.layers import Layer
from mapping.collections.schemas.features import FeatureId
from mapping.collections.schemas.layers import LayerName
from mapping.office import actions
from mapping.office.rules import labels
from mapping.shared.pages import pages

PAGES = "/{council}/mapping/office"
sign_in = SignIn([READ, WRITE, PUBLISH, STAFF, RESTRICTED], permission="mapping:sign-in", home="/office")
Reader = Annotated[Staff, signed_in(READ)]
Writer = Annotated[Staff, signed_in(WRITE)]
Publisher = Annotated[Staff, signed_in(PUBLISH)]
MAX_REASON = 500
SANDBOX = "sandbox-credential"


class OfficePage:
    """A page of a layer for a member of staff."""

    def __init__(self, request: Request, staff: Staff, layer: str) -> None:
        self.request, self.staff, self.council, self.name = request, staff, staff.council, layer
        self.database: Database = request.app.state.database
        self.writes = LayerWrites(request)
        self.is_mended = False  # whether the shape that was sent was not valid, and is now

    @property
    def home(self) -> str:
        """Return the address of the layer's page."""
        return f"/{self.council}/mapping/office/layers/{self.name}"

    async def find_layer(self, session: ReadSession) -> Layer:
        """Find the layer, if they may see it. Raises Problem 404."""
        return await definitions.find_visible(
            session, self.council, self.name, audience_of(self.staff.caller)
        )

    async def read_layer(self) -> Layer:
        """Read the layer in a transaction of its own. Raises Problem 404."""
        async with self.database.reading(self.council) as session:
            return await self.find_layer(session)

    async def read_feature(self, fid: str) -> tuple[Layer, Feature]:
        """Read a feature with its layer. Raises Problem 404."""
        async with self.database.reading(self.council) as session:
            layer = await self.find_layer(session)
            feature = await features.get_feature(session, layer.id, fid)
        if feature is None:
            raise not_found("such feature")
        return layer, feature

    def make_editor(self, reason: str) -> Editor:
        """Make the editor of a change. Raises Problem 403 for staff of the sandbox."""
        require_live(self.request, self.staff.caller)
        return Editor(self.staff.caller, audience_of(self.staff.caller), reason)

    async def remember(self) -> None:
        """Remember the name of who sends a form: what it changes is in the history by their id."""
        if self.request.method == "POST":
            async with self.database.writing(self.council) as session:
                await actions.remember(session, self.staff)

    def read_reason(self, form: Form) -> str:
        """Read why something is done; an error in the form without a reason."""
        reason = form.get("reason", MAX_REASON)
        if not 0 < len(reason) <= MAX_REASON or not reason.isprintable():
            form.error("reason", "Enter a reason, up to 500 characters in one line")
        return reason

    def finish(self, path: str, done: str) -> Response:
        """Lead to a page below the layer's, which says what was done."""
        return see_other(f"{self.home}{path}?done={done}{'-mended' if self.is_mended else ''}")

    def render(self, template: str, layer: Layer, status: int = 200, **context: Any) -> HTMLResponse:
        """Render a page about the layer."""
        return render(self.request, self.staff, template, status, layer=layer, here=self.home, **context)


_TheName = Annotated[LayerName, Path(description="The layer's name")]


async def _open_as_reader(request: Request, staff: Reader, layer: _TheName) -> OfficePage:
    return OfficePage(request, staff, layer)


async def _open_as_writer(request: Request, staff: Writer, layer: _TheName) -> OfficePage:
    page = OfficePage(request, staff, layer)
    await page.remember()
    return page


async def _open_as_publisher(request: Request, staff: Publisher, layer: _TheName) -> OfficePage:
    page = OfficePage(request, staff, layer)
    await page.remember()
    return page


ReaderPage = Annotated[OfficePage, Depends(_open_as_reader)]
WriterPage = Annotated[OfficePage, Depends(_open_as_writer)]
PublisherPage = Annotated[OfficePage, Depends(_open_as_publisher)]
TheId = Annotated[FeatureId, Path(description="The feature's id in its layer")]


def render(request: Request, staff: Staff, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """Render a page of the office, in English, with its navigation."""
    home = f"/{staff.council}/mapping/office"
    sections = [("Layers", home, True)]
    words: dict[str, Any] = {
        "show_id": ids.show,
        "labels": labels,
        "may_write": staff.may(WRITE),
        "may_publish": staff.may(PUBLISH),
        "audience": audience_of(staff.caller),
    }
    maps = f"/{staff.council}/mapping"
    frame: dict[str, Any] = {"sections": sections, "home": home, "office": home, "maps": maps}
    return pages.render(request, template, status, language="en", **frame, **words, **context)


def add_problem(form: Form, problem: Problem) -> None:
    """Say in the form why its change is refused. Raises the problem if the form is not what is wrong."""
    if problem.status_code not in {400, 409} and problem.code != SANDBOX:
        raise problem
    for error in problem.errors:
        field = error.field.removeprefix("body.")
        name = field.removeprefix("properties.")
        box = "place" if field == "geometry" else f"property-{name}"
        form.error(box, "%(text)s", text=f"{name.capitalize()} {error.message}")
    if form.ok:
        form.error("", "%(text)s", text=str(problem.detail))
