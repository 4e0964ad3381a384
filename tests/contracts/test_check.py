"""The command: what it says of drift and of breaks, and how a release moves on."""

import json

import pytest

from dev.contracts import __main__ as command
from dev.contracts import check, files, generate, release
from dev.contracts.breaking.folders import compare
from tests.contracts.permits import FILE, LIST, contracts


def texts(documents):
    return {path: files.text(document) for path, document in documents.items()}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A repository whose code says what the permits contracts say; its contracts written and released."""
    said = contracts()
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    monkeypatch.setattr(files, "RELEASED", tmp_path / "released")
    monkeypatch.setattr(release, "_RECORD", tmp_path / "released" / "RELEASE.json")
    monkeypatch.setattr(files.read, "__defaults__", (tmp_path,))
    monkeypatch.setattr(files.write, "__defaults__", (tmp_path,))
    monkeypatch.setattr(generate, "texts", lambda: texts(said))
    return said


def run(monkeypatch, *words):
    monkeypatch.setattr("sys.argv", ["contracts", *words])
    return command.main()


def test_a_clean_repository_passes(folder, monkeypatch, capsys):
    assert run(monkeypatch, "generate") == 0
    assert run(monkeypatch, "release") == 0
    assert run(monkeypatch, "check") == 0
    assert "break nothing of release 1" in capsys.readouterr().out


def test_without_a_release_the_check_fails_and_says_what_to_do(folder, monkeypatch, capsys):
    run(monkeypatch, "generate")
    assert run(monkeypatch, "check") == 1
    assert "python -m dev.contracts release" in capsys.readouterr().out


def test_drift_is_shown_as_a_diff_with_the_way_out(folder, monkeypatch, capsys):
    run(monkeypatch, "generate")
    run(monkeypatch, "release")
    folder[FILE]["info"]["title"] = "Parking permits"
    assert run(monkeypatch, "check") == 1
    said = capsys.readouterr().out
    assert '-    "title": "Permits",' in said
    assert '+    "title": "Parking permits",' in said
    assert "Way out: make contracts" in said


def test_a_contract_nobody_makes_any_more_is_removed(folder, monkeypatch):
    run(monkeypatch, "generate")
    del folder[FILE]
    assert run(monkeypatch, "generate") == 0
    assert FILE not in files.read()


def test_a_break_names_the_file_the_operation_the_place_and_the_way_out(folder, monkeypatch, capsys):
    run(monkeypatch, "generate")
    run(monkeypatch, "release")
    folder[FILE]["components"]["schemas"]["NewPermit"]["required"].append("email")
    run(monkeypatch, "generate")
    capsys.readouterr()
    assert run(monkeypatch, "check") == 1
    said = capsys.readouterr().out
    assert f"contracts/{FILE} POST {LIST} body application/json email" in said
    assert "field-made-required" in said
    assert "way out: keep the field optional" in said


def test_the_same_break_in_many_places_is_told_once():
    changed = contracts()
    del changed[FILE]["components"]["schemas"]["Problem"]["properties"]["code"]
    changed[FILE]["components"]["schemas"]["Problem"]["required"].remove("code")
    findings = compare(contracts(), changed)
    assert len(findings) > 2
    (told,) = check.told(findings)
    assert f"and in {len(findings) - 1} more places" in told


def test_a_release_is_refused_when_it_breaks_unless_it_says_why(folder, monkeypatch, capsys):
    run(monkeypatch, "generate")
    run(monkeypatch, "release")
    del folder[FILE]["paths"][LIST]
    run(monkeypatch, "generate")
    assert run(monkeypatch, "release") == 1
    assert release.last().number == 1
    assert run(monkeypatch, "release", "--breaking", "nobody has used it yet") == 0
    record = json.loads((files.RELEASED / "RELEASE.json").read_text())
    assert record["number"] == 2
    assert record["reason"] == "nobody has used it yet"
    assert {one["rule"] for one in record["broken"]} == {"operation-removed"}
    assert run(monkeypatch, "check") == 0


def test_a_release_is_refused_while_the_contracts_drift(folder, monkeypatch):
    run(monkeypatch, "generate")
    folder[FILE]["info"]["version"] = "2.0.0"
    assert run(monkeypatch, "release") == 1
    assert release.last().number == 0


def test_a_released_contract_edited_by_hand_is_noticed(folder, monkeypatch, capsys):
    run(monkeypatch, "generate")
    run(monkeypatch, "release")
    (files.RELEASED / FILE).write_text("{}")
    assert run(monkeypatch, "check") == 1
    assert "contracts/released is not what was released" in capsys.readouterr().out


def test_the_last_release_of_this_repository_is_whole_and_not_broken(documents):
    base = release.last()
    assert base.number > 0, "way out: python -m dev.contracts release"
    assert base.edited == ()
    assert check.told(compare(base.documents(), documents)) == []
