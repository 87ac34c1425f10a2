"""What a personal record is read for, as the caller says in the header `Access-Purpose`.

Not `Purpose`: browsers send that one by themselves when they fetch ahead. Optional in this version of the contract: clients that were written before it exists go on working, and the log says
that they gave none.
"""

from fastapi import Request

from app.problems import field_problem
from app.vocabularies import Purpose

PURPOSE_HEADER = "Access-Purpose"


def reading_purpose(request: Request) -> Purpose | None:
    """The purpose, None where none is stated; 422 for a word that is none."""
    given = request.headers.get(PURPOSE_HEADER)
    if given is None:
        return None
    if given not in Purpose.__members__.values():
        known = ", ".join(f"'{purpose}'" for purpose in Purpose)
        raise field_problem(
            f"header:{PURPOSE_HEADER}", "unknown_value", f"Phải là một trong: {known}.", f"Must be one of: {known}."
        )
    return Purpose(given)
