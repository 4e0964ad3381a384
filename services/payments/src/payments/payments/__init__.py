"""GOV.UK Pay's payments and refunds: their states, their search, and what their changes publish and post."""
