"""A council's payments, as many as asked for, written by PostgreSQL itself: a million in some minutes."""

import asyncpg

_CHUNK = 50_000
_DAYS = 1_000  # over which payments were made, until yesterday
_DRAWN = """CREATE TEMPORARY TABLE drawn ON COMMIT DROP AS
    SELECT n, uuidv7(at - now()) AS id, at, hashint4(n * 7 + 1) & 1023 AS draw,
        'person' || (hashint4(n) & 262143) AS person
    FROM generate_series($1::integer, $2::integer) n
    CROSS JOIN LATERAL (SELECT date_trunc('day', now()) - interval '1 millisecond'
        * ((hashint4(n)::bigint + 2147483648) * (86400000::bigint * $3 / 4294967296.0))::bigint AS at)"""
# Of 1,024: 870 captured, 80 given up, 50 declined, 20 cancelled, 4 errors; each tenth has one reference.
_PAYMENTS = """INSERT INTO payment (council, id, account, mode, processor, status, amount, surcharge,
        reference, description, return_url, language, delayed_capture, moto, authorisation_mode, visits,
        card, card_brand, provider_id, refunded, refunds_blocked, created_by, version, created_at,
        expires_at, captured_at, settled_on, fee)
    SELECT 'citytown', id, $1, 'sandbox', 'sandbox', CASE WHEN draw < 870 THEN 'captured'
            WHEN draw < 950 THEN 'expired' WHEN draw < 1000 THEN 'declined'
            WHEN draw < 1020 THEN 'cancelled-by-service' ELSE 'error' END,
        100 + draw, 0, CASE WHEN n % 10 = 0 THEN 'PARKING' ELSE 'REF-' || n END, 'Garden waste',
        'https://service.example/paid', 'en', false, false, 'web', 1, 'visa-credit',
        CASE WHEN n % 3 = 0 THEN 'mastercard' ELSE 'visa' END, 'pay_' || n, 0, false,
        '{"sub": "bench"}', 5, at, at + interval '90 minutes', at, at::date + 2, 20
    FROM drawn"""
_PAYERS = """INSERT INTO payer (council, payment, email, cardholder_name, first_digits, last_digits,
        expiry_date, card_type, account, created_at)
    SELECT 'citytown', id, person || CASE WHEN draw % 2 = 0 THEN '@gmail.example' ELSE '@mail'
            || draw || '.example' END,
        initcap(person) || ' Payer', '424242', lpad((draw * 9 + n % 9)::text, 4, '0'), '11/40', 'credit',
        $1, at
    FROM drawn"""
_LINES = """INSERT INTO payment_line (council, payment, n, fund, is_suspense, ledger_code, reference,
        narrative, vat_code, vat_code_name, vat_treatment, amount, vat, refund_spread, retention_months,
        refunded, refunded_vat)
    SELECT 'citytown', id, 1, $1, true, '9999', 'REF-' || n, 'Garden waste', $1, 'O', 'outside_scope',
        100 + draw, 0, 'last_line_first', 84, 0, 0
    FROM drawn"""
_EVENTS = """INSERT INTO payment_event (council, payment, n, status, at)
    SELECT 'citytown', id, 5, 'captured', at FROM drawn"""
# A bulk load is no traffic: keys are right by the way they are drawn, and the index is filled in large steps.
_LOADING = """SET session_replication_role = replica;
    ALTER INDEX ix_payer_parts SET (gin_pending_list_limit = 65536)"""
_LOADED = "ALTER INDEX ix_payer_parts SET (gin_pending_list_limit = 256)"


async def write_payments(admin_url: str, first: int, last: int) -> None:
    """Write the payments ``first`` to ``last`` of citytown's sandbox, and leave the tables tidy.

    Each has a payer, a line and an event. No trigger counts them: ``correct-counts`` does.
    """
    url = f"{admin_url.rpartition('/')[0]}/payments"
    connection = await asyncpg.connect(url)
    account = await connection.fetchval("SELECT id FROM gateway_account WHERE council = 'citytown'")
    await connection.execute(_LOADING)
    for start in range(first, last + 1, _CHUNK):
        async with connection.transaction():
            await connection.execute(_DRAWN, start, min(start + _CHUNK - 1, last), _DAYS)
            for statement in (_PAYMENTS, _PAYERS, _LINES):
                await connection.execute(statement, account)
            await connection.execute(_EVENTS)
    await connection.execute(_LOADED)
    await connection.execute("VACUUM (ANALYZE)")
    await connection.close()
