"""The OS Places API and type-ahead: find addresses by text, UPRN, postcode and area."""
