"""The HTTP API of payments: none yet beside every service's, see ``chassis.council_routes``."""

from fastapi import APIRouter

router = APIRouter()
