"""Every operation says who may use it, what it answers when it will not, and how much it takes."""

import re

import pytest

from chassis.openapi import operations
from chassis.testing import ISSUER, PASSWORD, SEALING_KEY
from tests.guards.bounds import find_unbounded

# Who adds an operation here has thought about why no credential is needed.
PUBLIC = {
    # Whoever knows api.postcodes.io sends no key; postcodes are open data and tell nothing of anybody.
    "address": {
        "ping",
        "query_postcodes",
        "look_up_postcodes",
        "read_postcode",
        "nearest_postcodes",
        "validate_postcode",
        "autocomplete_postcode",
        "postcodes_at",
        "query_outcodes",
        "read_outcode",
        "nearest_outcodes",
        "random_postcode",
    },
    # Sites where residents report problems send their API key in the form, where the gateway does not look:
    # the service requires it where a report is sent or a sender's updates are read. All else is open data.
    "casework": {
        # Staff come to sign in, and identity says who signed out there: its token's signature shows it.
        "start_sign_in",
        "complete_sign_in",
        "sign_out",
        "show_signed_out",
        "receive_logout",
        "discover",
        "list_services",
        "get_service",
        "send_report",
        "list_reports",
        "get_report",
        "get_token",
        "list_updates",
        "send_update",
        # Guests: the reference and what they gave at opening are the credential; attempts are few.
        "look_up_case",
        "read_asset",
        "list_sent_messages",
        "read_sent_message",
    },
    # People who use a service have no account; their draft is theirs by the cookie of their browser.
    # A submission\'s page is known to who sent it; its button has the form\'s token.
    "resident": {
        "list_services",
        "start_service",
        "show_question",
        "answer_question",
        "show_stop",
        "pass_stop",
        "show_check",
        "send_answers",
        "show_deletion",
        "delete_answers",
        "show_submission",
        "pay_for_submission",
        "show_charges",
        "read_asset",
    },
    # Maps are open data, and map libraries send no credential; a layer of staff is 404 to strangers.
    "mapping": {
        "get_matrix_sets",
        "get_matrix_set",
        "mapping.collection.vector.getTile",
        "mapping.collection.vector.getTileSet",
        "mapping.collection.vector.getTileSetsList",
        "mapping.dataset.vector.getTile",
        "mapping.dataset.vector.getTileSet",
        "mapping.dataset.vector.getTileSetsList",
        "get_dataset_tilejson",
        "get_collection_tilejson",
        "get_style",
        # Staff come to sign in, and identity says who signed out there: its token's signature shows it.
        "start_sign_in",
        "complete_sign_in",
        "sign_out",
        "show_signed_out",
        "receive_logout",
        # OGC API Features, MapIt and downloads: public layers, as everybody may see them.
        "check_dataset",
        "download_dataset",
        "download_layer",
        "draw_areas",
        "find_by_code",
        "get_api",
        "get_api_with_slash",
        "get_area",
        "get_collection",
        "get_collection_with_slash",
        "get_conformance",
        "get_conformance_with_slash",
        "get_district",
        "get_item",
        "get_item_with_slash",
        "get_landing_page",
        "get_landing_page_with_slash",
        "get_nearest",
        "get_part",
        "get_postcode",
        "get_queryables",
        "get_queryables_with_slash",
        "get_schema",
        "get_schema_with_slash",
        "list_areas",
        "list_at_box",
        "list_at_point",
        "list_collections",
        "list_collections_with_slash",
        "list_generations",
        "list_items",
        "list_items_with_slash",
        "list_posted",
        "list_types",
        "measure_areas",
        "redirect_degrees",
        "redirect_grid",
        # MapIt's pages and its forms; a box by each of its addresses.
        "find_point",
        "find_postcode",
        "list_generations_json",
        "list_types_json",
        "show_generations",
        "show_index",
        "show_index_with_slash",
        *(
            f"{name}{form}"
            for name in ("list_at_box", "redirect_box_of_degrees", "redirect_box_of_grid")
            for form in ("", "_html", "_json", "_map_html")
        ),
        # Pages that show public layers only, each with what everybody may see of it.
        "ask_place",
        "check_place",
        "find_place",
        "list_map_features",
        "read_asset",
        "read_meaning",
        "read_style",
        "show_example",
        "show_layer",
        "show_layers",
        "show_map",
        "show_place",
        "use_place",
        # What a caller may do with a layer: nobody learns more than who asks may know.
        "list_methods_of_items",
        "list_methods_of_item",
    },
    "payments": {
        "read_asset",
        "list_sent_messages",
        "read_sent_message",
        # Where a payment begins, for people who have none.
        "show_start",
        # A payment's one-time link lets the browser in; after that its cookie does.
        "open_payment",
        "open_payment_by_form",
        "show_payment",
        "submit_card",
        "confirm_payment",
        "give_up_payment",
        # The way back out of the bank's frame, where no cookie comes along: it tells and changes nothing.
        "return_from_challenge",
        "return_from_challenge_by_form",
        # The ways back from the processor's page: for the browser that opened the link.
        "return_from_processor",
        "give_up_on_processor",
        # Staff come to sign in, and identity says who signed out there: its token's signature shows it.
        "start_sign_in",
        "complete_sign_in",
        "sign_out",
        "show_signed_out",
        "receive_logout",
        # A council's payment links: anybody may pay by one.
        "show_payment_link",
        "submit_payment_link",
        "end_payment_link",
        # Card details of a payment: its one-time token is the credential, as in GOV.UK Pay's API.
        "authorise_payment",
        # Where a payer sets up a Direct Debit: the mandate's id is its address. Nothing personal is there.
        "show_mandate",
        "start_sign_up",
        "show_signed_mandate",
        # GoCardless's webhook: its signature by the service user's secret shows whose it is.
        "receive_direct_debit_notification",
        # A card processor's notification: its signature by the account's secret shows whose it is.
        "receive_notification",
    },
    "identity": {
        "read_jwks",
        "read_openid_configuration",
        "read_oauth_metadata",
        "issue_token",
        # Our public keys at a provider that a council registered: the provider reads them.
        "read_upstream_jwks",
        # A provider that a council registered says who signed out there: its token's signature shows it.
        "hear_upstream_logout",
        # The keys of statements of identity and what vectors of trust mean: for whoever checks them.
        "read_did",
        "read_well_known_did",
        "read_trustmark",
        # Styles and scripts of pages, the same for everybody.
        "read_asset",
        # A laptop's sent messages: 404 wherever messages are sent, and refused at start where there is https.
        "list_sent_messages",
        "read_sent_message",
        # A browser brings a service's request; who sits there is the session's cookie's matter.
        "authorize",
        "authorize_by_form",
        "continue_authorize",
        "answer_consent",
        # The way to a proof of identity that a service asks for, in the same browser.
        "show_prove",
        "make_proving_code",
        "go_back_unproven",
        "show_consents",
        "show_mandates",
        "show_one_mandate",
        "show_mandate_code",
        "enter_mandate_code",
        "confirm_mandate",
        "accept_mandate_offer",
        "show_end_mandate",
        "end_mandate",
        "end_consent",
        "log_out",
        "log_out_by_form",
        "confirm_log_out",
        # Pages for people: of nobody yet, or with the cookie of a session; forms bear a token of theirs.
        "show_sign_in",
        "send_sign_in_code",
        "show_sign_in_code",
        "sign_in_by_code",
        "show_password",
        "sign_in_by_password",
        "sign_in_by_passkey",
        "show_second_step",
        "sign_in_second_step",
        "show_recovery",
        "sign_in_by_recovery",
        "show_register",
        "send_register_code",
        "show_register_code",
        "register_by_code",
        "show_start",
        "show_account",
        "show_sessions",
        "end_session",
        "end_other_sessions",
        "sign_out",
        "show_email",
        "send_email_code",
        "show_email_code",
        "change_email",
        "show_email_before",
        "prove_email_before",
        "send_email_before_again",
        "show_language",
        "change_language",
        "show_history",
        "show_identity",
        "make_own_desk_code",
        "show_close",
        "close_account",
        "show_new_password",
        "set_password",
        "remove_password",
        "show_passkeys",
        "add_passkey",
        "rename_passkey",
        "remove_passkey",
        "show_authenticator",
        "set_up_authenticator",
        "remove_authenticator",
        "show_recovery_codes",
        "make_recovery_codes",
        "show_second_step_choice",
        "show_phone",
        "send_phone_code",
        "show_phone_code",
        "prove_phone",
        "show_phone_before",
        "prove_phone_before",
        "send_phone_before_again",
        "remove_phone",
        "show_text_step",
        "send_text_step_code",
        "show_text_step_code",
        "set_up_text_step",
        "remove_text_step",
        "show_send_text",
        "send_text",
        "show_text_code",
        "sign_in_by_text",
        # The same, on the way to another provider and back; the way back is bound to the browser.
        "start_upstream",
        "end_upstream",
        "show_upstream_failure",
        "show_upstream_choice",
        "choose_upstream_account",
        "show_upstream_confirm",
        "link_upstream",
        "show_upstreams",
        "unlink_upstream",
        # The client shows who it is in the form or by HTTP Basic, as RFC 6749 section 2.3 has it.
        "push_request",
        "introspect_token",
        "revoke_token",
        # A person's access token, in the shape of errors of RFC 6750.
        "read_userinfo",
        "read_userinfo_by_post",
    },
}
# Operation to theme: who adds one has thought about how far somebody reaches there who acts for another.
# What people's own tokens reach today, mandates and how identity is proven, are seen to by each operation.
DELEGATED: dict[str, dict[str, str]] = {
    # Each keeps to the cases whose type is of the mandate's theme.
    "casework": dict.fromkeys(
        (
            "list_own_cases",
            "open_own_case",
            "get_own_case",
            "act_on_own_case",
            "send_message",
            "correct_own_contact",
            "add_own_attachment",
        ),
        "of-the-resource",
    ),
}
EVERY = {"400", "404", "429", "500", "503"}


