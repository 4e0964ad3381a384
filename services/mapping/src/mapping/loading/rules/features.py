"""Make features of a file's rows, by a layer's schema; say of each row that is none, why. Pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mapping.collections.rules.feature_ids import write_id
from mapping.collections.rules.layers import Layer, Property
from mapping.files.rules.reports import FileReport, FileRow
from mapping.loading.rules.fields import convert, make_properties, match_fields

_LONGEST_FID = 200  # characters


@dataclass(frozen=True, slots=True)
class StagedRow:
    """A row that may become a feature. ``problem``: code and sentence, why it does not."""

    row: int
    fid: str
    wkb: bytes | None
    properties: Mapping[str, Any]
    problem: tuple[str, str] | None = None


@dataclass(slots=True)
class RowReader:
    """Reads a file's rows one after another: a key that comes twice is refused the second time.

    ``properties`` are the layer's, or if it has none yet, those of the file.
    """

    key: str
    properties: Sequence[Property]
    fields: Mapping[str, str]
    left_out: Sequence[str]
    _seen: dict[str, int] = field(default_factory=dict)

    def read(self, row: FileRow) -> StagedRow:
        """Read a row."""
        values, problem = self._convert(row)
        problem = row.problem or problem
        fid = "" if problem else self._name(row, values)
        if not problem and (not fid or len(fid) > _LONGEST_FID):
            detail = f"Its {self.key} is empty, or has over {_LONGEST_FID} characters."
            problem = ("no-key", detail)
        if not problem and (first := self._seen.setdefault(fid, row.row)) != row.row:
            problem = ("repeated-key", f"Row {first} has the same {self.key or 'content'}, {fid}.")
        if problem:
            return StagedRow(row.row, fid or row.fid or "", None, row.properties, problem)
        return StagedRow(row.row, fid, row.wkb, values)

    def _convert(self, row: FileRow) -> tuple[dict[str, Any], tuple[str, str] | None]:
        values: dict[str, Any] = {}
        for each in self.properties:
            try:
                values[each.name] = convert(row.properties.get(self.fields.get(each.name, "")), each)
            except (ValueError, OverflowError) as error:
                return {}, ("wrong-value", f"{each.title}: {error}.")
            if each.required and values[each.name] is None:
                return {}, ("missing-value", f"{each.title} is empty, and every feature must have it.")
        return {name: value for name, value in values.items() if value is not None}, None

    def _name(self, row: FileRow, values: Mapping[str, Any]) -> str:
        """Name a feature by the layer's key, the file's own id, or else by all that it is.

        By content the same row has the same id in the next file, wherever it stands there.
        """
        if self.key:
            value = values.get(self.key, row.properties.get(self.fields.get(self.key, self.key)))
            return "" if value is None else write_id(str(value).strip())
        if row.fid is not None:
            return write_id(row.fid)
        content = json.dumps(values, sort_keys=True, ensure_ascii=False).encode()
        return hashlib.sha256((row.wkb or b"") + content).hexdigest()[:16]


def make_reader(layer: Layer, report: FileReport, chosen: Mapping[str, str] | None = None) -> RowReader:
    """Make a reader of a file for a layer."""
    names = [each["name"] for each in report.fields]
    properties = layer.properties or make_properties(report.fields)
    searched = (*properties, Property(layer.key_property, "Key")) if layer.key_property else properties
    fields = match_fields(names, searched, chosen)
    if not layer.properties:
        fields = {each.name: name for each, name in zip(properties, names, strict=False)} | fields
    left_out = [name for name in names if name not in fields.values()]
    return RowReader(layer.key_property, properties, fields, left_out)
