"""What MapIt answers where there is nothing to answer, in its own words."""

from chassis.problems import Problem


def refuse(words: str) -> Problem:
    """Make the refusal of a request."""
    return Problem(400, "mapit-refused", words)


def not_found(words: str) -> Problem:
    """Make the answer where nothing was found."""
    return Problem(404, "mapit-not-found", words)


def no_area() -> Problem:
    """Make the answer where no area has an id."""
    return not_found("No Area matches the given query.")


def no_address() -> Problem:
    """Make the answer for an address that MapIt does not have."""
    return not_found("MapIt has no such address: see docs of its calls, and /types for kinds of areas.")
