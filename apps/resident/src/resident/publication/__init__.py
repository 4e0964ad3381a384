"""What is published: a council's services as compiled bundles, and which of them is live."""
