"""What the routes of residents ask for."""

from typing import Annotated

from fastapi import Depends, Path, Request

from casework.residents.actions.lookups import ResidentLimits
from chassis.auth import ANY_THEME, Caller, permission
from chassis.problems import document_problems

Person = Annotated[Caller, permission("casework:own", theme=ANY_THEME)]
Reference = Annotated[
    str, Path(max_length=20, description="As people write it, such as HF7K-2P9Q-XBC; spaces do not matter")
]
CHANGED = document_problems(403, 404, 409, 412, 422, 428)
VARY = {"Vary": "Accept-Language"}


def _choose_language(request: Request) -> str:
    """Choose Welsh for those who ask for it first."""
    return "cy" if request.headers.get("accept-language", "").lower().startswith("cy") else "en"


Language = Annotated[str, Depends(_choose_language)]


def _find_limits(request: Request) -> ResidentLimits:
    limits: ResidentLimits = request.app.state.resident_limits
    return limits


TheLimits = Annotated[ResidentLimits, Depends(_find_limits)]
