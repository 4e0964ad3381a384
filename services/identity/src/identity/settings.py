"""Settings of identity: what every service with messages has, and its keys and limits."""

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from chassis.messages import MessageSettings
from chassis.rates import GuessLimitSetting, LimitSetting, limit_setting

OWASP_MEMORY_KIB = 19_456
"""The least memory of argon2id with two passes (OWASP Password Storage Cheat Sheet)."""


class Settings(MessageSettings):
    """Settings from the environment, with the prefix ``IDENTITY_``."""

    model_config = SettingsConfigDict(env_prefix="IDENTITY_")

    master_key: SecretStr = Field(
        default=SecretStr(""),
        description="32 random bytes, URL-safe base64: unseals the signing keys in the database",
    )
    key_days: int = Field(default=365, ge=1, le=1096, description="Days an API key is valid")
    key_lead: float = Field(
        default=900, gt=0, description="Seconds a new signing key is published before it signs"
    )
    key_poll: float = Field(default=15, gt=0, description="Seconds between looks for new signing keys")
    jwks_max_age: int = Field(default=300, ge=0, description="Seconds a client may keep the JWKS")
    password_threads: int = Field(
        default=1, ge=1, le=32, description="Passwords hashed at once, each taking password_memory_kib"
    )
    password_memory_kib: int = Field(
        default=OWASP_MEMORY_KIB, ge=8, le=1_048_576, description="Memory of one argon2id hash of two passes"
    )
    issuing_pool_size: int = Field(default=4, ge=1, description="Connections of the token endpoint")

    limit_client: LimitSetting = limit_setting(
        "1000/10s", "Requests of a client, and of a person at userinfo"
    )
    limit_sign_in: LimitSetting = limit_setting(
        "400/20s", "Requests for sign-in at a client: those it pushes, and those from each network"
    )
    services_per_council: int = Field(default=200, ge=1, description="Services in use, sandbox and live")
    upstreams_per_council: int = Field(default=10, ge=1, description="Upstream providers of a council")
    onelogin_issuers: dict[str, str] = Field(
        default={"https://oidc.account.gov.uk/": "https://identity.account.gov.uk/.well-known/did.json"},
        description="Issuers whose proofs of identity the region accepts, each with its DID document",
    )
    jwks_floor: float = Field(default=60, ge=0, description="Seconds between looks at a client's jwks_uri")
    jwks_age: float = Field(
        default=900, gt=0, description="Seconds after which a client's jwks_uri is read again"
    )

    texts_per_day: int = Field(default=5_000, ge=0, description="SMS a day in all")
    texts_new_per_day: int = Field(
        default=1_000, ge=0, description="SMS a day to numbers not proven yet, which anybody can request"
    )
    texts_abroad_per_day: int = Field(
        default=50, ge=0, description="SMS a day to other countries, which cost more; 0 refuses their numbers"
    )

    # A code may be tried five times, so 6/h is 30 guesses an hour at one of a million.
    limit_codes_for_address: GuessLimitSetting = limit_setting("6/h", "Codes to an e-mail address")
    limit_passwords_for_address: GuessLimitSetting = limit_setting(
        "10/15min", "Passwords tried at an address"
    )
    limit_second_steps_for_account: GuessLimitSetting = limit_setting(
        "10/15min", "Second steps of an account"
    )
    # Where the account was used before it is counted apart: nobody else can use this up.
    limit_codes_in_known_browser: GuessLimitSetting = limit_setting("10/h", "Codes in a known browser")
    limit_passwords_in_known_browser: GuessLimitSetting = limit_setting(
        "10/15min", "Passwords tried in a known browser"
    )
    limit_second_steps_in_known_browser: GuessLimitSetting = limit_setting(
        "10/15min", "Second steps in a known browser"
    )
    # A library or an office is one network, so these are high.
    limit_codes_from_network: LimitSetting = limit_setting("60/h", "Codes requested from a network")
    limit_passwords_from_network: LimitSetting = limit_setting("100/15min", "Passwords tried from a network")
    limit_passkeys_from_network: LimitSetting = limit_setting("100/15min", "Passkeys tried from a network")
    limit_upstream_sign_ins_from_network: LimitSetting = limit_setting(
        "300/15min", "Sign-ins at upstream providers from a network"
    )
    limit_sign_ins_for_client: LimitSetting = limit_setting("1200/min", "Codes and passwords of a client")
    # Each SMS costs money. By account they bound what one person spends, by number whom they can bother.
    limit_sms_for_account: LimitSetting = limit_setting("5/15min", "SMS for an account")
    limit_sms_for_account_a_day: LimitSetting = limit_setting("15/d", "SMS for an account")
    limit_sms_in_known_browser: LimitSetting = limit_setting("5/15min", "SMS in a known browser")
    limit_sms_in_known_browser_a_day: LimitSetting = limit_setting("15/d", "SMS in a known browser")
    limit_sms_to_number: LimitSetting = limit_setting("5/h", "SMS to a number that nobody has proven")
    limit_sms_to_number_a_day: LimitSetting = limit_setting("10/d", "SMS to a number that nobody has proven")
    limit_sms_to_block_a_day: LimitSetting = limit_setting("20/d", "SMS to a thousand numbers in a row")
    limit_sms_from_network: LimitSetting = limit_setting("30/h", "SMS requested from a network")
    # An offer of a mandate sends an e-mail to an address that a person names.
    limit_offers_for_account: LimitSetting = limit_setting("20/d", "Offers of mandates by an account")
    limit_offers_to_address: LimitSetting = limit_setting("5/d", "E-mails about offers to an address")
    # Codes of 80 bits (mandates) and of 40 that live 15 minutes (desks).
    limit_mandate_codes_for_account: GuessLimitSetting = limit_setting(
        "20/h", "Mandates' codes tried by an account"
    )
    limit_desk_codes_for_caller: GuessLimitSetting = limit_setting(
        "30/15min", "Desk codes tried by one of staff"
    )

    @model_validator(mode="after")
    def _check_password_memory(self) -> "Settings":
        if self.password_memory_kib < OWASP_MEMORY_KIB and self.issuer.startswith("https://"):
            raise ValueError(f"password_memory_kib must be at least {OWASP_MEMORY_KIB} where there is https")
        return self

    @model_validator(mode="after")
    def _check_key_lead(self) -> "Settings":
        if self.key_lead < self.jwks_max_age + 2 * self.key_poll:
            raise ValueError("key_lead must be at least jwks_max_age and two key_poll")
        return self
