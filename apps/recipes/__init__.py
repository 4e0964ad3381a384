"""Recipes: a whole council service as one file, checked, merged and compiled to a bundle.

Pure: no network, no database, no clock. ``apps/resident`` shows what ``walk`` says; a pipeline runs
``python -m apps.recipes``. The language is described in docs/recipes.md.
"""
