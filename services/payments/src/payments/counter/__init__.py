"""The pages of counter staff: tills, receipts, banking, e-returns."""
