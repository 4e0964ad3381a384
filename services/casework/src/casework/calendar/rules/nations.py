"""The nations of the United Kingdom, and the divisions by which their bank holidays differ."""

from enum import StrEnum


class Nation(StrEnum):
    """Where a law applies, and where a council lies."""

    ENGLAND = "england"
    WALES = "wales"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern_ireland"


class Division(StrEnum):
    """What has bank holidays of its own, as GOV.UK lists them."""

    ENGLAND_AND_WALES = "england_and_wales"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern_ireland"

    @property
    def display_name(self) -> str:
        """Get the name that people read: England and Wales."""
        return self.value.replace("_", " ").title().replace(" And ", " and ")


# The first letter of a code of the Office for National Statistics.
_BY_GSS = {"E": Nation.ENGLAND, "W": Nation.WALES, "S": Nation.SCOTLAND, "N": Nation.NORTHERN_IRELAND}


def find_nation(gss: str) -> Nation:
    """Find the nation of a council by its GSS code. Raises ValueError for any other letter."""
    if gss[:1] not in _BY_GSS:
        raise ValueError(f"{gss} is no GSS code of a council in the United Kingdom")
    return _BY_GSS[gss[:1]]


def find_division(nation: Nation) -> Division:
    """Find whose bank holidays a nation has."""
    if nation in {Nation.ENGLAND, Nation.WALES}:
        return Division.ENGLAND_AND_WALES
    return Division(nation.value)
