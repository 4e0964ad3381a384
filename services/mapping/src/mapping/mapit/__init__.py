"""Areas by MapIt's contract: which areas a point or postcode is in, and what each area is."""
