"""All settings of the product, read once in `create_app`; nothing is read at import.

Each field is an environment variable of the same name in upper case (`PORT`, `DATABASE_URL` …);
a file `.env` in the working directory is read as well. The README lists them from these descriptions.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The configuration of one running server."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    environment: Literal["development", "production"] = Field(
        default="development",
        description="production refuses to start with what is weak or missing: database, keys, issuer, addresses, origins.",
    )
    host: str = Field(default="127.0.0.1", description="Address the server listens on.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port the server listens on.")
    workers: int = Field(default=1, ge=1, le=64, description="Server processes; one per core is enough.")
    database_url: str | None = Field(
        default=None,
        description="PostgreSQL ≥ 15, as postgresql://user:password@host:port/name. "
        "Empty: the embedded PostgreSQL is started in DATA_DIR.",
    )
    data_dir: Path = Field(
        default=Path("data"),
        description="Folder of the embedded database, the generated signing key and the anchors of the audit log.",
    )
    postgres_bin: Path | None = Field(
        default=None,
        description="Folder with initdb and postgres for the embedded database, if not the packaged one.",
    )
    read_pool_size: int = Field(
        default=4, ge=1, le=64, description="Connections per worker for hot reads (4 measured best)."
    )
    write_pool_size: int = Field(
        default=4, ge=1, le=64, description="Connections per worker for writes; as many again for ORM sessions."
    )
    signing_key_file: Path | None = Field(
        default=None,
        description="PEM file with the ES256 private key that signs access tokens. "
        "Empty in development: one is generated in DATA_DIR.",
    )
    data_key_file: Path | None = Field(
        default=None,
        description="File with the keys that seal secrets in the database, one a line (`openssl rand -base64 32`): "
        "the first seals, all of them open. Empty in development: one is generated in DATA_DIR.",
    )
    token_issuer: str = Field(default="https://tdkt.local", description="`iss` of the access tokens.")
    token_audience: str = Field(default="tdkt-api", description="`aud` of the access tokens.")
    public_url: str | None = Field(
        default=None,
        description="Address under which clients reach the server; the `type` of problems is built on it. "
        "Empty: http://HOST:PORT.",
    )
    cors_origins: tuple[str, ...] = Field(
        default=(),
        description='Origins of portals that call the API from a browser, as JSON: ["https://portal.example.vn"].',
    )
    max_body_bytes: int = Field(default=1_000_000, ge=1_000, description="Largest request body accepted.")

    @property
    def base_url(self) -> str:
        """Address under which clients reach the server."""
        return self.public_url or f"http://{self.host}:{self.port}"
