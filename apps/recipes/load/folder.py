"""Where files of recipes stand, and the lock that pins a council to a release."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from apps.recipes.load.faults import Fault, RecipeError
from apps.recipes.load.yaml_source import Source, read_source

UK = "uk"
LOCK = "lock"
_LOCK_HEADER = (
    "# Written by `make recipe-upgrade`: the release each service follows, and the hash of its files.\n"
)


@dataclass(frozen=True, slots=True)
class Pin:
    """The release that a council's service follows, and the SHA-256 of its files."""

    version: str
    hash: str


@dataclass(frozen=True, slots=True)
class Parent:
    """A recipe with its Welsh: the texts and where they stand."""

    file: str
    text: str
    welsh_file: str
    welsh: str

    @property
    def hash(self) -> str:
        """SHA-256 of both texts, as a lock has it."""
        return sha256(f"{self.text}\0{self.welsh}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class RecipeFolder:
    """A folder of recipes: ``uk/``, ``uk/released/`` and a folder a council."""

    root: Path

    def list_services(self, council: str = UK) -> list[str]:
        """List the services of a council, or those of ``uk``."""
        files = (self.root / council).glob("*.yaml")
        return sorted(path.name.removesuffix(".yaml") for path in files if path.name.count(".") == 1)

    def list_councils(self) -> list[str]:
        """List the councils that have a folder."""
        return sorted(path.name for path in self.root.iterdir() if path.is_dir() and path.name != UK)

    def list_releases(self, service: str) -> list[str]:
        """List the released versions of a service, the earliest first."""
        files = (self.root / UK / "released").glob(f"{service}@*.yaml")
        versions = (path.name.partition("@")[2].removesuffix(".yaml") for path in files)
        return sorted((version for version in versions if not version.endswith(".cy")), key=order_version)

    def read_parent(self, service: str, version: str = "") -> Parent:
        """Read a recipe as it is worked on, or a release of it."""
        stem = f"released/{service}@{version}" if version else service
        files = [self.root / UK / f"{stem}{ending}" for ending in (".yaml", ".cy.yaml")]
        text, welsh = (path.read_text() if path.exists() else "" for path in files)
        if not text:
            raise RecipeError([Fault(self._name(files[0]), 1, 1, "(file)", "there is no such recipe.")])
        return Parent(self._name(files[0]), text, self._name(files[1]), welsh)

    def read_child(self, council: str, service: str) -> tuple[str, str]:
        """Read a council's differences: the file's name and text."""
        path = self.root / council / f"{service}.yaml"
        return self._name(path), path.read_text()

    def read_scenarios(self, owner: str, service: str) -> tuple[str, str]:
        """Read scenarios of ``uk`` or of a council; empty if there are none."""
        path = self.root / owner / f"{service}.test.yaml"
        return self._name(path), path.read_text() if path.exists() else ""

    def read_lock(self, council: str) -> dict[str, Pin]:
        """Read which releases a council follows. Raises RecipeError."""
        path = self.root / council / LOCK
        if not path.exists():
            return {}
        content = read_source(self._name(path), path.read_text(), wide=True).content
        return {service: Pin(str(pin["version"]), str(pin["hash"])) for service, pin in content.items()}

    def write_lock(self, council: str, pins: dict[str, Pin]) -> None:
        """Write which releases a council follows."""
        lines = (
            f'{name}: {{version: "{pin.version}", hash: "{pin.hash}"}}\n'
            for name, pin in sorted(pins.items())
        )
        (self.root / council / LOCK).write_text(_LOCK_HEADER + "".join(lines))

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self.root))


def order_version(version: str) -> tuple[int, int]:
    """Return what versions are ordered by: major and minor as numbers."""
    major, _, minor = version.partition(".")
    return int(major), int(minor or 0)


@cache
def read_shared(file: str, text: str, wide: bool) -> Source:  # noqa: FBT001 a key of the cache
    """Read a file that many councils share, such as a release, once a process."""
    return read_source(file, text, wide=wide)
