"""Where a chosen place is taken: a page of this council on this site, and no other. Pure."""

import re
from typing import Final
from urllib.parse import urlencode

MAX_LENGTH: Final = 300
_PATH = re.compile(r"(/[a-z0-9-]+){2,}(/[A-Za-z0-9_-]+)*(\?[A-Za-z0-9_.~%=&-]*)?")


def check_return(council: str, path: str) -> str:
    """Return the path if it is one of this council's pages. Raises ValueError for any other address."""
    if len(path) > MAX_LENGTH or not path.startswith(f"/{council}/") or not _PATH.fullmatch(path):
        raise ValueError(f"must be the path of a page of this council, such as /{council}/casework/office")
    return path


def add_place(path: str, place: str, feature: str) -> str:
    """Add the chosen place, and the chosen feature if there is one, to the address of the page."""
    values = {"place": place, **({"feature": feature} if feature else {})}
    return f"{path}{'&' if '?' in path else '?'}{urlencode(values)}"
