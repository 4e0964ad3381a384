"""How layers look and how their features are listed, without a database."""
