"""Pure rules of council finance: what a basket may be, which codes are free."""
