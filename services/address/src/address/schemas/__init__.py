"""The models of what comes in and goes out."""
