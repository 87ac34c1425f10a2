"""Over random trees, grants and rows: what any read returns is exactly what the rule says, list and single record alike.

The rule is written here a second time, over the tree itself and one grant after the other (`access.md`): a record is
shown where one grant in force both reaches it and holds the permission; it is refused where some grant in force reaches
it, and unknown otherwise. Nothing of it looks at paths, which is how the product does it.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app import clock
from app.access import ROLE_PERMISSIONS
from app.models.authorities import Authority
from app.models.campaigns import CampaignPlan
from app.models.users import RoleGrant, UserAccount, UserSession
from app.vocabularies import Permission, Reach, Role, Route
from tests.make import Caller, Make
from tests.register import give, make_body
from tests.story import ok

P = Permission
LAUNCHED = ("launched", "suspended", "concluded", "archived")
VALIDITIES = {
    "in force": (-10, None, False),
    "from today": (0, None, False),
    "until today": (-10, 0, False),
    "expired": (-10, -1, False),
    "future": (1, None, False),
    "suspended": (-10, None, True),
}


@dataclass(frozen=True)
class Given:
    """A grant: role, place of its body in the list, reach, validity."""

    role: Role
    body: int
    reach: Reach
    validity: str

    @property
    def in_force(self) -> bool:
        first, last, suspended = VALIDITIES[self.validity]
        return first <= 0 and (last is None or last >= 0) and not suspended


@dataclass(frozen=True)
class Row:
    """A row: its body, and what else of it decides who sees it."""

    owner: int
    route: Route = Route.TERRITORY
    desk: int = 0
    submitted: bool = False
    holders: tuple[int, ...] = ()
    worked_on: int | None = None
    state: str = ""
    nationwide: bool = False
    awardees: tuple[int, ...] = ()


@dataclass
class Plan:
    """A tree (parent by territory and by line of each body, always an earlier one), grants, rows by resource."""

    parents: list[int | None]
    line_parents: list[int | None]
    grants: list[Given]
    rows: dict[str, list[Row]]
    ids: dict[str, list[str]] = field(default_factory=dict)

    def above(self, body: int, parents: list[int | None]) -> set[int]:
        """The body and all above it."""
        found = {body}
        current = parents[body]
        while current is not None:
            found.add(current)
            current = parents[current]
        return found

    def covers(self, grant: Given, owner: int, route: Route | None = None) -> bool:
        """The rule of the three reaches; what travels along one route is gathered along that route only."""
        if grant.body == owner:
            return True
        if grant.reach == Reach.TERRITORY:
            return route != Route.LINE and grant.body in self.above(owner, self.parents)
        if grant.reach == Reach.LINE:
            return route != Route.TERRITORY and grant.body in self.above(owner, self.line_parents)
        return False

    def launched_above(self, grant: Given, row: Row) -> bool:
        """Whoever stands below the launcher, or anybody where it is for the whole nation, knows a launched campaign."""
        above = self.above(grant.body, self.parents) | self.above(grant.body, self.line_parents)
        return row.state in LAUNCHED and (row.nationwide or row.owner in above)


Reaches = Callable[[Plan, Given, Row], bool]


@dataclass(frozen=True)
class Resource:
    """A resource: its permission, and which rows one grant reaches, in the list and one by one."""

    path: str
    permission: Permission
    listed: Reaches
    single: Reaches


RESOURCES = {
    "candidate": Resource(
        "/v1/candidates",
        P.CANDIDATE_READ,
        lambda plan, grant, row: plan.covers(grant, row.owner),
        lambda plan, grant, row: plan.covers(grant, row.owner),
    ),
    "dossier": Resource(
        "/v1/dossiers",
        P.NOMINATION_READ,
        lambda plan, grant, row: plan.covers(grant, row.owner, row.route) or (row.submitted and grant.body == row.desk),
        lambda plan, grant, row: (
            plan.covers(grant, row.owner, row.route) or (row.submitted and grant.body in {row.desk, *row.holders})
        ),
    ),
    "nomination": Resource(
        "/v1/nominations",
        P.NOMINATION_READ,
        lambda plan, grant, row: plan.covers(grant, row.owner, row.route) or grant.body == row.desk,
        lambda plan, grant, row: plan.covers(grant, row.owner, row.route) or grant.body in (row.desk, row.worked_on),
    ),
    "campaign": Resource(
        "/v1/campaigns",
        P.CAMPAIGN_READ,
        lambda plan, grant, row: plan.covers(grant, row.owner) or plan.launched_above(grant, row),
        lambda plan, grant, row: plan.covers(grant, row.owner) or plan.launched_above(grant, row),
    ),
    "decision": Resource(
        "/v1/decisions",
        P.DECISION_READ,
        lambda plan, grant, row: plan.covers(grant, row.owner),
        lambda plan, grant, row: any(plan.covers(grant, owner) for owner in {row.owner, *row.awardees}),
    ),
    "award": Resource(
        "/v1/awards",
        P.AWARD_READ,
        lambda plan, grant, row: plan.covers(grant, row.owner),
        lambda plan, grant, row: plan.covers(grant, row.owner) or grant.body == row.desk,
    ),
}


# ------------------------------------------------------------ random worlds


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    count = draw(st.integers(2, 7))
    earlier = [st.none() | st.integers(0, place - 1) if place else st.none() for place in range(count)]
    parents = [draw(choice) for choice in earlier]
    line_parents = [draw(choice) for choice in earlier]
    body = st.integers(0, count - 1)
    grants = draw(
        st.lists(
            st.builds(
                Given,
                role=st.sampled_from(
                    [Role.OFFICER, Role.LEADER, Role.SUBMITTER, Role.FINANCE, Role.VIEWER, Role.SYSTEM_ADMIN]
                ),
                body=body,
                reach=st.sampled_from(Reach),
                validity=st.sampled_from([*VALIDITIES, "in force", "in force"]),
            ),
            min_size=1,
            max_size=3,
            # the database refuses the same grant twice
            unique_by=lambda grant: (grant.role, grant.body, grant.reach, VALIDITIES[grant.validity][0]),
        )
    )
    route, some = st.sampled_from(Route), st.integers(0, 3)
    rows: dict[str, list[Row]] = {
        "candidate": [Row(draw(body)) for _ in range(draw(some))],
        "campaign": [
            Row(
                draw(body),
                state=draw(st.sampled_from(["draft", "in_review", "cancelled", *LAUNCHED])),
                nationwide=draw(st.booleans()),
            )
            for _ in range(draw(some))
        ],
        "dossier": [],
        "nomination": [],
        "decision": [],
        "award": [],
    }
    for _ in range(draw(some)):
        owner, way, desk = draw(body), draw(route), draw(body)
        nominations = [
            Row(owner, way, desk=draw(body), worked_on=draw(st.none() | body)) for _ in range(draw(st.integers(0, 2)))
        ]
        rows["dossier"].append(
            Row(owner, way, desk, draw(st.booleans()), holders=tuple(nomination.desk for nomination in nominations))
        )
        rows["nomination"] += nominations
    for _ in range(draw(some)):
        # `give` lets the first of them decide
        awardees = tuple(draw(st.lists(body, min_size=1, max_size=3)))
        rows["decision"].append(Row(awardees[0], awardees=awardees))
        rows["award"] += [Row(owner, desk=awardees[0]) for owner in awardees]
    return Plan(parents, line_parents, grants, rows)


# ------------------------------------------------------------ told to the database

_OWNER = "from authority a where a.id = :owner"
_CANDIDATE = f"""
insert into candidate (id, kind, name, authority_id, territory_path, line_path, version)
select :id, 'individual', 'Nguyễn Văn Thử', a.id, a.territory_path, a.line_path, 1 {_OWNER}
"""
_CAMPAIGN = f"""
insert into campaign (id, code, authority_id, territory_path, line_path, title, other_titles, method, scope, plan, sources,
                      state, launched_on, launcher_known, version)
