"""Identifiers: UUIDv7 keys, short public codes with a check character, verification codes."""

import os
import secrets
import time
import uuid

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# without 0/O, 1/I/L: these codes are read out over the telephone and typed from paper
_SPOKEN_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562 §5.7): sortable by time, so that index pages stay warm."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return uuid.UUID(int=value)


def check_character(text: str) -> str:
    """ISO 7064 MOD 37,36 over letters and digits: finds every single error and every swap of neighbours."""
    product = 36
    for character in text:
        if character == "-":
            continue
        total = (product + _ALPHABET.index(character)) % 36 or 36
        product = total * 2 % 37
    return _ALPHABET[(37 - product) % 36]


def campaign_code(prefix: str, year: int, number: int) -> str:
    """The public code of a campaign, such as `UB-2025-01-K`: prefix of the launcher, year, number, check."""
    body = f"{prefix}-{year}-{number:02d}"
    return f"{body}-{check_character(body)}"


def tidy_code(text: str) -> str | None:
    """A typed code in canonical form, or None where its check character does not fit."""
    compact = text.strip().upper().replace(" ", "")
    body, _, check = compact.rpartition("-")
    if not body or len(compact) > 40 or any(c not in _ALPHABET and c != "-" for c in compact):
        return None
    return compact if check == check_character(body) else None


def verification_code() -> str:
    """An unguessable code (about 59 bits) by which anyone may verify one award: `K7QF-3M9T-XWPD-C`."""
    groups = ["".join(secrets.choice(_SPOKEN_ALPHABET) for _ in range(4)) for _ in range(3)]
    body = "-".join(groups)
    return f"{body}-{check_character(body)}"
