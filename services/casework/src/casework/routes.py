"""The HTTP API of casework: none yet beside every service's, see ``chassis.tenancy.make_router``."""

from fastapi import APIRouter

router = APIRouter()
