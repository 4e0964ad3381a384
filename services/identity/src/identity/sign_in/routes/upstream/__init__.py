"""Pages to sign in with another provider, such as GOV.UK One Login or a council's own directory."""
