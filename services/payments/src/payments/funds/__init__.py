"""Council finance data: funds, rules of references, VAT codes, methods of payment."""
