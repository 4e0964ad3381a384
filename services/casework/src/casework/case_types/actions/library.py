"""The case types that ship with casework, and those somebody writes: files beside one another."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from casework.language.rules.compilation import compile_case_type
from casework.model.rules.case_type import CaseType

_LIBRARY: Traversable = files("casework.case_types") / "library"


class UnknownCaseTypeError(Exception):
    """There is no such case type, or it has no such file."""


@dataclass(frozen=True, slots=True)
class TypeFiles:
    """The files of one case type: the type, its Welsh and its scenarios, by their names."""

    folder: Traversable
    code: str

    def find(self, ending: str) -> str | None:
        """Read the file with an ending; None if there is none."""
        file = self.folder / f"{self.code}{ending}"
        return file.read_text(encoding="utf-8") if file.is_file() else None

    def compile(self) -> CaseType:
        """Compile the type. Raises UnknownCaseTypeError, and CaseTypeError for one with faults."""
        text = self.find(".yaml")
        if text is None:
            raise UnknownCaseTypeError(f"There is no case type {self.code}.")
        welsh_file = f"{self.code}.cy.yaml"
        return compile_case_type(f"{self.code}.yaml", text, self.find(".cy.yaml"), welsh_file)


def list_codes() -> list[str]:
    """List the codes of the types that ship."""
    names = (entry.name for entry in _LIBRARY.iterdir())
    endings = (".cy.yaml", ".test.yaml")
    return sorted(
        name.removesuffix(".yaml") for name in names if name.endswith(".yaml") and not name.endswith(endings)
    )


def find_files(name: str) -> TypeFiles:
    """Find the files of a type that ships, by its code, or of one on disk, by the path of its YAML."""
    if name.endswith(".yaml"):
        path = Path(name)
        return TypeFiles(path.parent, path.name.removesuffix(".yaml"))
    if name not in list_codes():
        raise UnknownCaseTypeError(f"There is no case type {name}; there are {', '.join(list_codes())}.")
    return TypeFiles(_LIBRARY, name)


@cache
def load(code: str) -> CaseType:
    """Load a case type that ships, compiled once. Raises UnknownCaseTypeError."""
    return find_files(code).compile()
