"""Figures, as they are printed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A measured number. ``least`` and ``most``: the goal, if there is one."""

    name: str
    value: float
    unit: str
    least: float | None = None
    most: float | None = None

    @property
    def falls_short(self) -> bool:
        """Check whether the number misses its goal."""
        return (self.least is not None and self.value < self.least) or (
            self.most is not None and self.value > self.most
        )

    def __str__(self) -> str:
        value = f"{self.value:,.2f}" if self.value < 100 else f"{self.value:,.0f}"
        goal = f"goal >= {self.least:g}" if self.least is not None else ""
        goal = f"goal <= {self.most:g}" if self.most is not None else goal
        verdict = "FALLS SHORT" if self.falls_short else ""
        return f"{self.name:<58}{value:>12} {self.unit:<16}{goal:<16}{verdict}".rstrip()
