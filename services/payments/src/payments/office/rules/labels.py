"""Words for what staff see."""

REASONS = {
    "wrong-amount": "Wrong amount",
    "wrong-account": "Wrong account",
    "duplicate": "Paid twice",
    "service-not-given": "Service not given",
    "goodwill": "Goodwill",
    "fraud": "Fraud",
    "other": "Other",
}
KINDS = {"refund": "Refund", "journal": "Journal", "undo": "Undo a journal"}
REQUESTS = {
    "proposed": ("To be approved", "yellow"),
    "done": ("Done", "green"),
    "approved": ("Approved", "green"),
    "rejected": ("Rejected", "red"),
    "withdrawn": ("Withdrawn", "grey"),
}
STATES = {
    "created": ("Created", "grey"),
    "started": ("Started", "grey"),
    "authorising": ("Card is checked", "blue"),
    "challenged": ("3-D Secure", "blue"),
    "authorised": ("To be confirmed", "blue"),
    "capturable": ("To be captured", "blue"),
    "capturing": ("Confirmed", "green"),
    "captured": ("Paid", "green"),
    "declined": ("Declined", "red"),
    "expired": ("Expired", "grey"),
    "cancelled-by-user": ("Cancelled by the payer", "grey"),
    "cancelled-by-service": ("Cancelled by the service", "grey"),
    "error": ("Error", "red"),
}
REFUNDS = {"requested": "Refund requested", "success": "Refund done", "error": "Refund failed"}
ROLES = {
    "bank": "Bank",
    "clearing": "Card clearing",
    "refunds": "Owed to payers",
    "fund": "Fund",
    "vat": "VAT",
    "surcharges": "Surcharges",
    "suspense": "Suspense",
}
