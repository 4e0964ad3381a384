"""Counter takings: tills, receipts of cash and cheques, e-returns, and what is banked of them."""
