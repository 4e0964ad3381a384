"""Take reports: each opens a case, and the same one sent again is answered as the first time."""

from collections.abc import Mapping
from typing import Any

from casework.cases.actions import cases, reads
from casework.cases.actions.cases import Opening
from casework.cases.actions.reads import CaseOutline
from casework.cases.actions.subjects import Place
from casework.open311 import store
from casework.open311.actions.changes import describe_state
from casework.open311.actions.services import Offer, find_offer
from casework.open311.rules import attributes
from casework.open311.schemas.params import ReportForm
from casework.open311.schemas.views import ReceivedReport
from casework.shared.words import Words
from chassis.auth import Caller
from chassis.database import Session
from chassis.problems import Problem, invalid

_MOST_ID = 100  # characters of a sender's own id


async def receive_report(
    session: Session, council: str, caller: Caller, form: ReportForm, language: str
) -> ReceivedReport:
    """Take a report. Raises Problem 400, 404 or 409."""
    offer = await find_offer(session, council, form.service_code)
    _check_location(form)
    sender_id = _find_sender_id(form)
    if sender_id is not None:
        await store.lock_sender_id(session, "report", caller.client_id, sender_id)
        earlier = await store.find_sent(session, council, caller.mode, caller.client_id, sender_id)
        if earlier is not None:
            notice = Words(**earlier.notes).pick(language)
            return ReceivedReport(service_request_id=earlier.reference, service_notice=notice)
    opening = Opening(
        code=form.service_code,
        action=offer.service.action,
        fields=make_fields(offer, form),
        effective=None,
        submission=None,
        person=None,
        uprn=form.address_id,
        place=None if form.lat is None or form.long is None else Place(form.lat, form.long),
    )
    case_id = await cases.open_case(session, council, caller, opening)
    outline = await reads.find_outline(session, council, caller.mode, case_id)
    if outline is None:
        raise LookupError("the case of this report is gone")
    row = _describe(offer, form, outline)
    key = {"council": council, "case_id": case_id, "mode": caller.mode, "client": caller.client_id}
    await store.insert_report(session, {**key, **row, "sender_id": sender_id})
    return ReceivedReport(
        service_request_id=outline.reference, service_notice=Words(**row["notes"]).pick(language)
    )


def _check_location(form: ReportForm) -> None:
    if (form.lat is None) != (form.long is None):
        raise invalid("body.lat", "and long belong together")
    if form.lat is None and form.address_string is None and form.address_id is None:
        raise invalid("body.lat", "and long are missing; or give address_string or address_id")


def _find_sender_id(form: ReportForm) -> str | None:
    values = form.attributes.get(attributes.SENDER_ID)
    if values is None:
        return None
    if len(values) != 1 or len(values[0]) > _MOST_ID or "\0" in values[0]:
        raise invalid(
            f"body.attribute[{attributes.SENDER_ID}]", f"may be given once, of {_MOST_ID} characters"
        )
    return values[0]


def make_fields(offer: Offer, form: ReportForm) -> dict[str, Any]:
    """Make a case's fields of a report. Raises Problem 400 for an attribute that the service lacks."""
    service = offer.service
    fields: dict[str, Any] = {
        service.place: _describe_place(form),
        service.details: form.description,
        service.contact: form.describe_person(),
        service.photos: form.media_url,
    }
    if form.address_id is not None:
        asks = offer.case_type.actions[service.action].asks
        uprns = [name for name in asks if attributes.is_uprn(offer.case_type.fields[name])]
        fields |= dict.fromkeys(uprns, str(form.address_id))
    fields |= _read_attributes(offer, form.attributes)
    return {name: value for name, value in fields.items() if name and value not in (None, "", [])}


def _read_attributes(offer: Offer, parameters: Mapping[str, list[str]]) -> dict[str, Any]:
    fields = {field.id: field for field in attributes.list_fields(offer.case_type, offer.service)}
    values = {}
    for code, texts in parameters.items():
        place = f"body.attribute[{code}]"
        if code in fields:
            try:
                values[code] = attributes.read_value(fields[code], texts)
            except ValueError as error:
                raise invalid(place, str(error)) from None
        elif code not in attributes.AUTOMATED:
            raise invalid(place, f"is no attribute of {offer.case_type.code}; see its definition")
    return values


def _describe_place(form: ReportForm) -> str:
    closest = form.attributes.get(attributes.CLOSEST_ADDRESS, [""])[0]
    if form.address_string or closest:
        return form.address_string or closest
    return "" if form.lat is None else f"{form.lat}, {form.long}"


def _describe(offer: Offer, form: ReportForm, outline: CaseOutline) -> dict[str, Any]:
    """Describe what is told of a report; of a private one nothing is kept that says where it is."""
    service, case_type = offer.service, offer.case_type
    place = case_type.fields.get(service.place)
    shows_place = place is not None and not place.personal and not place.restricted and not service.private
    return {
        **describe_state(outline, outline.state),
        "reference": outline.reference,
        "code": case_type.code,
        "service": case_type.name._asdict(),
        "private": service.private,
        "address": _describe_place(form) or None if shows_place else None,
        "uprn": None if service.private else form.address_id,
        "lat": None if service.private else form.lat,
        "long": None if service.private else form.long,
        "requested_at": outline.opened_at,
        "updated_at": outline.opened_at,
    }


def unknown_report() -> Problem:
    """Make the 404 of a report."""
    return Problem(404, "unknown-request", "There is no such service_request_id here.")
