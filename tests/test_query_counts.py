"""What a read costs in statements: the same few, however many rows it shows."""

import pytest
from fastapi import FastAPI

from app.vocabularies import Permission
from tests.operations import OPERATIONS, Operation, World, prepare, right_role

READS = [operation for operation in OPERATIONS if operation.method == "GET"]
# one statement answers a read; these need none, or say why they need two
NONE = {"listVocabularies", "listProblems", "readProblem", "readHealth", "readPublicKeys"}
TWO = {
    "readAwardStatistics": "which bodies are counted, then their figures",
    "readAuthorityLineage": "the body, then those it took over from and those that took over",
    "readDecision": "the decision, then its awards",
}


@pytest.mark.parametrize("operation", READS, ids=lambda operation: operation.id)
async def test_a_read_is_one_statement(world: World, operation: Operation, app: FastAPI) -> None:
    prepared = await prepare(world, operation)
    caller = await world.make.caller(right_role(operation.permission or Permission.SELF_READ))
    # who is asking is looked up once in five seconds, a workflow definition once in the life of the process
    assert (await prepared.send(caller)).is_success
    before = app.state.database.reads.statements
    assert (await prepared.send(caller)).is_success
    expected = 0 if operation.id in NONE else 2 if operation.id in TWO else 1
    assert app.state.database.reads.statements - before == expected
