"""``townhall_client.api``: the typed operations of every capability, generated from the contracts."""
