"""The areas and rounds of a property, and of a postcode."""

from fastapi import APIRouter, Response

from chassis.problems import document_problems
from chassis.types import Postcode, Slug, Uprn
from mapping.collections.routes.access import BASE, Reader
from mapping.locate.actions.properties import look_up_postcode, look_up_property
from mapping.locate.routes.dependencies import TheQuestion, TheReads, respond
from mapping.locate.schemas import PostcodeAreas, PropertyAreas

router = APIRouter(prefix=BASE, tags=["look-ups"])


@router.get("/uprn/{uprn}/areas", response_model=PropertyAreas, responses=document_problems(404))
async def get_property_areas(
    council: Slug,
    uprn: Uprn,
    _: Reader,
    question: TheQuestion,
    reads: TheReads,
) -> Response:
    """Get the areas and zones of a property: its ward, its parish, its bin round."""
    return respond(await look_up_property(reads.of(council), uprn, question))


@router.get("/postcodes/{postcode}/areas", response_model=PostcodeAreas, responses=document_problems(404))
async def get_postcode_areas(
    council: Slug,
    postcode: Postcode,
    _: Reader,
    question: TheQuestion,
    reads: TheReads,
) -> Response:
    """Get the areas and zones of a postcode, at its one point: an address near a border may be in others."""
    return respond(await look_up_postcode(reads.of(council), postcode, question))
