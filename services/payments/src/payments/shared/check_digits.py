"""Check digits of references, as data: each kind with its parameters.

Letters count nothing in any of them, except as a check digit themselves (``A``, ``X``).
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from payments.shared.card_numbers import is_luhn

MAX_LENGTH = 40  # of a reference with weights
_ELEVEN, _NINETY_SEVEN = 11, 97
Character = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]$", min_length=1, max_length=1)]


class _Kind(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WeightedSum(_Kind):
    """A weighted sum of all places, as most systems of councils have it."""

    kind: Literal["weighted_sum"]
    weights: Annotated[list[Annotated[int, Field(ge=0, le=99)]], Field(min_length=2, max_length=MAX_LENGTH)]
    modulus: int = Field(ge=2, le=_NINETY_SEVEN)
    source: Annotated[str, StringConstraints(pattern=r"^[0-9]*$", max_length=MAX_LENGTH)] = Field(
        default="", description="Digits that stand for the first characters, such as 05 for BJ"
    )
    subtract: bool = Field(default=False, description="The check digit is the modulus less the remainder")
    result: Annotated[
        dict[Annotated[int, Field(ge=0, le=_NINETY_SEVEN)], Character], Field(max_length=_NINETY_SEVEN + 1)
    ] = Field(default={}, description="Check digits by what was computed, such as A for 10")

    @model_validator(mode="after")
    def _leaves_its_place(self) -> "WeightedSum":
        if self.weights[-1] != 0:
            raise ValueError("the last weight, that of the check digit, must be 0")
        if len(self.source) >= len(self.weights):
            raise ValueError("source must leave room for the check digit")
        return self

    def compute(self, body: str) -> str | None:
        """Compute the check digit of a reference without it."""
        if len(body) + 1 != len(self.weights):
            return None
        replaced = self.source + body[len(self.source) :]
        pairs = zip(replaced, self.weights[:-1], strict=True)
        remainder = sum(int(digit) * weight for digit, weight in pairs if digit.isdigit()) % self.modulus
        outcome = self.modulus - remainder if self.subtract else remainder
        check = self.result.get(outcome, str(outcome))
        return check if len(check) == 1 else None


class Luhn(_Kind):
    """Luhn's, modulus 10."""

    kind: Literal["luhn"]

    def compute(self, body: str) -> str | None:
        """Compute the check digit of a reference without it."""
        digits = _digits_of(body)
        return next((check for check in "0123456789" if is_luhn(digits + check)), None) if digits else None


class Mod11(_Kind):
    """Modulus 11 with the weights 2 to 7, repeating from the right."""

    kind: Literal["mod11"]
    ten: Literal["X"] | None = Field(
        default=None, description="The check digit for 10; null: there are no such references"
    )

    def compute(self, body: str) -> str | None:
        """Compute the check digit of a reference without it."""
        digits = _digits_of(body)
        total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(digits)))
        outcome = (_ELEVEN - total % _ELEVEN) % _ELEVEN
        if not digits:
            return None
        return self.ten if outcome == _ELEVEN - 1 else str(outcome)


class Mod97(_Kind):
    """ISO 7064 MOD 97-10: two digits. It finds every single wrong digit and every transposition."""

    kind: Literal["mod97"]

    def compute(self, body: str) -> str | None:
        """Compute the two check digits of a reference without them."""
        digits = _digits_of(body)
        return f"{98 - 100 * int(digits) % _NINETY_SEVEN:02}" if digits else None


CheckDigit = Annotated[WeightedSum | Luhn | Mod11 | Mod97, Field(discriminator="kind")]


def is_right(check: CheckDigit, reference: str) -> bool:
    """Check the last character of a reference, or its last two."""
    length = 2 if isinstance(check, Mod97) else 1
    return check.compute(reference[:-length]) == reference[-length:]


def _digits_of(text: str) -> str:
    return "".join(character for character in text if character in "0123456789")
