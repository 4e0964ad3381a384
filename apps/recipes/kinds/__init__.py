"""What a question may be and where facts come from: each kind and each provider once, with its words."""
