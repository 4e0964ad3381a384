"""A merged recipe with where each part stands: in the council's file, or in the recipe."""

from dataclasses import dataclass
from typing import Any

from apps.recipes.load.faults import Fault, Path
from apps.recipes.load.yaml_source import Source


@dataclass(frozen=True, slots=True)
class MergedSource:
    """The content after merging. ``child`` is None for a recipe by itself."""

    content: dict[str, Any]
    parent: Source
    child: Source | None = None

    def make_fault(self, path: Path, reason: str, way_out: str = "") -> Fault:
        """Make a fault in the file that has the path, the council's first."""
        place = path
        while place:
            if self.child is not None and place in self.child.positions:
                return self.child.make_fault(path, reason, way_out)
            if place in self.parent.positions:
                break
            place = place[:-1]
        return self.parent.make_fault(path, reason, way_out)
