"""The requests that are measured: for each kind some thousands of different ones, drawn from the data set."""

import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from app.access import Grant
from app.vocabularies import Reach, Role

MOST = 4_000
"""Different requests of one kind, at most."""
MOST_WRITES = 24_000
"""Writes prepared for one slice; none is sent twice."""
LEAST_DOSSIERS = 2_500
"""A dossier has few candidates to nominate in a large data set: with fewer dossiers a slice would run out of them."""


@dataclass(frozen=True)
class Caller:
    """Somebody with one grant: the product gets a token of the session, a peer gets the reach in headers."""

    user_id: str
    session_id: str
    grant: Grant


@dataclass(frozen=True)
class Call:
    """One request, before it is written out for a server."""

    method: str
    path: str
    caller: Caller | None = None
    body: dict[str, Any] | None = None
    version: int | None = None
    etag: str | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of request and the row of the targets that it belongs to."""

    name: str
    title: str
    group: str
    draw: Callable[[Any, int], Coroutine[Any, Any, list[Call]]]
    status: int = 200
    kept: bool = False
    """Whether the product keeps the answers."""

    @property
    def writes(self) -> bool:
        """Whether it changes rows."""
        return self.group == "write"


# drawn in an order that has nothing to do with when or where rows were made
_CALLERS = """
select u.id as user_id, s.id as session_id, g.id as grant_id, g.role, g.reach, a.id as authority_id, a.territory_path, a.line_path
from authority a
join role_grant g on g.authority_id = a.id and g.role = $2 and g.suspended_at is null
join user_account u on u.id = g.user_id
join user_session s on s.user_id = u.id and s.ended_at is null
where a.id = any($1::uuid[])
"""
_COMMUNES = """
select a.id from authority a
where a.kind = 'people_committee' and a.level = 'commune' and a.valid_to is null
  and exists (select from role_grant g where g.authority_id = a.id)
  and (not $2::bool or exists (select from nomination n where n.holder_id = a.id))
