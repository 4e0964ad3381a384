"""The HTTP API of casework: so far only what every service offers, see ``chassis.tenancy.make_router``."""

from fastapi import APIRouter

router = APIRouter()
