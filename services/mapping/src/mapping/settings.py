"""Settings of mapping, from the environment: ``MAPPING_...``."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.blobs import BlobSettings

MAX_LOAD = 100_000_000
"""The most bytes of a file, as the contract says; an installation may set ``load_bytes`` lower."""
LOAD_SECONDS = 600


class Settings(BlobSettings):
    """The settings that every service has, and how much of the map a process keeps in memory."""

    model_config = SettingsConfigDict(env_prefix="MAPPING_")

    snapshot_bytes: int = Field(
        default=512_000_000,
        ge=1_000_000,
        description="Most bytes that layers in memory take, of each process",
    )
    tile_bytes: int = Field(
        default=64_000_000,
        ge=1_000_000,
        description="Most bytes that ready-made tiles take in memory, of each process",
    )
    tile_geometry_bytes: int = Field(
        default=256_000_000,
        ge=1_000_000,
        description="Most bytes that the geometry tiles are cut from takes in memory, of each process",
    )
    page_bytes: int = Field(
        default=32_000_000,
        ge=1_000_000,
        description="Most bytes that ready-made pages of features take in memory, of each process",
    )
    sandbox_edits: bool = Field(
        default=False,
        description="Whether sandbox credentials may change layers: where nothing is live, as on a laptop",
    )
    load_bytes: int = Field(
        default=MAX_LOAD, ge=1, le=MAX_LOAD, description="Largest file that is loaded into a layer, bytes"
    )
    load_seconds: float = Field(
        default=LOAD_SECONDS, gt=0, le=LOAD_SECONDS, description="Longest that an upload may take, seconds"
    )
