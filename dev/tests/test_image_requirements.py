import pytest

from dev import image_requirements, setup

LOCK = """\
# About this file.
framework==1.0 \\
    --hash=sha256:aa
    # via service-kit
maps==1.0 ; python_full_version < '3.12' \\
    --hash=sha256:bb
maps==2.0 ; python_full_version >= '3.12' \\
    --hash=sha256:cc
numbers==3.0 \\
    --hash=sha256:dd
    # via framework, maps
service-kit==1.0 \\
    --hash=sha256:ee
test-runner==1.0 \\
    --hash=sha256:ff
"""
PROJECT = """\
[project]
dependencies = ["Service_Kit>=1", "townhall-chassis"]
[project.optional-dependencies]
geography = ["maps[extra]>=1; sys_platform != 'win32'"]
[build-system]
requires = ["test-runner"]
"""


def select(*names):
    return image_requirements.select_entries(LOCK, names)


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "requirements.lock").write_text(LOCK)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_package_comes_with_all_its_dependencies_and_their_hashes():
    lines = [line for line in select("service-kit").splitlines() if "via" not in line]
    assert lines == [
        "framework==1.0 \\",
        "    --hash=sha256:aa",
        "numbers==3.0 \\",
        "    --hash=sha256:dd",
        "service-kit==1.0 \\",
        "    --hash=sha256:ee",
    ]


def test_a_package_with_a_version_for_each_python_comes_in_all_of_them():
    assert "maps==1.0" in select("maps")
    assert "maps==2.0" in select("maps")


def test_a_package_that_is_not_locked_is_an_error():
    with pytest.raises(LookupError, match=r"nowhere not in requirements\.lock; run `make lock`"):
        select("nowhere")


def test_requirements_are_read_without_our_own_packages(project):
    assert image_requirements.read_requirements([project]) == {"service-kit"}
    assert image_requirements.read_requirements([project], extra="geography") == {"service-kit", "maps"}
    assert image_requirements.read_requirements([project], build=True) == {"test-runner"}


def test_the_command_prints_the_entries(project, capsys):
    assert image_requirements.main(["--build", "."]) == 0
    assert capsys.readouterr().out == "test-runner==1.0 \\\n    --hash=sha256:ff\n"


def test_the_command_tells_what_is_missing(project, capsys):
    (project / "requirements.lock").write_text("")
    assert image_requirements.main(["."]) == 1
    assert "service-kit not in requirements.lock" in capsys.readouterr().err


@pytest.mark.parametrize("folder", setup.workspace(), ids=lambda folder: folder.name)
def test_the_lock_holds_what_the_image_of_each_package_needs(folder):
    lock = setup.LOCK.read_text()
    names = image_requirements.read_requirements([folder])
    selected = image_requirements.split_entries(image_requirements.select_entries(lock, names))
    assert names <= selected.keys()
    assert "pytest" not in selected