@pytest.fixture
def document(app):
    return app.openapi()


def test_every_operation_has_a_permission_or_is_knowingly_public(service, document):
    assert find_public(document) == PUBLIC.get(service.name, set())


def find_public(document):
    """List the operations without a permission that are no pages of staff, which have a session's."""
    return {
        operation["operationId"]
        for _, operation in operations(document)
        if operation["security"] == [] and not operation.get("x-session", {}).get("scopes")
    }


def test_an_operation_is_open_to_who_acts_for_another_only_knowingly(service, document):
    assert find_delegable(document) == DELEGATED.get(service.name, {})


def find_delegable(document):
    return {
        operation["operationId"]: operation["x-delegation"]["theme"]
        for _, operation in operations(document)
        if "x-delegation" in operation
    }


def test_a_scope_is_of_the_services_own_capability(service, document):
    assert find_foreign_scopes(document, service.base) == []


def find_foreign_scopes(document, capability):
    sessions = [operation.get("x-session", {}).get("scopes", []) for _, operation in operations(document)]
    scopes = {*every_scope(document), *(scope for scopes in sessions for scope in scopes)}
    return [scope for scope in sorted(scopes) if not re.fullmatch(rf"{capability}:[a-z-]+", scope)]


def test_every_operation_documents_its_problems(document):
    assert find_undocumented_problems(document) == []


