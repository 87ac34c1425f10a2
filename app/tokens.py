"""Placeholder interface, replaced by the strict wrapper around python-jose."""

import uuid
from dataclasses import dataclass
from typing import Any

from app.settings import Settings


class TokenRefused(Exception):
    """The token is not ours, not valid, or not valid any more."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified access token says. `expires_at` is a Unix time in seconds."""

    user_id: uuid.UUID
    session_id: uuid.UUID
    expires_at: float


class KeyRing:
    """Our signing keys."""

    @classmethod
    def load(cls, settings: Settings) -> "KeyRing":
        """From SIGNING_KEY_FILE, or a generated key in DATA_DIR."""
        raise NotImplementedError

    def sign(self, user_id: uuid.UUID, session_id: uuid.UUID) -> tuple[str, int]:
        """An access token and its life in seconds."""
        raise NotImplementedError

    def verify(self, token: str) -> Claims:
        """The claims, or TokenRefused."""
        raise NotImplementedError

    def jwks(self) -> dict[str, Any]:
        """The public keys (RFC 7517)."""
        raise NotImplementedError
