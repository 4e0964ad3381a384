"""The UPRNs and USRNs that GeoPlace allots to a council, and giving them out."""
