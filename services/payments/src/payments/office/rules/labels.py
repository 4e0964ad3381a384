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
KINDS = {"refund": "Refund", "journal": "Journal", "undo": "Undo a journal", "credit-note": "Credit note"}
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
    "cash": "Cash in tills",
    "cheques": "Cheques",
    "transit": "On the way to the bank",
    "over-short": "Over and short",
}
TILLS = {
    "open": ("Open", "blue"),
    "counted": ("Over or short", "yellow"),
    "recount": ("To be counted again", "yellow"),
    "checking": ("To be checked", "yellow"),
    "balanced": ("To be banked", "green"),
    "banked": ("Banked", "grey"),
}
RECEIPTS = {
    "posted": ("Posted", "green"),
    "voided": ("Void", "grey"),
    "returned": ("Cheque returned", "red"),
}
E_RETURNS = {
    "draft": ("Draft", "grey"),
    "submitted": ("To be authorised", "yellow"),
    "authorised": ("Authorised", "green"),
    "returned": ("Sent back", "red"),
    "voided": ("Void", "grey"),
}
TILL_REASONS = {
    "wrong-change": "Wrong change",
    "wrong-amount": "Wrong amount",
    "wrong-account": "Wrong account",
    "duplicate": "Taken twice",
    "forged-note": "A forged note or coin",
    "unknown": "Not known",
    "other": "Other",
}
