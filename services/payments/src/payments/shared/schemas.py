"""API models that several domains share."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from chassis.types import reject_control_characters

MAX_NOTE = 500
_LINES = re.compile(r"[\t\r\n]")


class RequestBody(BaseModel):
    """A request body. An unknown member is an error."""

    model_config = ConfigDict(extra="forbid")


def reject_control_characters_in_lines(text: str) -> str:
    """Return a text of several lines as it is. Raises ValueError for other control characters in it."""
    reject_control_characters(_LINES.sub(" ", text))
    return text


Note = Annotated[
    str,
    StringConstraints(max_length=MAX_NOTE, strip_whitespace=True),
    AfterValidator(reject_control_characters_in_lines),
]
"""Words of staff, in lines."""
