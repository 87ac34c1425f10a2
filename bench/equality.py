"""Whether two answers say the same: parsed, moments as instants, without what only the product has."""

from datetime import UTC, datetime
from typing import Any

ONLY_THE_PRODUCT_HAS = frozenset({"allowed_actions"})


def normalised(value: Any) -> Any:
    """The content of a parsed answer in one form."""
    if isinstance(value, dict):
        return {name: normalised(item) for name, item in value.items() if name not in ONLY_THE_PRODUCT_HAS}
    if isinstance(value, list):
        return [normalised(item) for item in value]
    if isinstance(value, str) and len(value) >= 20 and value[10] == "T":
        try:
            return datetime.fromisoformat(value).astimezone(UTC).isoformat()
        except ValueError:
            return value
    return value


def difference(expected: Any, found: Any, where: str = "") -> str | None:
    """The first place where two normalised values differ, as a sentence; None where they are equal."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in sorted(expected.keys() | found.keys()):
            if name not in found or name not in expected:
                return f"{where}/{name}: only in {'the product' if name in expected else 'the peer'}"
            inner = difference(expected[name], found[name], f"{where}/{name}")
            if inner is not None:
                return inner
        return None
    if isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            return f"{where}: {len(expected)} and {len(found)} items"
        for position, (left, right) in enumerate(zip(expected, found, strict=True)):
            inner = difference(left, right, f"{where}/{position}")
            if inner is not None:
                return inner
        return None
    return None if expected == found else f"{where}: {expected!r} and {found!r}"
