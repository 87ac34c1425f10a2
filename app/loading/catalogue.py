"""Award types and who may decide them, base salaries, the calendar, workflow definitions."""

from decimal import Decimal

from sqlmodel.ext.asyncio.session import AsyncSession

from app.ids import new_id
from app.loading.common import Entry, add, day, shipped, stored
from app.models.award_types import AwardCompetence, AwardType, BaseSalary, CalendarDay
from app.models.nominations import WorkflowDefinition

_SAME_NAME = (
    "code",
    "name",
    "kind",
    "family",
    "catalogue_level",
    "rank",
    "recipients",
    "prerequisite",
    "prerequisite_paths",
    "quota_rule",
    "ballot_threshold_percent",
    "coefficient_is_ceiling",
    "cycle",
    "report_template",
    "posthumous",
    "deciding_authority_before",
    "legal_basis",
    "verification",
    "note",
)


async def load_catalogue(db: AsyncSession) -> None:
    """Everything of the catalogue."""
    await _load_award_types(db)
    await _load_base_salaries(db)
    await _load_calendar(db)
    await _load_workflows(db)


async def _load_award_types(db: AsyncSession) -> None:
    content = shipped("award_types")
    known = set(await stored(db, AwardType.code, AwardType.valid_from))
    types = [_award_type_row(entry) for entry in content["award_types"]]
    await add(db, AwardType, (row for row in types if (row["code"], row["valid_from"]) not in known))

    rules = set(
        await stored(
            db,
            AwardCompetence.award_type_code,
            AwardCompetence.authority_kind,
            AwardCompetence.authority_level,
            AwardCompetence.valid_from,
        )
    )
    competences = [
        {
            "id": new_id(),
            "award_type_code": entry["award_type"],
            "valid_from": day(entry["valid_from"]),
            "valid_to": day(entry["valid_to"]),
            **{n: entry[n] for n in ("authority_kind", "authority_level", "legal_basis", "verification", "note")},
        }
        for entry in content["competences"]
    ]
    await add(
        db,
        AwardCompetence,
        (
            row
            for row in competences
            if (row["award_type_code"], row["authority_kind"], row["authority_level"], row["valid_from"]) not in rules
        ),
    )


def _award_type_row(entry: Entry) -> Entry:
    coefficients = {
        f"coefficient_{recipient}": Decimal(text) if text is not None else None
        for recipient, text in entry["coefficient"].items()
    }
    return {
        "id": new_id(),
        "parent_code": entry["parent"],
        "deciding_authority": entry["deciding_authority_from_2025_07"],
        "valid_from": day(entry["valid_from"]),
        "valid_to": day(entry["valid_to"]),
        **coefficients,
        **{name: entry[name] for name in _SAME_NAME},
    }


async def _load_base_salaries(db: AsyncSession) -> None:
    known = set(await stored(db, BaseSalary.valid_from))
    rows = [
        {
            "valid_from": day(entry["valid_from"]),
            **{name: entry[name] for name in ("amount", "legal_basis", "verification")},
        }
        for entry in shipped("base_salaries")["base_salaries"]
    ]
    await add(db, BaseSalary, (row for row in rows if (row["valid_from"],) not in known))


async def _load_calendar(db: AsyncSession) -> None:
    known = set(await stored(db, CalendarDay.day))
    rows = [
        {
            "day": day(text),
            "is_working": is_working,
            "name": name,
            "legal_basis": year["legal_basis"],
            "verification": year["verification"],
        }
        for year in shipped("working_calendar")["years"]
        for text, name, is_working in [
            *((holiday["date"], holiday["name"], False) for holiday in year["holidays"]),
            *((saturday, "Làm bù", True) for saturday in year["working_saturdays"]),
        ]
    ]
    await add(db, CalendarDay, (row for row in rows if (row["day"],) not in known))


async def _load_workflows(db: AsyncSession) -> None:
    known = set(await stored(db, WorkflowDefinition.code, WorkflowDefinition.number))
    rows = [
        {
            "id": new_id(),
            "valid_from": day(entry["valid_from"]),
            "valid_to": day(entry["valid_to"]),
            **{name: entry[name] for name in ("code", "number", "definition")},
        }
        for entry in shipped("workflows")["workflows"]
    ]
    await add(db, WorkflowDefinition, (row for row in rows if (row["code"], row["number"]) not in known))