order by md5(a.id::text) limit $1
"""


async def _callers(db: Any, authorities: list[Any], role: Role = Role.OFFICER) -> dict[Any, Caller]:
    rows = await db.fetch(_CALLERS, authorities, role.value)
    return {
        row["authority_id"]: Caller(
            user_id=str(row["user_id"]),
            session_id=str(row["session_id"]),
            grant=Grant(
                row["grant_id"],
                Role(row["role"]),
                row["authority_id"],
                row["territory_path"],
                row["line_path"],
                Reach(row["reach"]),
            ),
        )
        for row in rows
    }


async def _communes(db: Any, limit: int, *, with_work: bool = False) -> list[Any]:
    return [row["id"] for row in await db.fetch(_COMMUNES, limit, with_work)]


async def campaign_by_id(db: Any, callers: int) -> list[Call]:
    communes = await _communes(db, callers)
    by_commune = await _callers(db, communes)
    rows = await db.fetch(
        "select id, authority_id from campaign where authority_id = any($1::uuid[]) and state in ('launched', 'concluded') "
        "order by md5(id::text) limit $2",
        communes,
        MOST,
    )
    return [Call("GET", f"/v1/campaigns/{row['id']}", by_commune[row["authority_id"]]) for row in rows]


async def _codes(db: Any) -> list[str]:
    rows = await db.fetch(
        "select code from campaign where state in ('launched', 'concluded') order by md5(id::text) limit $1", MOST
    )
    return [row["code"] for row in rows]


async def public_campaign(db: Any, callers: int) -> list[Call]:
    return [Call("GET", f"/v1/public/campaigns/{code}") for code in await _codes(db)]


async def bot_text(db: Any, callers: int) -> list[Call]:
    return [Call("GET", f"/v1/bot/campaigns/{code}") for code in await _codes(db)]


async def campaign_list(db: Any, callers: int) -> list[Call]:
    found = await _callers(db, await _communes(db, callers))
    states = ("state=launched", "state=concluded", "state=launched&state=concluded")
    return [Call("GET", f"/v1/campaigns?{state}&limit=20", caller) for state in states for caller in found.values()][
        :MOST
    ]


async def my_tasks(db: Any, callers: int) -> list[Call]:
    found = await _callers(db, await _communes(db, callers, with_work=True))
    query = "state=submitted&state=received&limit=20"
    return [Call("GET", f"/v1/nominations?holder_id={commune}&{query}", caller) for commune, caller in found.items()]


async def nomination_detail(db: Any, callers: int) -> list[Call]:
    found = await _callers(db, await _communes(db, callers, with_work=True))
    each = -(-MOST // max(1, len(found)))
    rows = await db.fetch(
        "select c.id as commune, n.id from unnest($1::uuid[]) as c (id) cross join lateral ("
        "select id from nomination where holder_id = c.id order by md5(id::text) limit $2) as n",
        list(found),
        each,
    )
    return [Call("GET", f"/v1/nominations/{row['id']}", found[row["commune"]]) for row in rows][:MOST]


async def statistics(db: Any, callers: int) -> list[Call]:
    provinces = await db.fetch(
        "select distinct a.id, a.territory_path, r.year from award_rollup r join authority a on a.territory_path = r.scope_path "
        "where r.tree = 'territory' and r.depth = 2 and a.kind = 'people_committee' and a.level = 'province' order by 2, 3"
    )
    found = await _callers(db, [row["id"] for row in provinces])
    groups = (
        "group_by=award_type",
        "group_by=award_type&group_by=recipient_kind",
        "group_by=category&group_by=award_type",
    )
    return [
        Call(
            "GET",
            f"/v1/statistics/awards?authority_id={row['id']}&year_from={row['year']}&year_to={row['year']}&{group}",
            found[row["id"]],
        )
        for group in groups
        for row in provinces
    ]


async def create_nomination(db: Any, callers: int) -> list[Call]:
    """Every draft dossier and candidates of its body that nobody has nominated yet, one dossier after the other."""
    rows = await db.fetch(
        """
        select dossier.id as dossier_id, dossier.authority_id, dossier.route, candidate.id as candidate_id
        from (select id, authority_id, route, row_number() over (order by md5(id::text)) as place
              from dossier where submitted_at is null and submission_number is null
              order by place limit $2) as dossier
        join lateral (
            select c.id, row_number() over (order by c.id) as turn from candidate c
            where c.authority_id = dossier.authority_id and c.kind = 'individual'
              and c.position = 'Chờ đề nghị ' || dossier.id
        ) as candidate on true
        order by candidate.turn, dossier.place limit $1""",
        MOST_WRITES,
        max(callers, LEAST_DOSSIERS),
    )
    found = await _callers(db, list({row["authority_id"] for row in rows}), Role.SUBMITTER)
    achievement = "Hoàn thành xuất sắc nhiệm vụ được giao; đi đầu trong phong trào chuyển đổi số của đơn vị."
    return [
        Call(
            "POST",
            "/v1/nominations",
            found[row["authority_id"]],
            {
                "dossier_id": str(row["dossier_id"]),
                "candidate_id": str(row["candidate_id"]),
                "award_type_code": "bk_ct_xh_tinh" if row["route"] == "line" else "lao_dong_tien_tien",
                "achievement": achievement,
            },
        )
        for row in rows
    ]


async def receive_nomination(db: Any, callers: int) -> list[Call]:
    """Submitted nominations on the desks of some bodies, one desk after the other."""
    rows = await db.fetch(
        """
        select n.id, n.holder_id, n.version
        from (
            select holder_id from nomination where state = 'submitted' group by holder_id order by md5(holder_id::text) limit $2
        ) as desk
        cross join lateral (
            select id, holder_id, version, row_number() over (order by md5(id::text)) as turn
            from nomination where holder_id = desk.holder_id and state = 'submitted'
        ) as n
        order by n.turn, md5(n.id::text) limit $1""",
        MOST_WRITES,
        callers,
    )
    found = await _callers(db, list({row["holder_id"] for row in rows}))
    return [
        Call("POST", f"/v1/nominations/{row['id']}/receive", found[row["holder_id"]], {}, version=row["version"])
        for row in rows
        if row["holder_id"] in found
    ]


async def ping(db: Any, callers: int) -> list[Call]:
    return [Call("GET", "/healthz")]


KINDS = {
    kind.name: kind
    for kind in (
        Kind("campaign_by_id", "Campaign by id", "one", campaign_by_id),
        Kind("public_campaign", "Public campaign by short code", "one", public_campaign, kept=True),
        Kind("bot_text", "Bot text", "one", bot_text, kept=True),
        Kind("campaign_list", "20 campaigns in reach by state", "list", campaign_list),
        Kind("my_tasks", "My tasks of an officer", "list", my_tasks),
        Kind("nomination_detail", "Nomination detail", "list", nomination_detail),
        Kind("statistics", "Statistics of a province for a year", "statistics", statistics, kept=True),
        Kind("create_nomination", "POST a nomination", "write", create_nomination, status=201),
        Kind("receive_nomination", "A transition (receive)", "write", receive_nomination),
        # only the product answers these: the campaign again with If-None-Match, and its ping
        Kind("not_modified", "304 for a campaign", "own", campaign_by_id, status=304),
        Kind("ping", "Ping", "own", ping),
    )
}


def product_request(call: Call, number: int, token: str | None) -> bytes:
    """The request as the product gets it: with authorisation, If-Match and a key that no other request has."""
    headers = {}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    if call.method == "POST":
        headers["Idempotency-Key"] = f"bench-{number:08d}"
    return _written(call, headers)


def peer_request(call: Call, number: int) -> bytes:
    """The request as a peer gets it: who asks, and how far they reach, stand in headers and are believed."""
    headers = reach_headers(call)
    if call.method == "POST":
        headers["Idempotency-Key"] = f"bench-{number:08d}"
    return _written(call, headers)


def graphql_request(call: Call, body: dict[str, Any]) -> bytes:
    """The same request in GraphQL: all that is asked stands in the body."""
    return _written(Call("POST", "/graphql", body=body), reach_headers(call))


def reach_headers(call: Call) -> dict[str, str]:
    """The caller as a peer is told."""
    if call.caller is None:
        return {}
    return {
        "X-User-Id": call.caller.user_id,
        "X-Authority-Id": str(call.caller.grant.authority_id),
        "X-Territory-Path": call.caller.grant.territory_path,
        "X-Line-Path": call.caller.grant.line_path,
    }


def _written(call: Call, headers: dict[str, str]) -> bytes:
    body = b"" if call.body is None else json.dumps(call.body, ensure_ascii=False).encode()
    if call.version is not None:
        headers["If-Match"] = f'"{call.version}"'
    if call.etag is not None:
        headers["If-None-Match"] = call.etag
    if call.body is not None:
        headers |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{call.method} {call.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n".encode() + body
