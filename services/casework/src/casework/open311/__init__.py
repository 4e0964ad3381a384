"""Open311 GeoReport v2: how sites where residents report problems reach cases."""
