"""Layers as data: what is known of each, its features, and every version of them."""
