"""Every SQL statement of the address service, and the code lists it ships. Built once, parameters bound."""
