"""Walks along the links of the contract: what one request makes, the next ones really reach.

Whoever does a step in the ward does it here: the school makes, the standing body processes, the chair decides.
"""

import copy
import zlib
from collections import Counter
from typing import Any, ClassVar

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings

from tests.contract.rehearsal import STAGE, Rehearsal
from tests.operations import DOCUMENT, OPERATIONS, World, prepare, right_role, served

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
        # only the links that the contract itself names
        "phases": {"stateful": {"inference": {"algorithms": []}}},
        "checks": {"positive_data_acceptance": {"enabled": False}},
    }
)


# schemathesis writes into what it is given; a walk begins where something is made, not with a list of reference data
SCHEMA = schemathesis.openapi.from_dict(copy.deepcopy(DOCUMENT), config=CONFIG)
SCHEMA.app = STAGE
MACHINE = SCHEMA.exclude(operation_id_regex="^list(?!Authorities$)").as_state_machine()


# its base class is made at run time, from the contract: no type checker can know it
class Walk(MACHINE):  # type: ignore[misc,valid-type]
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


def test_walks_along_the_links_keep_the_contract(rehearsed: Rehearsal) -> None:
    Walk.rehearsed = rehearsed
    Walk.run(
        settings=settings(
            max_examples=30,
            stateful_step_count=12,
            phases=[Phase.generate],
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
    )
    # schemathesis throws dice of its own, so which way the walks go differs from run to run
    reached = Walk.reached.keys() & {name for _, name, _ in LINKS}
    assert len(reached) >= 5, f"the walks stay at their beginning: {sorted(Walk.reached)}"


# ------------------------------------------------------------ every link, once


def _links() -> list[tuple[str, str, dict[str, str]]]:
    return [
        (operation["operationId"], link["operationId"], link["parameters"])
        for operations in DOCUMENT["paths"].values()
        for operation in operations.values()
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]


LINKS = _links()


def _told(expression: str, answer: httpx.Response) -> str:
    """What `$response.body#/…` or `$response.header.…` means in this answer."""
    if expression.startswith("$response.header."):
        return answer.headers[expression.removeprefix("$response.header.")]
    found: Any = answer.json()
    for step in expression.removeprefix("$response.body#/").split("/"):
        found = found[int(step)] if isinstance(found, list) else found[step]
    return str(found)


@pytest.mark.parametrize(("source", "target", "parameters"), LINKS, ids=[f"{s} → {t}" for s, t, _ in LINKS])
async def test_a_link_leads_to_what_the_first_request_made(
    world: World, source: str, target: str, parameters: dict[str, str]
) -> None:
    if source.startswith("list"):
        await prepare(world, BY_ID[target])
    first = await (await prepare(world, BY_ID[source])).send(await served(world, BY_ID[source]))
    assert first.is_success, first.text
    request = await prepare(world, BY_ID[target])
    request.path = BY_ID[target].path
    for name, expression in parameters.items():
        where, _, key = name.partition(".")
        if where == "path":
            request.path = request.path.replace("{" + key + "}", _told(expression, first))
        else:
            request.headers[key] = _told(expression, first)
    answer = await request.send(await served(world, BY_ID[target]))
    # what the link names is there, in the version it names; whether its state allows the step is another matter
    assert answer.is_success or answer.status_code == 409, f"{answer.status_code}: {answer.text}"
    assert set(request.headers) >= {"If-Match"} or not BY_ID[target].takes("If-Match")
