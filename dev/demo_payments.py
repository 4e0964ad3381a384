"""What people paid to each demonstration council yesterday. All names and references are invented."""

from typing import Any

_RETURN = "https://example.com/paid"


def _payment(description: str, **members: Any) -> dict[str, Any]:
    lines = members["lines"]
    amount = sum(line["amount"] for line in lines)
    reference = lines[0]["reference"]
    common = {"amount": amount, "reference": reference, "description": description, "return_url": _RETURN}
    return {**common, **members}


_VISA, _DEBIT, _MASTERCARD = "4242424242424242", "4000056655665556", "5101180000000007"
PAYMENTS: list[tuple[dict[str, Any], str]] = [
    (_payment("Council tax", lines=[{"fund": "23", "reference": "800123459", "amount": 14_250}]), _DEBIT),
    (_payment("Garden waste", lines=[{"fund": "GW", "reference": "GW-2041", "amount": 5_500}]), _VISA),
    (
        _payment(
            "Council tax and garden waste",
            lines=[
                {"fund": "23", "reference": "800123459", "amount": 9_900},
                {"fund": "GW", "reference": "GW-2042", "amount": 5_500},
            ],
        ),
        _VISA,
    ),
    (_payment("Rent", lines=[{"fund": "5", "reference": "00123456782", "amount": 10_412}]), _DEBIT),
    (_payment("Market stall", lines=[{"fund": "52", "reference": "Stall 14", "amount": 3_600}]), _VISA),
    (_payment("Building control", lines=[{"fund": "31", "reference": "24/00417", "amount": 28_800}]), _VISA),
]
"""Each with its card, one of the sandbox's."""
PAYER = {
    "expiryMonth": "11",
    "expiryYear": "40",
    "cardholderName": "Jo Example",
    "cvc": "123",
    "addressLine1": "1 High Street",
    "addressCity": "Citytown",
    "addressPostcode": "BA1 1LJ",
    "addressCountry": "GB",
    "email": "jo@example.org",
}
TRANSFER = (7_500, "00123456782", "EXAMPLE J RENT")
"""Pence, reference and text of what somebody paid by bank transfer."""
