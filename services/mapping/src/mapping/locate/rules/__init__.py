"""Pure rules of look-ups: points as people write them, what covers them, and who is responsible."""
