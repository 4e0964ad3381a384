"""Members of staff, as tests of the office need them."""

OFFICE, APPROVE = "payments:office", "payments:approve"
API = "/citytown/payments/office/v1"
PAGES = "/citytown/payments/office"


def claims_of(**claims):
    return {"client_id": "the-office", "mode": "sandbox", **claims}


def headers_of(mint_person, subject, *more, **claims):
    """Return the headers of a member of staff who calls the API."""
    token = mint_person(subject, scopes=[OFFICE, *more], **claims_of(**claims))
    return {"Authorization": f"Bearer {token}"}
