"""Figures as they are printed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured number. ``goal`` is the least it should be; ``most`` the most."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    most: float | None = None

    @property
    def short(self) -> bool:
        """Whether it falls short of what it should be."""
        return (self.goal is not None and self.value < self.goal) or (
            self.most is not None and self.value > self.most
        )

    def __str__(self) -> str:
        value = f"{self.value:,.2f}" if self.value < 100 else f"{self.value:,.0f}"
        wanted = f"goal >= {self.goal:g}" if self.goal is not None else ""
        wanted = f"goal <= {self.most:g}" if self.most is not None else wanted
        verdict = "FALLS SHORT" if self.short else ""
        return f"{self.name:<58}{value:>12} {self.unit:<16}{wanted:<16}{verdict}".rstrip()
