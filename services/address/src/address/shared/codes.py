"""The short code lists of BS 7666 and AddressBase, with the descriptions OS Places gives them."""

LOGICAL_STATUSES = {1: "APPROVED", 3: "ALTERNATIVE", 6: "PROVISIONAL", 8: "HISTORICAL"}
BLPU_STATES = {
    1: "Under construction",
    2: "In use",
    3: "Unoccupied / vacant / derelict",
    4: "Demolished",
    6: "Planning permission granted",
}
POSTAL_CODES = {
    "D": "A record which is linked to PAF",
    "L": "A record which is identified as postal based on Local Authority information",
    "C": "A record which is postal and has a parent record which is linked to PAF",
    "N": "Not a postal address",
}
COUNTRIES = {
    "E": "This record is within England",
    "W": "This record is within Wales",
    "S": "This record is within Scotland",
    "N": "This record is within Northern Ireland",
}
STREET_STATES = {
    1: "Under construction",
    2: "Open",
    4: "Permanently closed",
    5: "Street for addressing purposes",
}
CLOSED = 4  # the state of a street that is closed for good
STREET_CLASSIFICATIONS = {
    4: "Pedestrian way or footpath",
    6: "Cycletrack or cycleway",
    8: "All vehicles",
    9: "Restricted byway",
    10: "Bridleway",
}
LANGUAGES = {"ENG": "EN", "CYM": "CY", "GAE": "GA"}
UNKNOWN_STATE = "Unknown/Not applicable"


def country_of(gss: str) -> str | None:
    """Return E, W, S or N from the first letter of an ONS GSS code."""
    return gss[0] if gss[:1] in COUNTRIES else None
