"""The use cases of batches."""