select :id, :code, a.id, a.territory_path, a.line_path, 'Phong trào thử', '[]', 'thematic', :scope,
       cast(:plan as jsonb), '[]', :state,
       :launched_on, true, 1 {_OWNER}
"""
_DOSSIER = f"""
insert into dossier (id, authority_id, territory_path, line_path, route, recipient_id, category, year, title, created_by,
                     submitted_at, version)
select :id, a.id, a.territory_path, a.line_path, :route, :desk, 'merit', 2026, 'Hồ sơ thử', :maker, :submitted_at, 1 {_OWNER}
"""
_NOMINATION = """
insert into nomination (id, dossier_id, authority_id, territory_path, line_path, route, candidate_id, award_type_id,
                        award_type_code, category, year, achievement, state, holder_id, workflow_id, created_by,
                        state_changed_at, version)
select :id, :dossier, a.id, a.territory_path, a.line_path, :route, :candidate, t.id, t.code, 'merit', 2026, 'Thành tích',
       'received', :desk, w.id, :maker, now(), 1
from authority a, (select id, code from award_type where code = 'gk_chu_tich_ubnd_xa' order by valid_from limit 1) t,
     (select id from workflow_definition where code = 'commendation' order by number desc limit 1) w
where a.id = :owner
"""
_EVENT = """
insert into nomination_event (id, nomination_id, action, from_state, to_state, actor_id, acting_for_id)
values (gen_random_uuid(), :id, 'receive', 'submitted', 'received', :maker, :worked_on)
"""


async def _told(make: Make, plan: Plan) -> Caller:
    """The bodies, the rows, and a caller who holds the grants."""
    bodies: list[Authority] = []
    for place, (parent, line_parent) in enumerate(zip(plan.parents, plan.line_parents, strict=True)):
        bodies.append(
            await make_body(
                make.db,
                f"Cơ quan thử {place}",
                parent=bodies[parent] if parent is not None else None,
                line_parent=bodies[line_parent] if line_parent is not None else None,
            )
        )
    # plain values: the session expires its objects
    places = [body.id for body in bodies]
    maker = UserAccount(username=f"nguoi-lap-{uuid.uuid4().hex}", display_name="Đỗ Thị Lập", password_hash="-")
    make.db.add(maker)
    await make.db.flush()
    plan.ids = {name: [str(uuid.uuid4()) for _ in rows] for name, rows in plan.rows.items()}

    async def insert(statement: str, **values: Any) -> None:
        await make.connection.execute(text(statement), values)

    for key, row in zip(plan.ids["candidate"], plan.rows["candidate"], strict=True):
        await insert(_CANDIDATE, id=key, owner=places[row.owner])
    for key, row in zip(plan.ids["campaign"], plan.rows["campaign"], strict=True):
        await insert(
            _CAMPAIGN,
            id=key,
            owner=places[row.owner],
            scope="national" if row.nationwide else "sector_local",
            code=f"THU-{key[:8]}",
            state=row.state,
            plan=CampaignPlan().model_dump_json(),
            launched_on=date(2026, 1, 5) if row.state in LAUNCHED else None,
        )
    nominations = iter(zip(plan.ids["nomination"], plan.rows["nomination"], strict=True))
    for dossier, row in zip(plan.ids["dossier"], plan.rows["dossier"], strict=True):
        shared = {"owner": places[row.owner], "route": row.route.value, "maker": maker.id}
        submitted_at = clock.now() if row.submitted else None
        await insert(_DOSSIER, id=dossier, desk=places[row.desk], submitted_at=submitted_at, **shared)
        for _ in row.holders:
            key, nomination = next(nominations)
            candidate = str(uuid.uuid4())
            await insert(_CANDIDATE, id=candidate, owner=places[row.owner])
            # they are rows of their own, and seen by the same rule
            plan.ids["candidate"].append(candidate)
            plan.rows["candidate"].append(Row(row.owner))
            await insert(
                _NOMINATION, id=key, dossier=dossier, candidate=candidate, desk=places[nomination.desk], **shared
            )
            if nomination.worked_on is not None:
                await insert(_EVENT, id=key, maker=maker.id, worked_on=places[nomination.worked_on])
    awards = iter(range(len(plan.rows["award"])))
    for place, row in enumerate(plan.rows["decision"]):
        decision = await give(make.connection, *(places[owner] for owner in row.awardees))
        plan.ids["decision"][place] = str(decision)
        found = await make.connection.execute(
            text("select id from award where decision_id = :id order by register_number"), {"id": decision}
        )
        for (award,) in found.all():
            plan.ids["award"][next(awards)] = str(award)
    return await _caller(make, plan, places)


async def _caller(make: Make, plan: Plan, places: list[uuid.UUID]) -> Caller:
    user = UserAccount(username=f"nguoi-goi-{uuid.uuid4().hex}", display_name="Bùi Văn Gọi", password_hash="-")
    make.db.add(user)
    await make.db.flush()
    today = clock.today()
    for grant in plan.grants:
        first, last, suspended = VALIDITIES[grant.validity]
        make.db.add(
            RoleGrant(
                user_id=user.id,
                role=grant.role,
                authority_id=places[grant.body],
                reach=grant.reach,
                valid_from=today + timedelta(days=first),
                valid_to=None if last is None else today + timedelta(days=last),
                suspended_at=clock.now() if suspended else None,
            )
        )
    session = UserSession(user_id=user.id, expires_at=clock.now() + timedelta(hours=1))
    make.db.add(session)
    await make.db.commit()
    token, _ = make.app.state.keys.sign(user.id, session.id)
    return Caller(make.client, token, user.id)


# ------------------------------------------------------------ the properties


def _shown(plan: Plan, name: str, reaches: Reaches, grants: Iterable[Given]) -> set[str]:
    held = list(grants)
    return {
        key
        for key, row in zip(plan.ids[name], plan.rows[name], strict=True)
        if any(reaches(plan, grant, row) for grant in held)
    }


async def _listed(caller: Caller, path: str) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = ok(await caller.get(path, params=query))
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


# a grant that reaches the draft and does not permit, another that permits and does not reach it
_TWO_HALVES = Plan(
    parents=[None, None],
    line_parents=[None, None],
    grants=[
        Given(Role.FINANCE, 0, Reach.TERRITORY, "in force"),
        Given(Role.OFFICER, 1, Reach.SELF, "in force"),
    ],
    rows={name: [] for name in RESOURCES} | {"dossier": [Row(0, desk=1), Row(0, desk=1, submitted=True)]},
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@example(plan=_TWO_HALVES)
@given(plan=plans())
async def test_every_read_shows_what_the_rule_says_and_nothing_else(make: Make, plan: Plan) -> None:
    async with make.rolled_back():
        caller = await _told(make, plan)
        note(f"{plan.parents} {plan.line_parents} {plan.grants}")
        in_force = [grant for grant in plan.grants if grant.in_force]
        for name, resource in RESOURCES.items():
            holding = [grant for grant in in_force if resource.permission in ROLE_PERMISSIONS[grant.role]]
            mine = set(plan.ids[name])
            if holding:
                listed = await _listed(caller, resource.path)
                assert len(listed) == len(set(listed)), f"{name}: a row is shown twice"
                expected = _shown(plan, name, resource.listed, holding)
                assert set(listed) & mine == expected, f"{name}: the list"
                # what was there before lies outside every body of this world, but for what is for the whole nation
                assert name == "campaign" or set(listed) <= mine, f"{name}: a row of somebody else"
            else:
                assert (await caller.get(resource.path)).status_code == 403, f"{name}: the list without a permission"
            # a launched campaign of the whole nation is public, so that nobody is told it does not exist
            public = _shown(plan, name, lambda _, __, row: row.nationwide and row.state in LAUNCHED, plan.grants)
            reached = _shown(plan, name, resource.single, in_force) | public
            allowed = _shown(plan, name, resource.single, holding)
            for key in plan.ids[name]:
                answer = await caller.get(f"{resource.path}/{key}")
                expected_status = 200 if key in allowed else 403 if key in reached else 404
                assert answer.status_code == expected_status, f"{name} {plan.rows[name][plan.ids[name].index(key)]}"
