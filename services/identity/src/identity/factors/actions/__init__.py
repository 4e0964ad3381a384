"""The use cases of factors."""
