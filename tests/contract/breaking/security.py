"""Ways to log in: each that a client uses today must still open the door, and need no more scopes."""

from collections.abc import Iterator
from typing import Any

from tests.contract.breaking.findings import Finding, breaking

Requirement = dict[str, list[str]]


def security_findings(
    old: list[Requirement], new: list[Requirement], old_schemes: dict[str, Any], new_schemes: dict[str, Any]
) -> Iterator[Finding]:
    """The alternatives of one operation. No alternative at all means that nobody has to log in."""
    for before in old or [{}]:
        refused = [_lacking(before, after, old_schemes, new_schemes) for after in new or [{}]]
        if all(refused):
            names = ", ".join(f"`{name}`" for name in sorted(before)) or "không đăng nhập"
            yield breaking(f"cách gọi {names} không còn đủ: cần {min(refused, key=len)}")


def _lacking(before: Requirement, after: Requirement, old_schemes: dict[str, Any], new_schemes: dict[str, Any]) -> str:
    """What a client that satisfies `before` still needs for `after`; empty where nothing."""
    lacking = []
    for name, scopes in after.items():
        same = [
            own
            for own in before
            if own == name and name not in old_schemes | new_schemes
            or _same_scheme(old_schemes.get(own), new_schemes.get(name))
        ]  # fmt: skip
        if not same:
            lacking.append(f"`{name}`")
        else:
            lacking += [f"scope `{scope}`" for scope in scopes if not any(scope in before[own] for own in same)]
    return ", ".join(lacking)


def _same_scheme(old: Any, new: Any) -> bool:
    """Whether what satisfied the old scheme satisfies the new one; the name of a scheme is not sent."""
    if old is None or new is None or old.get("type") != new.get("type"):
        return False
    kind = old["type"]
    if kind == "http":
        return bool(old["scheme"].lower() == new["scheme"].lower())
    if kind == "apiKey":
        fold = str.lower if old["in"] == "header" else str
        return bool(old["in"] == new["in"] and fold(old["name"]) == fold(new["name"]))
    if kind == "openIdConnect":
        return bool(old["openIdConnectUrl"] == new["openIdConnectUrl"])
    if kind == "oauth2":
        return all(_same_flow(flow, new["flows"].get(name)) for name, flow in old["flows"].items())
    return True


def _same_flow(old: dict[str, Any], new: dict[str, Any] | None) -> bool:
    if new is None or not old.get("scopes", {}).keys() <= new.get("scopes", {}).keys():
        return False
    return all(old[word] == new.get(word) for word in ("authorizationUrl", "tokenUrl", "refreshUrl") if word in old)
