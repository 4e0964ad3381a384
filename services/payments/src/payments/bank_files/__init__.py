"""Files that banks send: CAMT.053, MT940 and BAI2, read as statements."""
