"""What routes of the office share: who uses it, and how its pages look."""

from typing import Annotated, Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from casework.office.rules import labels
from casework.shared.days import format_moment
from casework.shared.references import format_reference
from chassis import clock, ids
from chassis.web import Pages, gettext_noop
from chassis.web.sign_in import SignIn, Staff, label_staff, signed_in

READ, ACT, CONFIGURE = "casework:read", "casework:act", "casework:configure"
PAGES = "/{council}/casework/office"
pages = Pages("casework", name=gettext_noop("Casework"))
sign_in = SignIn([READ, ACT, CONFIGURE], permission="casework:sign-in", home="/office")
Reader = Annotated[Staff, signed_in(READ)]
Worker = Annotated[Staff, signed_in(ACT)]
Configurer = Annotated[Staff, signed_in(CONFIGURE)]
_SECTIONS = (
    ("My work", "", READ),
    ("Cases", "/cases", READ),
    ("Case types", "/case-types", READ),
    ("Performance", "/performance", READ),
    ("People", "/people", CONFIGURE),
)
"""Name, path below the office, and scope of each entry of the navigation."""
_OTHER_PATHS = {"/cases": ("/bulk", "/new-case")}


def render(request: Request, staff: Staff, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """Render a page of the office, in English, with its navigation."""
    home = f"/{staff.council}/casework/office"
    path = request.url.path.removeprefix(home)
    sections = [
        (name, f"{home}{section}", _is_of_section(path, section))
        for name, section, scope in _SECTIONS
        if staff.may(scope)
    ]
    words: dict[str, Any] = {
        "show_id": ids.show,
        "moment": format_moment,
        "reference": format_reference,
        "label_staff": label_staff,
        "labels": labels,
        "now": clock.now(),
        "may_change": staff.may(ACT),
    }
    frame: dict[str, Any] = {"sections": sections, "home": home, "office": home}
    return pages.render(request, template, status, language="en", **frame, **words, **context)


def _is_of_section(path: str, section: str) -> bool:
    """Tell whether a page belongs to an entry of the navigation; that of one's own work is a single page."""
    others = _OTHER_PATHS.get(section, ())
    return path == section or (section != "" and path.startswith((f"{section}/", *others)))
