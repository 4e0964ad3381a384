"""The pure rules of upstreams."""
