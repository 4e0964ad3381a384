"""The SQL statements of upstreams."""
