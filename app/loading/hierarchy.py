"""Administrative units with their successions, and the bodies in their two trees."""

import unicodedata
from collections.abc import Iterator

from sqlalchemy import update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from app.ids import new_id
from app.loading.common import Entry, Ids, add, day, ids_by_key, shipped, stored, unit_key
from app.models.administrative_units import AdministrativeUnit, UnitSuccession
from app.models.authorities import Authority
from app.vocabularies import AuthorityKind, AuthorityLevel, Tier

# prefixes that everybody knows from the symbols of documents
_KNOWN_CODES = {"chinh-phu": "CP", "thu-tuong-chinh-phu": "TTG", "chu-tich-nuoc": "CTN", "quoc-hoi": "QH"}
# "phường Uông Bí" is known as "Uông Bí": the kind of a unit says nothing in a prefix
_UNIT_KINDS = ("thành phố", "thị xã", "thị trấn", "đặc khu", "tỉnh", "huyện", "quận", "phường", "xã")
_LEVELS = list(AuthorityLevel)
_TIERS = list(Tier)


async def load_units(db: AsyncSession) -> Ids:
    """Units and successions; returns the ids by key."""
    content = shipped("administrative_units")
    ids = await ids_by_key(db, AdministrativeUnit.key, AdministrativeUnit.id)
    absent = [unit for unit in content["units"] if unit["key"] not in ids]
    ids |= {unit["key"]: new_id() for unit in absent}
    await add(db, AdministrativeUnit, (_unit_row(unit, ids) for unit in sorted(absent, key=_tier)))
    known = set(await stored(db, UnitSuccession.from_unit_id, UnitSuccession.to_unit_id, UnitSuccession.effective_date))
    successions = [
        {
            "id": new_id(),
            "from_unit_id": ids[unit_key(edge["from"])],
            "to_unit_id": ids[unit_key(edge["to"])],
            "extent": edge["extent"],
            "effective_date": day(edge["effective_date"]),
            "legal_basis": edge["legal_basis"],
            "verification": edge["verification"],
        }
        for edge in content["successions"]
    ]
    await add(
        db,
        UnitSuccession,
        (
            edge
            for edge in successions
            if (edge["from_unit_id"], edge["to_unit_id"], edge["effective_date"]) not in known
        ),
    )
    return ids


def _unit_row(unit: Entry, ids: Ids) -> Entry:
    return {
        "id": ids[unit["key"]],
        "parent_id": ids[unit_key(unit["parent"])] if unit["parent"] else None,
        "valid_from": day(unit["valid_from"]),
        "valid_to": day(unit["valid_to"]),
        **{name: unit[name] for name in ("key", "code", "name", "kind", "tier", "legal_basis", "verification", "note")},
    }


def _tier(unit: Entry) -> int:
    """Parents stand in a higher tier, so they come first."""
    return _TIERS.index(Tier(unit["tier"]))


async def load_authorities(db: AsyncSession, units: Ids) -> Ids:
    """Bodies, those for demonstration included; a trigger of the database makes their paths. Returns the ids by key."""
    content = shipped("authorities")
    unit_names = {unit["key"]: unit["name"] for unit in shipped("administrative_units")["units"]}
    known = await stored(db, Authority.key, Authority.id, Authority.code)
    ids = {key: identifier for key, identifier, _ in known}
    absent = [body for body in content["authorities"] + content["demonstration"] if body["key"] not in ids]
    codes = _codes(absent, unit_names, {code for _, _, code in known})
    done = set(ids)
    ids |= {body["key"]: new_id() for body in absent}
    for wave in _waves(absent, done):
        await add(db, Authority, (_authority_row(body, ids, units, codes[body["key"]]) for body in wave))
    for body in absent:
        if body["standing_body_of"]:
            council = ids[body["standing_body_of"]]
            await db.exec(
                update(Authority)
                .where(col(Authority.id) == council, col(Authority.standing_body_id).is_(None))
                .values(standing_body_id=ids[body["key"]])
            )
    return ids


def _authority_row(body: Entry, ids: Ids, units: Ids, code: str) -> Entry:
    return {
        "id": ids[body["key"]],
        "code": code,
        "unit_id": units[unit_key(body["unit"])] if body["unit"] else None,
        "parent_id": ids[body["parent"]] if body["parent"] else None,
        "line_parent_id": ids[body["line_parent"]] if body["line_parent"] else None,
        "territory_path": "",
        "line_path": "",
        "valid_from": day(body["valid_from"]),
        "valid_to": day(body["valid_to"]),
        **{
            name: body[name]
            for name in (
                "key",
                "name",
                "short_name",
                "line",
                "kind",
                "level",
                "head_title",
                "identification_code",
                "verification",
                "note",
            )
        },
    }


def _waves(bodies: list[Entry], done: set[str]) -> Iterator[list[Entry]]:
    """Bodies whose both parents are stored already, again and again: the trigger reads the parents' paths."""
    waiting = bodies
    while waiting:
        wave = [b for b in waiting if {b["parent"], b["line_parent"]} - {None} <= done]
        if not wave:
            raise ValueError(f"bodies above each other, or above nobody: {[b['key'] for b in waiting]}")
        yield wave
        done |= {body["key"] for body in wave}
        waiting = [body for body in waiting if body["key"] not in done]


def _codes(bodies: list[Entry], unit_names: dict[str, str], taken: set[str]) -> dict[str, str]:
    """Prefixes of campaign codes: initials, and a number where another has them.

    Bodies of today come before ended ones, higher levels and people's committees before others.
    """

    def rank(body: Entry) -> tuple[object, ...]:
        return (
            body["key"] not in _KNOWN_CODES,
            body["valid_to"] is not None,
            body["kind"] != AuthorityKind.PEOPLE_COMMITTEE,
            _LEVELS.index(AuthorityLevel(body["level"])),
        )

    codes: dict[str, str] = {}
    for body in sorted(bodies, key=rank):  # stable: the order of the file decides the rest
        key = body["key"]
        of_unit = body["kind"] == AuthorityKind.PEOPLE_COMMITTEE and body["unit"]
        stem = _KNOWN_CODES.get(key) or initials(unit_names[unit_key(body["unit"])] if of_unit else body["name"])
        code, number = stem, 1
        while code in taken:
            number += 1
            code = f"{stem}{number}"
        taken.add(code)
        codes[key] = code
    return codes


def initials(name: str) -> str:
    """`Phường Uông Bí` → `UB`: first letters in Latin capitals, digits kept, kinds of units left out."""
    text = f" {name.lower()} "
    for kind in _UNIT_KINDS:
        text = text.replace(f" {kind} ", " ")
    plain = unicodedata.normalize("NFD", text.replace("đ", "d"))
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in plain if not unicodedata.combining(c)).split()
    return "".join(word if word.isdigit() else word[0] for word in words).upper()
