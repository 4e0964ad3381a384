"""The tree itself: sizes, leftovers, and services that stand alone."""

import ast
import re
import subprocess
import sys
import sysconfig
from itertools import chain
from pathlib import Path

import pytest

from chassis.testing import SEALING_KEY
from tests.guards.sources import ROOT, production, tracked

SERVICES = ("address", "payments", "casework", "mapping", "identity")
MODULES = {"actions", "consumers", "events", "routes", "rules", "schemas", "store", "tables"}
BESIDE = {"app", "consumers", "events", "settings", "shared", "migrations"}
# Files that Python does not read: pages, messages, catalogues, scripts, code lists, grids, case types.
RESOURCES = {"pages", "emails", "sms", "locale", "static", "codelists", "grids", "library"}
ADAPTERS = "processors/actions"  # a folder for each processor: a new one needs no change elsewhere
MOST_MODULES = 8  # in a package inside a domain; shared/ may have more, since it is flat
MOST_FILES = 25  # of a service that is not divided


def functions():
    for path in production():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def ninth_tenth(sizes):
    return sorted(sizes)[int(len(sizes) * 0.9)]


def test_files_are_small():
    sizes = {path: len(path.read_text().splitlines()) for path in production()}
    assert [str(path) for path, size in sizes.items() if size > 400] == []
    assert ninth_tenth(list(sizes.values())) <= 200


def test_functions_are_short():
    sizes = dict(functions())
    assert {name: size for name, size in sizes.items() if size > 50} == {}
    assert ninth_tenth(list(sizes.values())) <= 25


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_ten_modules_or_domains_of_them(name):
    folder = ROOT / "services" / name / "src" / name
    assert find_misplaced(folder) == []
    for beside in ("README.md", "pyproject.toml", "Dockerfile", "tests"):
        assert (folder.parents[1] / beside).exists()


def test_an_app_of_residents_is_domains_of_ten_modules():
    folder = ROOT / "apps" / "resident" / "src" / "resident"
    assert find_misplaced(folder) == []
    folders = {path.parent.name for path in tracked("apps/resident/tests/*/test_*.py")}
    assert folders <= {path.name for path in folder.iterdir() if is_domain(path)} | {"shared"}


def find_misplaced(service):
    """List what does not belong where it stands in a service, divided or not."""
    domains = [path for path in service.iterdir() if is_domain(path)]
    if domains:
        strays = names_in(service) - BESIDE - {path.name for path in domains}
        faults = [f"{name} beside the domains" for name in strays]
        return faults + [fault for domain in domains for fault in find_misplaced_in_domain(domain)]
    faults = [f"{name} in a service that is not divided" for name in names_in(service) - MODULES - BESIDE]
    if len(modules_in(service)) > MOST_FILES:
        faults.append(f"{service.name} has more than {MOST_FILES} files: divide it into domains")
    return faults


def find_misplaced_in_domain(domain):
    faults = [f"{domain.name}/{name}" for name in names_in(domain) - MODULES]
    for package in (path for path in domain.iterdir() if path.stem in MODULES and path.is_dir()):
        folders = [path for path in package.iterdir() if is_package(path)]
        adapters = folders if f"{domain.name}/{package.name}" == ADAPTERS else []
        faults += [
            f"{part.relative_to(domain.parent)} has more than {MOST_MODULES} modules"
            for part, apart in ((package, adapters), *((adapter, ()) for adapter in adapters))
            if len(modules_in(part, apart)) > MOST_MODULES
        ]
        faults += [f"{path} is a folder in a package" for path in folders if path not in adapters]
    return faults


def is_package(path):
    return (path / "__init__.py").exists()


def is_domain(path):
    return is_package(path) and path.name not in MODULES | BESIDE


def names_in(folder):
    names = {path.stem for path in folder.iterdir() if path.suffix == ".py" or is_package(path)}
    names |= {path.name for path in folder.iterdir() if path.is_dir() and not is_package(path)}
    return names - {"__init__", "__pycache__"} - RESOURCES


def modules_in(package, apart=()):
    return [
        path
        for path in package.rglob("*.py")
        if path.name != "__init__.py"
        and "versions" not in path.parts
        and not any(path.is_relative_to(folder) for folder in apart)
    ]


