"""The tree itself: sizes, leftovers, and services that stand alone."""

import ast
import re
import subprocess
import sys
import sysconfig
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("address", "payments", "casework", "mapping", "identity")
MODULES = {
    "actions",
    "app",
    "consumers",
    "events",
    "routes",
    "rules",
    "schemas",
    "settings",
    "store",
    "tables",
}
# A service with pages for people has folders of them, which hold no Python.
PAGES = {"pages", "locale", "static", "letters"}
# Beyond the ten a service has a module only where the field has a word of its own for it.
OWN_WORDS = {"address": {"matching"}}


def tracked(*patterns):
    listed = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def production():
    return [path for path in tracked("*.py") if "tests" not in path.parts and path.name != "conftest.py"]


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
def test_a_service_is_the_same_ten_modules(name):
    here = ROOT / "services" / name / "src" / name
    found = {path.stem for path in here.iterdir() if path.stem not in {"__init__", "py", "__pycache__"}}
    assert found - {"migrations", "codelists", "grids", *PAGES} - OWN_WORDS.get(name, set()) == MODULES
    for beside in ("README.md", "pyproject.toml", "Dockerfile", "tests"):
        assert (here.parents[1] / beside).exists()


LEFTOVERS = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b|pytest\.mark\.skip\(")


def test_no_leftovers():
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked("*.py", "*.md", "Makefile", "*.toml")
        if path != Path(__file__)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if LEFTOVERS.search(line)
    ]
    assert found == []


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
    }
    done = subprocess.run(
        [sys.executable, "-S", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 0
    migrations = list(chain(tmp_path.glob(f"{name}/migrations/versions/*.py")))
    assert migrations, "the wheel must carry its migrations"
