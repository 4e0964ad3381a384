"""Lines of a bank statement as tests name them."""

from dataclasses import dataclass, field

from payments.shared.days import today


@dataclass(frozen=True)
class Line:
    amount: int
    text: str = ""
    reference: str = ""
    name: str = "SMITH J"
    day: str = field(default_factory=lambda: today().isoformat())
