"""The HTTP API of casework: none yet beside every service's, see ``chassis.council_routes``."""

from fastapi import APIRouter

router = APIRouter()
