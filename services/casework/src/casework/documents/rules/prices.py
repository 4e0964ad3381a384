"""What a council charges, as data: the prices of a fee's lines, by day and by band, in pence."""

from typing import Annotated

from pydantic import Field as Bounded
from pydantic import model_validator

from casework.documents.rules.values import Day, Document, Id, WordsDocument

Pence = Annotated[int, Bounded(ge=0, le=10**8)]
_MOST_NUMBER = 10**6
NO_BANDS: list["BandDocument"] = []


class BandDocument(Document):
    """What one costs from a number on."""

    least: Annotated[int, Bounded(alias="from", ge=0, le=_MOST_NUMBER)]
    pence: Pence


class TariffDocument(Document):
    """What one costs from a day on: one sum, or bands of the number that the line goes by."""

    starts: Annotated[
        Day | None, Bounded(alias="from", description="The first day; without it from ever on.")
    ] = None
    pence: Pence | None = None
    bands: Annotated[list[BandDocument], Bounded(max_length=20, description="Ascending.")] = NO_BANDS
    unknown: Annotated[Pence | None, Bounded(description="Where the number is not known.")] = None

    @model_validator(mode="after")
    def _is_whole(self) -> "TariffDocument":
        if (self.pence is None) == (not self.bands):
            raise ValueError("a tariff has exactly one of: pence, bands")
        if (self.unknown is None) != (not self.bands):
            raise ValueError("bands have a price for `unknown`, and nothing else has")
        numbers = [band.least for band in self.bands]
        if numbers != sorted(set(numbers)):
            raise ValueError("bands ascend, each from another number")
        return self


class PriceDocument(Document):
    """What a council charges for one line of the fee."""

    name: Annotated[WordsDocument | None, Bounded(description="Your words for the line.")] = None
    tariffs: Annotated[list[TariffDocument], Bounded(min_length=1, max_length=20, description="Ascending.")]

    @model_validator(mode="after")
    def _ascends(self) -> "PriceDocument":
        days = [tariff.starts or "" for tariff in self.tariffs]
        if days != sorted(set(days)):
            raise ValueError("tariffs ascend, each from another day")
        return self


Prices = Annotated[
    dict[Id, PriceDocument],
    Bounded(
        max_length=20, description="By line of the fee. With any, a line that has none of yours costs nothing"
    ),
]