def find_undocumented_problems(document):
    faults = []
    for path, operation in operations(document):
        statuses = set(operation["responses"])
        required = EVERY | ({"401", "403"} if operation["security"] else set())
        faults += [f"{path} lacks {status}" for status in sorted(required - statuses)]
        if (operation["responses"].get("422") or {}).get("description") == "Validation Error":
            faults.append(f"{path} answers FastAPI's own 422")
    return faults


def test_every_operation_has_limits(document):
    assert find_unlimited(document) == []


def find_unlimited(document):
    faults = []
    for path, operation in operations(document):
        limits = operation.get("x-limits", {})
        body, timeout = (160_000_000, 600) if limits.get("stream") else (50_000_000, 60)
        if not 0 < limits.get("body", 0) <= body or not 0 < limits.get("timeout", 0) <= timeout:
            faults.append(path)
    return faults


def test_operation_ids_are_unique(document):
    assert find_repeated_ids(document) == []


def find_repeated_ids(document):
    names = [operation["operationId"] for _, operation in operations(document)]
    return sorted({name for name in names if names.count(name) > 1})


def planted(**changes):
    """Make a document of one good operation with some of it changed."""
    operation = {
        "operationId": "show_thing",
        "security": [{"oauth2": ["address:read"]}],
        "x-limits": {"body": 1_000, "timeout": 10},
        "responses": dict.fromkeys((*EVERY, "401", "403"), None),
        **changes,
    }
    thing = {"type": "object", "properties": {"name": {"type": "string", "maxLength": 10}}}
    return {"paths": {"/things": {"post": operation}}, "components": {"schemas": {"Thing": thing}}}


def body_of(schema):
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


