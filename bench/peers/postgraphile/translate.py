"""The product's requests in GraphQL, and the answers back in the shape of the product, so that they can be compared.

Only the harness uses this, before anything is timed. What a user of PostGraphile has in another form is put into ours
here: a partial date is two columns there, a bigint is text, the bot's sentence is made by who asks. What they would not
have is dropped from the product's answer by `comparable`: the wording of `definition`, old units and historical figures
of the statistics (a view of their own there), and the value of the cursor (whether there is a next page is compared).
"""

from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from app.vocabularies import PublicStatus
from bench.peers import rules

Json = dict[str, Any]

_QUERIES = {path.stem: path.read_text() for path in Path(__file__).parent.glob("queries/*.graphql")}
_REFERENCES = ("launcher", "parent", "authority", "holder", "candidate", "award_type", "dossier", "campaign")
_STATISTICS = ("scope", "basis", "tree", "year_from", "year_to", "group_by", "award_register", "total")


def request_body(kind: str, path: str, body: Json | None, headers: dict[str, str]) -> Json:
    """The body of POST /graphql for a request of the product: `path` with its query, headers X-User-Id and so on."""
    parts = urlsplit(path)
    query, last = parse_qs(parts.query), parts.path.rsplit("/", 1)[-1]
    return {"query": _QUERIES[kind], "variables": _variables(kind, parts.path, last, query, body or {}, headers)}


def _variables(
    kind: str, path: str, last: str, query: dict[str, list[str]], body: Json, headers: dict[str, str]
) -> Json:
    limit = int(query.get("limit", ["20"])[0])
    match kind:
        case "campaign_by_id" | "nomination_detail":
            return {"id": last}
        case "public_campaign" | "bot_text":
            return {"code": last}
        case "campaign_list":
            reach = {"territory": headers["X-Territory-Path"], "line": headers["X-Line-Path"]}
            return reach | {"states": query["state"], "limit": limit}
        case "my_tasks":
            return {"holder": query["holder_id"][0], "states": query["state"], "limit": limit}
        case "statistics":
            years = {name: int(query[f"year_{name}"][0]) for name in ("from", "to") if f"year_{name}" in query}
            return {"authority": query["authority_id"][0], "groupBy": query.get("group_by", [])} | years
        case "create_nomination":
            return {
                "dossier": body["dossier_id"],
                "candidate": body["candidate_id"],
                "awardType": body["award_type_code"],
                "achievement": body["achievement"],
                "user": headers["X-User-Id"],
            }
        case "receive_nomination":
            return {"id": path.split("/")[-2], "note": body.get("note"), "user": headers["X-User-Id"]}
    raise ValueError(kind)


def rest_answer(kind: str, answer: Json, request: Json) -> Json:
    """The GraphQL answer to `request` (of `request_body`) as the product would write it; ValueError where it failed."""
    data = answer.get("data")
    if answer.get("errors") or not data or None in data.values():
        raise ValueError(f"{kind}: {answer}")
    match kind:
        case "campaign_by_id":
            return _campaign(data["campaign"])
        case "public_campaign":
            return _public(data["campaign"])
        case "bot_text":
            found = data["campaign"]
            document = found["launchDocument"]
            return rules.bot_answer(_public(found), document and document["type"])
        case "campaign_list":
            return _page(data["campaigns"], _campaign)
        case "my_tasks":
            return _page(data["nominations"], _snake)
        case "nomination_detail":
            return _nomination(data["nomination"])
        case "create_nomination" | "receive_nomination":
            return _nomination(data["done"]["nomination"])
        case "statistics":
            return _statistics(data, request["variables"])
    raise ValueError(kind)


def comparable(kind: str, rest: Json) -> Json:
    """Of the product's answer what PostGraphile's users have as well."""
    if kind in ("campaign_list", "my_tasks"):
        return rest | {"next_cursor": rest["next_cursor"] is not None}
    return {name: rest[name] for name in _STATISTICS} if kind == "statistics" else rest


def _snake(found: Json) -> Json:
    """Names as the product writes them, one level deep: documents inside stay as they are."""
    renamed = {"".join(f"_{c.lower()}" if c.isupper() else c for c in name): value for name, value in found.items()}
    return {name: _snake(value) if name in _REFERENCES and value else value for name, value in renamed.items()}


def _partial(found: Json, name: str) -> Json | None:
    day = found.pop(f"{name}_on")
    return rules.partial_date(date.fromisoformat(day) if day else None, found.pop(f"{name}_precision"))


def _campaign(found: Json) -> Json:
    campaign = _snake(found)
    campaign["starts"], campaign["ends"] = _partial(campaign, "starts"), _partial(campaign, "ends")
    if campaign.get("launch_document"):
        document = campaign["launch_document"] = _snake(campaign["launch_document"])
        document["issued_on"] = _partial(document, "issued")
    return campaign


def _public(found: Json) -> Json:
    campaign = _campaign(found)
    known, document, parent = campaign.pop("launcher_known"), campaign["launch_document"], campaign["parent"]
    if document:
        del document["type"]
    campaign["parent"] = parent if parent and parent.pop("state") in rules.LAUNCHED else None
    campaign["launcher"] = campaign["launcher"]["name"] if known else None
    campaign["public_status_label"] = PublicStatus(campaign["public_status"]).vi
    units = _snake(campaign.pop("participation"))
    share = rules.percent(units["units_deployed"], units["units_in_scope"])
    campaign["progress"] = units | {"participation_percent": share} if known else None
    return campaign


def _nomination(found: Json) -> Json:
    nomination = _snake(found)
    if nomination["appraisal"]:
        nomination["appraisal"].pop("by_id")
    nomination["history"] = [
        _snake(event) | {"actor": event["actor"]["displayName"]} for event in nomination["history"]["nodes"]
    ]
    return nomination


def _page(found: Json, shape: Any) -> Json:
    return {"items": [shape(item) for item in found["nodes"]], "next_cursor": found["pageInfo"]["hasNextPage"]}


def _statistics(data: Json, variables: Json) -> Json:
    counts = [_snake(count) for count in data["counts"]["nodes"]]
    names = {count["award_type_code"]: count["award_type_name"] for count in counts}
    for count in counts:
        count |= {"award_type": count["award_type_code"], "awards": int(count["awards"]), "bonus": int(count["bonus"])}
    items = rules.register_items(counts, names)
    total = sum(item["awards"] for item in items)
    return {
        "scope": data["scope"],
        "basis": "current",
        "tree": "territory",
        "year_from": variables.get("from"),
        "year_to": variables.get("to"),
        "group_by": list(dict.fromkeys(variables["groupBy"])),
        "award_register": {"items": items, "awards": total, "bonus": sum(item["bonus"] for item in items)},
        "total": total,
    }
