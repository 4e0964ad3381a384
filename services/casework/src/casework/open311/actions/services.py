"""The services of a council: its published case types that say how they are offered."""

from collections.abc import Sequence
from dataclasses import dataclass

from casework.case_types.actions.published import PublishedVersion, find_published, list_published
from casework.model.rules.case_type import CaseType
from casework.model.rules.open311 import Open311Service
from casework.open311.rules.attributes import Attribute, list_attributes
from casework.open311.schemas.views import AttributeView, ServiceDefinition, ServiceView, ValueView
from chassis.database import ReadSession
from chassis.problems import Problem


@dataclass(frozen=True, slots=True)
class Offer:
    """A service, and the case type that it is."""

    case_type: CaseType
    service: Open311Service


async def list_services(session: ReadSession, council: str, language: str) -> list[ServiceView]:
    """List what a council takes reports of, in order of its name."""
    versions = await list_published(session, council)
    services = [_show_service(offer, language) for offer in map(_to_offer, versions) if offer is not None]
    return sorted(services, key=lambda service: service.service_name)


def _to_offer(version: PublishedVersion) -> Offer | None:
    case_type = version.bound.case_type
    return None if case_type.open311 is None else Offer(case_type, case_type.open311)


def _show_service(offer: Offer, language: str) -> ServiceView:
    group = offer.service.group.pick(language)
    return ServiceView(
        service_code=offer.case_type.code,
        service_name=offer.case_type.name.pick(language),
        description=offer.service.description.pick(language),
        metadata=True,
        type="realtime",
        keywords=",".join(offer.service.keywords),
        group=group,
        groups=[group],
    )


async def find_offer(session: ReadSession, council: str, code: str) -> Offer:
    """Find a service. Raises Problem 404."""
    version = await find_published(session, council, code)
    offer = None if version is None else _to_offer(version)
    if offer is None:
        raise Problem(404, "unknown-service", f"There is no service_code {code[:60]!r} here. See services.")
    return offer


async def get_definition(session: ReadSession, council: str, code: str, language: str) -> ServiceDefinition:
    """Get the questions of a service. Raises Problem 404."""
    offer = await find_offer(session, council, code)
    attributes = list_attributes(offer.case_type, offer.service)
    return ServiceDefinition(service_code=code, attributes=_show_attributes(attributes, language))


def _show_attributes(attributes: Sequence[Attribute], language: str) -> list[AttributeView]:
    return [
        AttributeView(
            variable=True,
            code=attribute.code,
            datatype=attribute.datatype,
            required=attribute.required,
            datatype_description="",
            order=order,
            description=attribute.description.pick(language),
            values=[ValueView(key=key, name=words.pick(language)) for key, words in attribute.values.items()]
            or None,
            automated=attribute.automated or None,
        )
        for order, attribute in enumerate(attributes, 1)
    ]
