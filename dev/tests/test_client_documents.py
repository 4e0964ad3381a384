"""What of a contract the client's generator is given."""

from dev.client.documents import WITH_KEY, prepare_document

PAGE = {"responses": {"200": {"description": "", "content": {"text/html": {}}}}}
REFERENCE = {"$ref": "#/components/schemas/Case"}


def make_operation(name, *parameters, **members):
    content = {"application/json": {"schema": REFERENCE}}
    answers = {
        "201": {"description": "Opened", "content": content},
        "400": {
            "description": "Wrong",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/P"}}},
        },
    }
    return {
        "operationId": name,
        "parameters": [{"in": where, "name": parameter} for where, parameter in parameters],
        "responses": answers,
        **members,
    }


def prepare(**operations):
    schemas = {
        "Case": {"properties": {"of": {"$ref": "#/components/schemas/Type"}}},
        "Type": {},
        "P": {},
        "Old": {},
    }
    contract = {
        "openapi": "3.1.0",
        "info": {},
        "paths": {f"/{{council}}/casework/v1/{name}": {"post": part} for name, part in operations.items()},
        "components": {"schemas": schemas},
    }
    return prepare_document(contract)


def test_what_the_client_does_itself_is_left_out():
    names = [("path", "council"), ("header", "Idempotency-Key"), ("cookie", "s"), ("query", "limit")]
    document = prepare(cases=make_operation("open_case", *names))
    operation = document["paths"]["/-/casework/v1/cases"]["post"]
    assert [parameter["name"] for parameter in operation["parameters"]] == ["limit"]
    assert list(operation["responses"]) == ["201"]


def test_only_what_takes_a_key_may_be_sent_twice():
    document = prepare(
        cases=make_operation("open_case", ("header", "idempotency-key")),
        reports=make_operation("send_report"),
    )
    assert document[WITH_KEY] == ["open_case"]


def test_pages_and_what_staff_do_in_a_browser_are_left_out():
    document = prepare(
        page={"operationId": "show", **PAGE}, office=make_operation("act", **{"x-session": True})
    )
    assert document["paths"] == {}


def test_models_are_those_that_an_operation_uses():
    assert sorted(prepare(cases=make_operation("open_case"))["components"]["schemas"]) == ["Case", "Type"]


def test_a_body_has_one_media_type_and_json_before_others():
    body = {"content": {"text/csv": {}, "multipart/form-data": {}, "application/json": {"schema": REFERENCE}}}
    document = prepare(cases=make_operation("open_case", requestBody=body))
    operation = document["paths"]["/-/casework/v1/cases"]["post"]
    assert list(operation["requestBody"]["content"]) == ["application/json"]
