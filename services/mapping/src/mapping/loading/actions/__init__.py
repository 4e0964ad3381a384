"""Load files into layers: by the worker for people, by commands for operators."""
