"""How much work teams and people have, and who is given the next case."""
