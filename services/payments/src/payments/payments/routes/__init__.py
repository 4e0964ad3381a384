"""GOV.UK Pay's API."""
