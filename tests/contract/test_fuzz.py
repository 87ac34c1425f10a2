"""Generated requests, right and wrong, to every operation as three callers: each answer keeps the contract.

`CONTRACT_EXAMPLES=300 python -m pytest tests/contract/test_fuzz.py` is the long run.
"""

import copy
import os
import zlib
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.generation.meta import CoveragePhaseData, CoverageScenario
from schemathesis.specs.openapi.schemas import OpenApiSchema

from tests.contract.rehearsal import CALLERS, STAGE, Rehearsal
from tests.operations import DOCUMENT, PUBLIC

SHORT = 10
EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", SHORT))


def _schema(**phases: dict[str, bool]) -> OpenApiSchema:
    """The contract, read by schemathesis."""
    configuration = {
        "generation": {"with-security-parameters": False},
        "phases": phases,
        "checks": {
            # replaced by `_keeps_the_contract`: much of what the rules of the field refuse, no schema can say
            "positive_data_acceptance": {"enabled": False},
            # a missing If-Match is a 428, a missing Idempotency-Key a 400
            "missing_required_header": {"expected-statuses": [400, 401, 403, 404, 422, 428]},
        },
    }
    # schemathesis writes into what it is given
    found = schemathesis.openapi.from_dict(copy.deepcopy(DOCUMENT), config=schemathesis.Config.from_dict(configuration))
    found.app = STAGE
    return found


EVERY_KEYWORD = _schema()
# who calls makes no difference to what is public, nor to how a request is read
AS_OTHERS = _schema(coverage={"enabled": False}, examples={"enabled": False}).exclude(operation_id=sorted(PUBLIC))
# what is refused with 422 although the schema admits it: no schema can say it
BEYOND_SCHEMAS = {
    "text_not_nfc",
    "control_character",
    "date_precision_mismatch",
    "date_not_in_calendar",
    "not_a_person",
    "end_before_start",
    "duplicate_key",
    "null_not_allowed",
    "scope_outside_competence",
    "in_the_future",
    "in_the_past",
    "later_than_its_end",
    "authorisation_needs_document",
    "authorisation_needs_end",
    "too_many_groups",
    "wrong_password",
    "code_required",
    "code_does_not_match",
    "easily_guessed",
    "same_password",
}
bounded = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def _keeps_the_contract(case: schemathesis.Case[Any], rehearsed: Rehearsal, caller: str) -> None:
    rehearsed.make_real(case)
    headers = {"Authorization": f"Bearer {rehearsed.callers[caller].token}"}
    response = case.call_and_validate(headers=headers)
    assert case.meta is not None
    if case.meta.generation.mode.is_positive and response.status_code == 422:
        problem = response.json()
        told = {error["code"] for error in problem.get("errors", [])} - BEYOND_SCHEMAS
        assert problem["code"] != "invalid_input" or not told, problem["errors"]


def _is_left_out(case: schemathesis.Case[Any]) -> bool:
    """Of the thousands of requests that walk every keyword of every schema a short run makes one in twelve."""
    assert case.meta is not None
    data = case.meta.phase.data
    if EXAMPLES > SHORT or not isinstance(data, CoveragePhaseData):
        return False
    whole = data.scenario in (CoverageScenario.MISSING_PARAMETER, CoverageScenario.UNSPECIFIED_HTTP_METHOD)
    return not whole and zlib.crc32(repr((case.path_parameters, case.query, case.body)).encode()) % 12 != 0


@EVERY_KEYWORD.parametrize()
@bounded
def test_every_answer_keeps_the_contract(case: schemathesis.Case[Any], rehearsed: Rehearsal) -> None:
    if not _is_left_out(case):
        _keeps_the_contract(case, rehearsed, "ward")


@pytest.mark.parametrize("caller", [caller for caller in CALLERS if caller != "ward"])
@AS_OTHERS.parametrize()
@bounded
def test_every_answer_to_others_keeps_it_too(case: schemathesis.Case[Any], rehearsed: Rehearsal, caller: str) -> None:
    _keeps_the_contract(case, rehearsed, caller)