@pytest.mark.parametrize(
    "planted",
    [
        ["grants/store.py", "helpers.py"],
        ["grants/store.py", "grants/utils.py"],
        ["grants/store.py", "grants/deep/__init__.py"],
        ["grants/store/__init__.py", *(f"grants/store/part_{n}.py" for n in range(9))],
        ["grants/store/__init__.py", "grants/store/deep/__init__.py"],
        [
            "processors/actions/__init__.py",
            *(f"processors/actions/one/m_{n}.py" for n in range(9)),
            "processors/actions/one/__init__.py",
        ],
        ["routes/__init__.py", *(f"routes/part_{n}.py" for n in range(26))],
        ["routes.py", "helpers.py"],
    ],
)
def test_a_misplaced_module_is_found(tmp_path, planted):
    service = tmp_path / "casework"
    for name in planted:
        path = service / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    if (service / "grants").exists():
        (service / "grants" / "__init__.py").touch()
    assert find_misplaced(service)


@pytest.mark.parametrize("name", SERVICES)
def test_tests_lie_under_the_names_of_domains(name):
    folder = ROOT / "services" / name
    domains = {path.name for path in (folder / "src" / name).iterdir() if is_domain(path)}
    folders = {path.parent.name for path in tracked(f"services/{name}/tests/*/test_*.py")}
    assert folders <= domains | {"shared"} if domains else not folders


LEFTOVERS = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b|pytest\.mark\.skip\(")


def test_no_leftovers():
    leftovers = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked("*.py", "*.md", "Makefile", "*.toml")
        if path != Path(__file__)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if LEFTOVERS.search(line)
    ]
    assert leftovers == []


def test_the_lock_names_no_index():
    lock = (ROOT / "requirements.lock").read_text()
    assert "--hash=sha256:" in lock
    assert not re.search(r"https?://|--index-url|--extra-index-url|--find-links|file:", lock)


def test_readmes_are_short_enough_to_be_read():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 160
    for path in tracked("docs/decisions/*.md"):
        assert len(path.read_text().splitlines()) <= 60, path


ALONE = """
import sys
sys.path[:0] = {paths!r}
from {name}.app import create
document = create().openapi()
foreign = {{m.partition(".")[0] for m in sys.modules}} & ({services!r} - {{"{name}"}})
assert not foreign, foreign
print(len(document["paths"]))
"""


@pytest.mark.parametrize("name", SERVICES)
def test_a_services_wheel_and_the_chassis_wheel_are_enough(name, tmp_path):
    """Without site processing no editable install is seen: two wheels and third parties' packages."""
    sources = [str(ROOT / "chassis"), str(ROOT / "services" / name)]
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-deps"]
    build = ["--no-build-isolation", "--python", sys.executable, "--target", str(tmp_path)]
    subprocess.run([*install, *build, *sources], check=True, capture_output=True)
    script = ALONE.format(
        name=name, paths=[str(tmp_path), sysconfig.get_path("purelib")], services=set(SERVICES)
    )
    environment = {
        f"{name.upper()}_DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
        "IDENTITY_MASTER_KEY": "Z3VhcmRzLW9ubHktbWFzdGVyLWtleS0zMi1ieXRlcyE",
        f"{name.upper()}_SEALING_KEY": SEALING_KEY,
        "CASEWORK_BLOBS": "file:///nowhere",
        "CASEWORK_SCANNER": "test:",
        "MAPPING_BLOBS": "file:///nowhere",
        "MAPPING_SCANNER": "test:",
    }
    completed = subprocess.run(
        [sys.executable, "-S", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr[-2000:]
    assert int(completed.stdout) > 0
    migrations = list(chain(tmp_path.glob(f"{name}/migrations/versions/*.py")))
    assert migrations, "the wheel must carry its migrations"


def test_each_decision_has_a_number_of_its_own():
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [int(record.name.partition("-")[0]) for record in records]
    assert len(set(numbers)) == len(numbers)
    for number, record in zip(numbers, records, strict=True):
        assert record.read_text().startswith(f"# {number}. "), record.name
