"""The HTTP API of casework: so far only what every service offers, see ``chassis.tenancy.router``."""

from fastapi import APIRouter

router = APIRouter()
