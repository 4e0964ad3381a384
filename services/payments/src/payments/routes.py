"""The HTTP API of payments: none yet beside every service's, see ``chassis.tenancy.make_router``."""

from fastapi import APIRouter

router = APIRouter()
