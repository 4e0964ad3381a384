"""What a checked filter is made of. Every property is known and every comparison is of like with like."""

from dataclasses import dataclass
from enum import StrEnum

from shapely import Geometry


class FilterError(ValueError):
    """A filter that cannot be used. ``str(error)`` says what is wrong and what to do, for the caller."""


class TooCostlyError(FilterError):
    """A filter that is right and would take too long over this layer."""


class Kind(StrEnum):
    """The type of a value in a comparison."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    GEOMETRY = "geometry"


@dataclass(frozen=True, slots=True)
class Property:
    """A property of the layer."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Literal:
    """A value in the filter. Dates and timestamps are microseconds since 1970, UTC."""

    value: str | float | bool | int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Folded:
    """``CASEI(...)``: text compared without regard to case."""

    of: Property | Literal

    @property
    def kind(self) -> Kind:
        """Return what its value is: text."""
        return Kind.STRING


Operand = Property | Literal | Folded


@dataclass(frozen=True, slots=True)
class Interval:
    """A time with a start and an end, both inside; None is without bound. An instant has the same two."""

    start: Property | Literal | None
    end: Property | Literal | None


@dataclass(frozen=True, slots=True)
class Constant:
    """``TRUE`` or ``FALSE``."""

    value: bool


@dataclass(frozen=True, slots=True)
class Flag:
    """A boolean property that stands alone."""

    of: Property


@dataclass(frozen=True, slots=True)
class Compare:
    """``left op right``; op is one of = <> < > <= >=."""

    op: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Like:
    """``value LIKE pattern``: % is any text, _ one character, a backslash takes the next one as it is."""

    value: Operand
    pattern: str


@dataclass(frozen=True, slots=True)
class IsNull:
    """``property IS NULL``."""

    of: Property


@dataclass(frozen=True, slots=True)
class Spatial:
    """``op(geometry, literal)``: op is Shapely's name of the predicate, read from the feature's side."""

    op: str
    geometry: Geometry


@dataclass(frozen=True, slots=True)
class Temporal:
    """``op(left, right)``, op in small letters without ``t_``."""

    op: str
    left: Interval
    right: Interval


@dataclass(frozen=True, slots=True)
class Not:
    """``NOT of``."""

    of: "Expression"


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    items: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them."""

    items: tuple["Expression", ...]


Expression = Constant | Flag | Compare | Like | IsNull | Spatial | Temporal | Not | And | Or
