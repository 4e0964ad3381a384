"""DVLA's Vehicle Enquiry Service, and an invented agreement by which a keeper's address is checked."""
