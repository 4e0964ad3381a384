"""The use cases of upstreams."""
