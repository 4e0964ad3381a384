"""Publishing over the API, and the public page of charges."""
