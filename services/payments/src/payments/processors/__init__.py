"""Card processors behind one port: the sandbox's simulator, later Stripe and GoCardless."""
