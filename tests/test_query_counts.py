"""What a read costs in statements: the same few, however many rows it shows."""

import pytest
from fastapi import FastAPI

from app.vocabularies import Permission
from tests.make import Caller
from tests.operations import OPERATIONS, Operation, Prepared, World, prepare, right_role

READS = [operation for operation in OPERATIONS if operation.method == "GET"]
# one statement answers a read; these need none, or say why they need two
NONE = {"listVocabularies", "listProblems", "readProblem", "readHealth", "readPublicKeys"}
TWO = {
    "readAwardStatistics": "which bodies are counted, then their figures",
    "readAuthorityLineage": "the body, then those it took over from and those that took over",
    "readDecision": "the decision, then its awards",
    "readCandidate": "the candidate, then that it was read, by whom and what for",
}
FOUR = {
    "exportAuditLog": "the body, whether the password was just given, the numbers of its events, then that they are "
    "exported; none has to be read"
}


# kept while nothing changes: asked again, one statement asks whether anything has
KEPT = {
    "readAwardStatistics",
    "listPublicCampaigns",
    "readPublicCampaign",
    "findCampaignsForBot",
    "readCampaignForBot",
}


@pytest.mark.parametrize("operation", READS, ids=lambda operation: operation.id)
async def test_a_read_is_one_statement(world: World, operation: Operation, app: FastAPI) -> None:
    prepared = await prepare(world, operation)
    caller = await world.make.caller(right_role(operation.permission or Permission.SELF_READ))
    await app.state.changes.known(app.state.database.reads)
    # who is asking is looked up once in five seconds, a workflow definition once in the life of the process
    assert (await prepared.send(caller)).is_success
    app.state.kept_answers.forget()
    expected = 0 if operation.id in NONE else 2 if operation.id in TWO else 4 if operation.id in FOUR else 1
    assert await _statements(prepared, caller, app) == expected
    assert await _statements(prepared, caller, app) == (1 if operation.id in KEPT else expected)


async def _statements(prepared: Prepared, caller: Caller, app: FastAPI) -> int:
    before: int = app.state.database.reads.statements
    assert (await prepared.send(caller)).is_success
    after: int = app.state.database.reads.statements
    return after - before