@pytest.mark.parametrize(
    ("guard", "violation"),
    [
        (find_public, {"security": []}),
        (find_public, {"security": [], "x-session": {"scopes": []}}),
        (find_delegable, {"x-delegation": {"theme": "waste"}}),
        (
            lambda document: find_foreign_scopes(document, "address"),
            {"security": [{"oauth2": ["money:read"]}]},
        ),
        (find_undocumented_problems, {"responses": dict.fromkeys(EVERY, None)}),
        (
            find_undocumented_problems,
            {
                "responses": {
                    **dict.fromkeys((*EVERY, "401", "403"), None),
                    "422": {"description": "Validation Error"},
                }
            },
        ),
        (find_unlimited, {"x-limits": {}}),
        (find_unlimited, {"x-limits": {"body": 60_000_000, "timeout": 10}}),
        (find_unbounded, {"parameters": [{"name": "q", "schema": {"type": "string"}}]}),
        (find_unbounded, {"parameters": [{"name": "n", "schema": {"type": "integer", "minimum": 0}}]}),
        (find_unbounded, body_of({"type": "object", "properties": {"text": {"type": "string"}}})),
        (find_unbounded, body_of({"type": "array", "items": {"$ref": "#/components/schemas/Thing"}})),
        (find_unbounded, body_of({"anyOf": [{"type": "number"}, {"type": "null"}]})),
    ],
)
def test_a_planted_violation_is_found(guard, violation):
    assert not guard(planted())
    assert guard(planted(**violation))


def test_a_repeated_operation_id_is_found():
    document = planted()
    document["paths"]["/others"] = document["paths"]["/things"]
    assert find_repeated_ids(document) == ["show_thing"]


def test_every_string_and_number_that_comes_in_is_bounded(document):
    assert find_unbounded(document) == []


async def test_a_path_below_a_council_refuses_strangers(service, app, client, mint, document):
    """Without a credential 401, with another council's 403, for every operation; nothing else is said."""
    foreign = mint(scopes=every_scope(document), councils=["hillshire"])
    for path, item in document["paths"].items():
        if not path.startswith("/{council}/"):
            continue
        url = re.sub(r"\{(\w+)\}", lambda parameter: "citytown" if parameter[1] == "council" else "1", path)
        for method, operation in item.items():
            if operation.get("security"):
                nobody = await client.request(method.upper(), url)
                assert nobody.status_code == 401, f"{method} {url}: {nobody.text}"
                stranger = await client.request(method.upper(), url, headers={"X-Api-Key": foreign})
                assert stranger.status_code == 403, f"{method} {url}: {stranger.text}"


async def test_who_acts_for_another_is_refused_wherever_no_theme_is_named(service, client, mint, document):
    """A delegate's token, whatever its scopes, reaches nothing of the service."""
    acting = {"sub": "rosa", "act": {"sub": "ben"}, "mandate": "lasting", "theme": "waste"}
    token = mint(scopes=every_scope(document), councils=["*"], **acting)
    for path, item in document["paths"].items():
        url = re.sub(r"\{(\w+)\}", lambda parameter: "citytown" if parameter[1] == "council" else "1", path)
        for method, operation in item.items():
            if operation.get("security") and "x-delegation" not in operation:
                response = await client.request(method.upper(), url, headers={"X-Api-Key": token})
                assert response.status_code == 403, f"{method} {url}: {response.text}"


async def test_a_page_of_staff_refuses_who_has_no_session(client, mint, document):
    """Without a session's cookie 401, whatever credential is sent instead."""
    token = mint(scopes=every_scope(document), councils=["*"])
    for path, item in document["paths"].items():
        url = re.sub(r"\{(\w+)\}", lambda parameter: "citytown" if parameter[1] == "council" else "1", path)
        for method, operation in item.items():
            if "x-session" in operation:
                response = await client.request(method.upper(), url, headers={"X-Api-Key": token})
                assert response.status_code == 401, f"{method} {url}: {response.text}"


def every_scope(document):
    return sorted(
        {s for _, o in operations(document) for security in o["security"] for s in security.get("oauth2", [])}
    )


@pytest.fixture(scope="module")
def settings(service, database_url, jwks_url, nats_url, blob_settings):
    return service.settings(
        database_url=database_url,
        jwks_url=jwks_url,
        issuer=ISSUER,
        nats_url=nats_url,
        sealing_key=SEALING_KEY,
        **blob_settings,
    )


def test_the_runtime_role_is_not_the_owner(database_url, service):
    assert f"//{service.name}:{PASSWORD}@" in database_url
