"""What each column of the payments database that can hold words is for. A new one is classified here.

``ERASED`` columns name a person, or hold words that may: the schedule of ``payments retention`` or a purge
erases them, and a canary shows it. docs/personal-data-payments.md says when.
"""

ERASED = {
    "agreement": "description token user_identifier",
    "agreement_card": "billing_address card_brand card_type cardholder_name expiry_date first_digits "
    "last_digits",
    "audit_personal": "changes salt",
    "bank_line": "reference text",
    "cheque": "account_number number payer_name sort_code",
    "collection": "metadata",
    "collection_line": "narrative",
    "counter_line": "narrative",
    "counter_receipt": "metadata",
    "e_return": "answer cheques created_by_name lines",
    "export_file": "content",
    "idempotency": "answer",
    "mandate": "metadata provider_mandate provider_request reference return_url",
    "mandate_payer": "email",
    "message": "personalisation recipient",
    "office_request": "answer checked_by_name note requested_by_name",
    "outbox": "envelope",
    "payer": "billing_address card_type cardholder_name email expiry_date first_digits last_digits mailbox",
    "payment": "description metadata return_url three_d_secure",
    "payment_hold": "reason",
    "payment_line": "narrative",
    "till": "note opened_by_name",
    "webhook_delivery": "body",
}
"""By a date, a state, or within a day."""

TRANSIENT = {
    "export_part": "content",  # deleted when the file is whole, within a minute
    "job": "key payload",  # ids; a return_url while a card is authorised
    "rate_limit": "key",  # HMACs
    "sign_in_client": "client_id created_by",
    "staff_session": "client_id name secret_hash sid subject tokens",
    "webhook_attempt": "error",
}
"""Gone by itself within hours or days, or nobody's."""

REFERENCES = {
    "collection": "reference",
    "collection_line": "reference",
    "counter_line": "reference",
    "agreement": "reference reference_key",
    "payment": "reference reference_key",
    "payment_line": "reference",
    "posting": "reference",
}
"""Accounts at the council: they stay with the ledger, whose chain covers them."""

SUBJECTS = {
    "audit": "actor for_whom",
    "agreement": "created_by",
    "bag": "created_by",
    "bank_account": "created_by",
    "collection": "created_by updated_by",
    "counter_office": "updated_by",
    "counter_receipt": "created_by ended_by",
    "day_close": "closed_by",
    "e_return": "changed_by checked_by created_by submitted_by updated_by",
    "e_return_template": "updated_by",
    "fund": "updated_by",
    "idempotency": "caller",
    "mandate": "created_by updated_by",
    "office_limit": "updated_by",
    "office_request": "checked_by requested_by",
    "payment": "created_by",
    "payment_hold": "placed_by",
    "payment_link": "created_by updated_by",
    "payment_method": "updated_by",
    "reconciliation_settings": "updated_by",
    "reference_rule": "updated_by",
    "processor_credential": "updated_by",
    "refund": "created_by",
    "service_user": "updated_by",
    "statement_file": "imported_by",
    "till": "checked_by counted_by explained_by opened_by updated_by",
    "vat_code": "updated_by",
    "webhook_subscription": "created_by",
}
"""Ids of staff and of services, without their names: who did it is part of the record."""

OF_COUNCIL = {
    "bank_account": "identification name",
    "council": "gss name region settings slug status",
    "counter_office": "address name vat_number",
    "day_close": "summary",
    "e_return_template": "kind name rows",
    "fund": "code kind ledger_code name name_cy refund_spread",
    "gateway_account": "name processor settings webhook_secret",
    "payment_link": "description description_cy reference reference_label reference_label_cy title title_cy",
    "payment_method": "code flags name",
    "processor_credential": "merchant secret_key",
    "reconciliation_settings": "settings",
    "reference_rule": "help help_cy name rule",
    "service_user": "access_token number statement_name webhook_secret",
    "vat_code": "code name treatment",
    "webhook_subscription": "description event_types kind previous_secret scope secret url",
}
"""What a council and its services say of themselves."""

CODES = {
    "account_client": "client_id",
    "agreement": "state",
    "alembic_version": "version_num",
    "alembic_version_platform": "version_num",
    "audit": "act actor_kind aggregate aggregate_id changes credential mandate personal_digest reason "
    "trace_id",
    "bag": "kind number",
    "bank_advice": "action code provider_event",
    "bank_line": "rule",
    "bank_statement": "digest identity",
    "collection": "provider_payment reason state",
    "collection_line": "ledger_code",
    "counter_line": "ledger_code vat_treatment",
    "counter_receipt": "kind method number reason status",
    "daily_count": "state subject",
    "daily_count_change": "state subject",
    "dispute": "provider_id reason state",
    "e_return": "bag_number counted kind status",
    "export_file": "hash kind name",
    "idempotency": "fingerprint key operation",
    "inbox": "consumer",
    "job": "kind reason traceparent",
    "ledger_account": "code role",
    "ledger_root": "hash statement",
    "ledger_seal": "hash",
    "ledger_transaction": "kind method",
    "mandate": "code hold language state",
    "message": "channel language template",
    "office_limit": "scope",
    "office_request": "content kind reason status",
    "outbox": "nats_subject ordering_key",
    "payment": "agreement_payment_type authorisation_mode card card_brand language processor provider_id "
    "state status",
    "payment_event": "status",
    "payment_line": "ledger_code refund_spread vat_code_name vat_treatment",
    "payment_link": "language",
    "reconciliation_exception": "kind",
    "refund": "provider_id status",
    "revoked_token": "claim id",
    "schedule": "name rule",
    "settlement": "currency provider_id reference",
    "settlement_line": "authorisation currency kind provider_id rule source",
    "statement_file": "format hash",
    "till": "counted reason status",
    "webhook_delivery": "event_type resource status",
}
"""States, kinds, codes, and ids of other systems. ``mode`` of any table is one."""

CLASSES = (ERASED, TRANSIENT, REFERENCES, SUBJECTS, OF_COUNCIL, CODES)
