"""The command: what it says of drift and of breaks, and how a release moves on."""

import json

import pytest

from dev.contracts import __main__ as command
from dev.contracts import check, files, generator, release
from dev.contracts.compatibility.comparison import compare_contracts
from tests.contracts.compatibility.permits import OPENAPI, PERMITS, make_contracts


def format_texts(documents):
    return {path: files.format_document(document) for path, document in documents.items()}


@pytest.fixture
def generated(tmp_path, monkeypatch):
    """The contracts as the code of a repository in another folder makes them: those of the permits."""
    documents = make_contracts()
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    monkeypatch.setattr(files, "RELEASED", tmp_path / "released")
    monkeypatch.setattr(release, "_RECORD", tmp_path / "released" / "RELEASE.json")
    monkeypatch.setattr(files.read_contracts, "__defaults__", (tmp_path,))
    monkeypatch.setattr(files.write_contracts, "__defaults__", (tmp_path,))
    monkeypatch.setattr(generator, "make_texts", lambda: format_texts(documents))
    return documents


@pytest.fixture
def run(monkeypatch):
    """Run the command with these words."""

    def run_command(*words):
        monkeypatch.setattr("sys.argv", ["contracts", *words])
        return command.main()

    return run_command


@pytest.mark.usefixtures("generated")
def test_a_clean_repository_passes(run, capsys):
    assert run("generate") == 0
    assert run("release") == 0
    assert run("check") == 0
    assert "break nothing of release 1" in capsys.readouterr().out


@pytest.mark.usefixtures("generated")
def test_without_a_release_the_check_fails_and_says_what_to_do(run, capsys):
    run("generate")
    assert run("check") == 1
    assert "python -m dev.contracts release" in capsys.readouterr().out


def test_drift_is_shown_as_a_diff_with_the_way_out(generated, run, capsys):
    run("generate")
    run("release")
    generated[OPENAPI]["info"]["title"] = "Parking permits"
    assert run("check") == 1
    output = capsys.readouterr().out
    assert '-    "title": "Permits",' in output
    assert '+    "title": "Parking permits",' in output
    assert "Way out: make contracts" in output


def test_a_contract_that_is_not_made_any_more_is_removed(generated, run):
    run("generate")
    del generated[OPENAPI]
    assert run("generate") == 0
    assert OPENAPI not in files.read_contracts()


def test_a_break_names_the_file_the_operation_the_place_and_the_way_out(generated, run, capsys):
    run("generate")
    run("release")
    generated[OPENAPI]["components"]["schemas"]["NewPermit"]["required"].append("email")
    run("generate")
    capsys.readouterr()
    assert run("check") == 1
    output = capsys.readouterr().out
    assert f"contracts/{OPENAPI} POST {PERMITS} body application/json email" in output
    assert "field-made-required" in output
    assert "way out: keep the field optional" in output


def test_the_same_break_in_many_places_is_described_once():
    changed = make_contracts()
    problem = changed[OPENAPI]["components"]["schemas"]["Problem"]
    del problem["properties"]["code"]
    problem["required"].remove("code")
    findings = compare_contracts(make_contracts(), changed)
    assert len(findings) > 2
    (description,) = check.describe_findings(findings)
    assert f"and in {len(findings) - 1} more places" in description


def test_a_release_is_refused_when_it_breaks_unless_it_says_why(generated, run):
    run("generate")
    run("release")
    del generated[OPENAPI]["paths"][PERMITS]
    run("generate")
    assert run("release") == 1
    assert release.read_release().number == 1
    assert run("release", "--breaking", "nobody has used it yet") == 0
    record = json.loads((files.RELEASED / "RELEASE.json").read_text())
    assert record["number"] == 2
    assert record["reason"] == "nobody has used it yet"
    assert {finding["rule"] for finding in record["broken"]} == {"operation-removed"}
    assert run("check") == 0


def test_a_changed_pattern_is_reported_until_a_person_overrules_it(generated, run, capsys):
    run("generate")
    run("release")
    identifier = generated[OPENAPI]["components"]["schemas"]["Base"]["properties"]["id"]
    identifier["pattern"] = "^[0-7][0-9a-z]{25}$"
    run("generate")
    assert run("check") == 1
    assert 'make release BREAKING="why"' in capsys.readouterr().out
    assert run("release", "--breaking", "no identifier was ever made with other letters") == 0
    assert run("check") == 0


def test_a_release_is_refused_while_the_contracts_drift(generated, run):
    run("generate")
    generated[OPENAPI]["info"]["version"] = "2.0.0"
    assert run("release") == 1
    assert release.read_release().number == 0


@pytest.mark.usefixtures("generated")
def test_a_released_contract_edited_by_hand_is_noticed(run, capsys):
    run("generate")
    run("release")
    (files.RELEASED / OPENAPI).write_text("{}")
    assert run("check") == 1
    assert "contracts/released is not what was released" in capsys.readouterr().out


def test_the_last_release_of_this_repository_is_whole_and_not_broken(documents):
    last_release = release.read_release()
    assert last_release.number > 0, "way out: python -m dev.contracts release"
    assert last_release.edited == ()
    findings = compare_contracts(last_release.parse_documents(), documents)
    assert check.describe_findings(findings) == []
