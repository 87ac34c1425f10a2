"""Generated walks along the links of the contract: what one request makes, the next ones really reach.

Whoever does a step in the ward does it here: the school makes, the standing body processes, the chair decides.
"""

import copy
import zlib
from collections import Counter
from typing import Any, ClassVar

import schemathesis
from hypothesis import HealthCheck, Phase, settings

from tests.contract.rehearsal import STAGE, Rehearsal
from tests.operations import DOCUMENT, OPERATIONS, right_role

BY_ID = {operation.id: operation for operation in OPERATIONS}
# what an answer makes → where later requests name it
MADE = {
    "createCandidate": "candidate_id",
    "createDossier": "dossier_id",
    "createLegalDocument": "launch_document_id",
    "appraiseNomination": "nomination_ids",
}
CONFIG = schemathesis.Config.from_dict(
    {
        "generation": {"with-security-parameters": False, "mode": "positive"},
        "checks": {"positive_data_acceptance": {"enabled": False}},
    }
)
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT, config=CONFIG)
SCHEMA.app = STAGE


class Walk(SCHEMA.as_state_machine()):  # type: ignore[misc]
    """One walk; what it writes is taken back at its end."""

    rehearsed: ClassVar[Rehearsal]
    reached: ClassVar[Counter[str]] = Counter()

    def setup(self) -> None:
        """Begin."""
        self.rehearsed.begin()
        self.made: dict[str, str] = {}

    def teardown(self) -> None:
        """Take everything back."""
        self.rehearsed.end()
        super().teardown()

    def before_call(self, case: schemathesis.Case[Any]) -> None:
        """Three times of four a body of the real work, about what this walk has made; else a generated one."""
        name = case.operation.definition.raw["operationId"]
        if name in self.rehearsed.bodies and zlib.crc32(repr(case.body).encode()) % 4:
            body = copy.deepcopy(self.rehearsed.bodies[name])
            for field, identifier in self.made.items():
                if field in body:
                    body[field] = [identifier] if isinstance(body[field], list) else identifier
            case.body = body

    def get_call_kwargs(self, case: schemathesis.Case[Any]) -> dict[str, Any]:
        """The token of whoever does this in the ward."""
        operation = BY_ID[case.operation.definition.raw["operationId"]]
        if operation.permission is None:
            return {}
        caller = self.rehearsed.callers[right_role(operation.permission)[0]]
        return {"headers": {"Authorization": f"Bearer {caller.token}"}}

    def after_call(self, response: schemathesis.Response, case: schemathesis.Case[Any]) -> None:
        """Remember what was made."""
        name = case.operation.definition.raw["operationId"]
        if response.status_code < 300:
            self.reached[name] += 1
            if name in MADE:
                self.made[MADE[name]] = response.json()["id"]


def test_walks_along_the_links_keep_the_contract_and_reach_what_they_make(rehearsed: Rehearsal) -> None:
    Walk.rehearsed = rehearsed
    Walk.run(
        settings=settings(
            max_examples=40,
            stateful_step_count=12,
            phases=[Phase.generate],
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
    )
    linked = {
        target
        for operations in DOCUMENT["paths"].values()
        for operation in operations.values()
        for answer in operation["responses"].values()
        for target in answer.get("links", {})
    }
    print(sorted((name, Walk.reached[name]) for name in linked))
    assert not linked - Walk.reached.keys(), "never reached"
