"""Bonus money (tiền thưởng): base salary in force on the decision date × coefficient, rounded up.

Nghị định 152/2025/NĐ-CP, Điều 49: the amount is rounded up to ten thousand đồng. Salary, coefficient and
rounding are data; what the catalogue marks as unverified leaves here marked so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Any

from app.db import Reads, Row
from app.models.award_types import Bonus
from app.problems import Problem
from app.vocabularies import RecipientKind, Verification

ROUNDING = 10_000
_SALARY = (
    "select amount, legal_basis, verification from base_salary where valid_from <= $1 order by valid_from desc limit 1"
)


@dataclass(frozen=True, slots=True)
class BaseSalary:
    """Lương cơ sở in đồng a month, with its legal basis."""

    amount: int
    legal_basis: str
    verification: Verification


def bonus_for(salary: int, coefficient: Decimal, rounding: int = ROUNDING) -> int:
    """Đồng: salary × coefficient, rounded up to a multiple of `rounding`."""
    steps = (salary * coefficient / rounding).to_integral_value(ROUND_CEILING)
    return int(steps) * rounding


async def base_salary_on(reads: Reads, day: date) -> BaseSalary:
    """The base salary in force on a day; refused before the first one on record."""
    row = await reads.fetchrow(_SALARY, day)
    if row is None:
        raise Problem("unknown_reference", field="/decided_on", what="mức lương cơ sở cho ngày")
    return BaseSalary(row["amount"], row["legal_basis"], Verification(row["verification"]))


def award_bonus(award_type: Row | Mapping[str, Any], kind: RecipientKind, salary: BaseSalary) -> Bonus | None:
    """How the bonus of one awardee is computed; None where the rules give no coefficient."""
    coefficient = {
        RecipientKind.INDIVIDUAL: award_type["coefficient_individual"],
        RecipientKind.COLLECTIVE: award_type["coefficient_collective"],
        RecipientKind.HOUSEHOLD: award_type["coefficient_household"],
    }.get(kind)
    if coefficient is None:
        return None
    worst = min(salary.verification, Verification(award_type["verification"]), key=list(Verification)[::-1].index)
    return Bonus(
        base_salary=salary.amount,
        coefficient=f"{coefficient.normalize():f}",
        rounding=ROUNDING,
        amount=bonus_for(salary.amount, coefficient),
        legal_basis=f"{award_type['legal_basis']}; {salary.legal_basis}",
        verification=worst,
    )
