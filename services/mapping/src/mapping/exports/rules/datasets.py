"""The data sets of planning.data.gov.uk and the layers that they are made of.

Columns, their order and their rules are those of digital-land/specification 5e802e8 (14 August 2026,
candidate standards for conservation areas and for tree preservation orders).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set: the council's layer that it comes from, its columns in their order, and their rules.

    ``properties``: the layer's property of a column that has another name than it. ``parent``: the data
    set whose references a column names. ``start``: the property that its start-date is taken from.
    """

    name: str
    layer: str
    columns: Sequence[str]
    properties: Mapping[str, str] = field(default_factory=dict)
    categories: Mapping[str, frozenset[str]] = field(default_factory=dict)
    required: frozenset[str] = frozenset({"reference", "name"})
    parents: Mapping[str, str] = field(default_factory=dict)
    start: str = ""

    @property
    def has_place(self) -> bool:
        """Check whether it has columns of places."""
        return "geometry" in self.columns

    def find_property(self, column: str) -> str:
        """Find the layer's property of a column: the same name with underscores, where no other is said."""
        return self.properties.get(column, column.replace("-", "_"))


def _columns(names: str) -> tuple[str, ...]:
    return tuple(names.split())


DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            "conservation-area",
            "conservation-areas",
            _columns(
                "reference name designation-date document-url documentation-url geometry point notes "
                "organisation entry-date start-date end-date"
            ),
            required=frozenset({"reference", "name", "geometry"}),
            start="designation_date",
        ),
        Dataset(
            "conservation-area-document",
            "conservation-area-documents",
            _columns(
                "reference conservation-area name documentation-url document-url document-type notes "
                "organisation entry-date start-date end-date"
            ),
            categories={"document-type": frozenset({"area-appraisal", "notice"})},
            required=frozenset({"reference", "name", "conservation-area"}),
            parents={"conservation-area": "conservation-area"},
        ),
        Dataset(
            "tree-preservation-order",
            "tree-preservation-orders",
            _columns(
                "reference name documentation-url document-url made-date confirmed-date notes organisation "
                "entry-date start-date end-date"
            ),
            start="made_date",
        ),
        Dataset(
            "tree-preservation-zone",
            "tree-preservation-zones",
            _columns(
                "reference name tree-preservation-order tree-preservation-zone-type geometry point "
                "notes organisation entry-date start-date end-date"
            ),
            properties={"tree-preservation-order": "order", "tree-preservation-zone-type": "kind"},
            categories={"tree-preservation-zone-type": frozenset({"area", "group", "woodland"})},
            required=frozenset({"reference", "tree-preservation-order", "geometry"}),
            parents={"tree-preservation-order": "tree-preservation-order"},
        ),
        Dataset(
            "tree",
            "protected-trees",
            _columns(
                "reference name tree-preservation-order uprn address-text point geometry notes "
                "organisation felled-date entry-date start-date end-date"
            ),
            properties={"tree-preservation-order": "order"},
            required=frozenset({"reference", "tree-preservation-order"}),
            parents={"tree-preservation-order": "tree-preservation-order"},
        ),
    )
}
