"""Every operation of the contract × every kind of caller gives the status that the access rules say.

The operations come from the OpenAPI document; each names its permission there, in `security`. An
operation that `tests/operations.py` cannot call yet fails: nothing is exempt but what is public by name.
"""

import httpx
import pytest

from app.access import ROLE_PERMISSIONS
from app.vocabularies import Permission, Reach, Role
from tests.hostile import unchanged
from tests.make import OTHER_WARD, WARD
from tests.operations import BUILDERS, GUARDED, OPERATIONS, PUBLIC, Operation, World, prepare, right_role
from tests.story import PROVINCIAL_WOMENS_UNION

OTHER_PROVINCE = "ubnd-thanh-pho-hai-phong"
SCHOOL_NAME = "Trường Tiểu học Minh Họa Uông Bí"
# any caller who is logged in may read these: they say nothing of anybody's work
FOR_EVERYONE = {Permission.SELF_READ, Permission.SELF_WRITE, Permission.REFERENCE_READ, Permission.LEGAL_DOCUMENT_READ}


def test_only_what_is_public_by_name_has_no_permission() -> None:
    assert {operation.id for operation in OPERATIONS if operation.permission is None} == PUBLIC


# ------------------------------------------------------------ the callers


def _wrong_role(permission: Permission) -> tuple[Role, str, Reach]:
    for role in (Role.VIEWER, Role.FINANCE, Role.SYSTEM_ADMIN):
        if permission not in ROLE_PERMISSIONS[role]:
            return role, WARD, Reach.TERRITORY
    raise AssertionError(f"every role holds {permission}")


OUTSIDERS = [
    pytest.param((OTHER_WARD, Reach.TERRITORY), id="other ward"),
    pytest.param((OTHER_PROVINCE, Reach.TERRITORY), id="other province"),
    pytest.param((PROVINCIAL_WOMENS_UNION, Reach.LINE), id="own line of the women's union"),
]
every_operation = pytest.mark.parametrize("operation", GUARDED, ids=lambda operation: operation.id)


@every_operation
async def test_the_anonymous_is_refused(world: World, operation: Operation) -> None:
    request = await prepare(world, operation)
    async with unchanged("cross_reach", world.make.connection):
        answer = await request.send(world.make.client)
        assert answer.status_code == 401, answer.text
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("outsider", OUTSIDERS)
@every_operation
async def test_an_outsider_is_shown_nothing(world: World, operation: Operation, outsider: tuple[str, Reach]) -> None:
    assert operation.permission is not None
    key, reach = outsider
    role = right_role(operation.permission)[0]
    caller = await world.make.caller((role, key, reach))
    request = await prepare(world, operation, caller)
    if operation.permission in FOR_EVERYONE:
        answer = await request.send(caller)
        assert answer.is_success, answer.text
        return
    ward = await world.authority(WARD)
    async with unchanged("cross_reach", world.make.connection):
        _is_shown_nothing(operation, ward.name, await request.send(caller))


def _is_shown_nothing(operation: Operation, ward: str, answer: httpx.Response) -> None:
    if operation.is_list and "{" not in operation.path and answer.status_code == 200:
        assert ward not in answer.text and SCHOOL_NAME not in answer.text, "a row of the ward is shown"
    elif answer.status_code == 422:
        # a body outside reach that a request only refers to is as unknown as one that does not exist
        assert answer.json()["code"] == "unknown_reference", answer.text
    else:
        assert answer.status_code == 404, f"{answer.status_code}: {answer.text[:400]}"


@pytest.mark.parametrize(
    "operation",
    [o for o in GUARDED if not all(o.permission in held for held in ROLE_PERMISSIONS.values())],
    ids=lambda operation: operation.id,
)
async def test_the_wrong_role_of_the_own_ward_is_refused(world: World, operation: Operation) -> None:
    assert operation.permission is not None
    caller = await world.make.caller(_wrong_role(operation.permission))
    request = await prepare(world, operation)
    async with unchanged("cross_reach", world.make.connection):
        answer = await request.send(caller)
        assert answer.status_code == 403, f"{answer.status_code}: {answer.text[:400]}"
        assert answer.json()["code"] == "forbidden"


@every_operation
async def test_theright_role_of_the_own_ward_is_served(world: World, operation: Operation) -> None:
    assert operation.permission is not None
    caller = await world.make.caller(right_role(operation.permission))
    answer = await (await prepare(world, operation, caller)).send(caller)
    assert answer.is_success, f"{answer.status_code}: {answer.text[:400]}"


def test_every_operation_can_be_called() -> None:
    unknown = {operation.id for operation in OPERATIONS} - set(BUILDERS)
    assert not unknown, f"teach tests/operations.py how to call {sorted(unknown)}"
