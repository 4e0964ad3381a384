"""The linters of others find the faults that the contracts had, and say where they are."""

import json

import pytest

from dev.contracts import files, linters

GOOD = {
    "openapi": "3.1.0",
    "info": {"title": "Permits", "version": "1"},
    "servers": [{"url": "/"}],
    "components": {
        "securitySchemes": {
            "oauth2": {
                "type": "oauth2",
                "flows": {"clientCredentials": {"tokenUrl": "/token", "scopes": {"permits:read": "Read"}}},
            }
        }
    },
    "paths": {
        "/permits": {
            "get": {
                "operationId": "list_permits",
                "summary": "List the permits.",
                "security": [{"oauth2": ["permits:read"]}],
                "responses": {"200": {"description": "OK"}, "400": {"description": "Bad Request"}},
            }
        }
    },
}


def write_document(folder, document):
    path = folder / "permits.json"
    path.write_text(json.dumps(document))
    return path


def test_a_document_without_a_fault_passes(tmp_path):
    assert list(linters.lint_openapi([write_document(tmp_path, GOOD)])) == []


def test_each_fault_is_named_with_its_place(tmp_path):
    document = json.loads(json.dumps(GOOD))
    del document["servers"]
    document["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]["scopes"] = {}
    document["components"]["schemas"] = {"Unused": {"type": "string"}}
    complaints = list(linters.lint_openapi([write_document(tmp_path, document)]))
    assert [complaint.split(": ")[1] for complaint in sorted(complaints)] == [
        "no-unused-components",
        "no-empty-servers",
        "security-scopes-defined",
    ]
    assert "permits.json #/components/schemas/Unused" in min(complaints)


def test_a_linter_that_does_not_run_is_no_silent_pass(monkeypatch, tmp_path):
    monkeypatch.setattr(linters, "_REDOCLY", tmp_path / "nothing.js")
    with pytest.raises(linters.LinterError, match=r"nothing\.js"):
        list(linters.lint_openapi([write_document(tmp_path, GOOD)]))


def test_an_asyncapi_document_that_points_nowhere_is_rejected(tmp_path):
    text = (files.FOLDER / "asyncapi.json").read_text()
    document = json.loads(text)
    broken = {name: document[name] for name in ("asyncapi", "info")} | {
        "operations": {"x": {"action": "send"}}
    }
    path = tmp_path / "asyncapi.json"
    path.write_text(json.dumps(broken))
    assert any("channel" in complaint for complaint in linters.lint_asyncapi(path))
