"""What identity is told from outside: everything every service has, and the keeping of its keys."""

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

import chassis.settings


class Settings(chassis.settings.Settings):
    """Settings of identity, from the environment with the prefix ``IDENTITY_``."""

    model_config = SettingsConfigDict(env_prefix="IDENTITY_")

    master_key: SecretStr = Field(
        default=SecretStr(""),
        description="32 random bytes, URL-safe base64: opens the signing keys in the database",
    )
    key_days: int = Field(default=365, ge=1, le=1096, description="Life of an API key, days")
    key_lead: float = Field(
        default=900, gt=0, description="A new signing key is published this long, s, first"
    )
    key_poll: float = Field(default=15, gt=0, description="Seconds between looks for new signing keys")
    jwks_max_age: int = Field(default=300, ge=0, description="Seconds a client may keep the JWKS")
    issuing_pool_size: int = Field(default=4, ge=1, description="Connections of the token endpoint")

    @model_validator(mode="after")
    def _everybody_learns_a_key_before_it_signs(self) -> "Settings":
        if self.key_lead < self.jwks_max_age + 2 * self.key_poll:
            raise ValueError("key_lead must be at least jwks_max_age and two key_poll")
        return self
