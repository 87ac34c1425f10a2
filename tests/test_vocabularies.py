"""/v1/vocabularies."""

import json
from pathlib import Path
from typing import get_args

import httpx

from app.models.campaigns import CampaignAction
from app.models.deployments import DeploymentAction
from app.models.signers import SignerAction
from app.models.users import GrantAction, UserAction
from app.services.workflow import Workflow
from app.vocabularies import VOCABULARIES, Action, AdministrationAction, Reach, Role, Tier
from tests.make import WARD, Make
from tests.story import refused

WORKFLOWS = Path(__file__).parent.parent / "app/data/workflows.json"

URL = "/v1/vocabularies"


async def test_every_closed_list_is_public_with_both_labels(client: httpx.AsyncClient) -> None:
    answer = await client.get(URL)
    assert answer.status_code == 200
    lists = {item["name"]: item["terms"] for item in answer.json()["items"]}
    assert lists.keys() == VOCABULARIES.keys()
    assert lists["tier"][3] == {"code": "commune", "label": "Cấp xã", "label_en": "Commune"}
    assert [term["code"] for term in lists["tier"]] == list(Tier)
    assert [term["code"] for term in lists["role"]] == list(Role)
    assert all(term["label"] and term["label_en"] for terms in lists.values() for term in terms)


async def test_an_unchanged_vocabulary_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await client.get(URL)
    assert first.headers["cache-control"] == "public, max-age=300"
    again = await client.get(URL, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await client.get(URL, headers={"If-None-Match": '"other"'})).content == first.content


def test_every_action_that_an_answer_can_allow_has_its_word() -> None:
    workflow = Workflow.model_validate(json.loads(WORKFLOWS.read_text(encoding="utf-8"))["workflows"][0]["definition"])
    assert {Action(step.action).vi: Action(step.action).en for step in workflow.transitions} == {
        step.label: step.label_en for step in workflow.transitions
    }
    named = {*get_args(CampaignAction), *get_args(DeploymentAction), *(step.action for step in workflow.transitions)}
    assert named | {"edit"} == set(Action)
    administration = {*get_args(UserAction), *get_args(GrantAction), *get_args(SignerAction)}
    assert administration == set(AdministrationAction)


async def test_a_refusal_names_the_missing_permission_in_words(make: Make) -> None:
    viewer = await make.caller((Role.VIEWER, WARD, Reach.TERRITORY))
    problem = refused(await viewer.get("/v1/candidates"), 403, "forbidden")
    assert "“Xem đối tượng khen thưởng”" in problem["detail"]


async def test_no_statement_is_needed(client: httpx.AsyncClient) -> None:
    reads = client._transport.app.state.database.reads  # type: ignore[attr-defined]  # the transport of the application
    before = reads.statements
    await client.get(URL)
    assert reads.statements == before
