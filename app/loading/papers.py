"""What the papers say: legal documents with their citations, campaigns, figures as reported."""

import uuid
from datetime import date, datetime
from decimal import Decimal

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.ids import campaign_code, new_id
from app.loading.common import Entry, Ids, add, at_day, day, ids_by_key, partial, shipped, stored, unit_key
from app.models.authorities import Authority
from app.models.campaigns import Campaign, CampaignPlan, CampaignSeries
from app.models.legal_documents import Citation, LegalDocument
from app.models.statistics import HistoricalFigure
from app.vocabularies import AuthorityLevel, CampaignScope, FigureQualifier

# who keeps a campaign whose launcher the papers do not name: by the level they put it at, else by its scope
_KEEPER_OF_LEVEL = {
    AuthorityLevel.CENTRAL: "chinh-phu",
    AuthorityLevel.PROVINCE: "ubnd-tinh-quang-ninh",
    AuthorityLevel.COMMUNE: "ubnd-phuong-uong-bi",
}
_KEEPER_WITHOUT_LEVEL = {
    CampaignScope.NATIONAL: "chinh-phu",
    CampaignScope.SECTOR_LOCAL: "ubnd-tinh-quang-ninh",
}
_WARD = "ubnd-phuong-uong-bi"


async def load_documents(db: AsyncSession, authorities: Ids) -> Ids:
    """Documents and citations; returns the ids by key. One that users stored already is taken as it is."""
    content = shipped("legal_documents")
    known = await stored(
        db,
        LegalDocument.id,
        LegalDocument.key,
        LegalDocument.issuer_id,
        LegalDocument.issuer_name,
        LegalDocument.number_symbol,
        LegalDocument.issued_on,
    )
    ids: Ids = {key: identifier for identifier, key, *_ in known if key is not None}
    by_symbol = {
        (issuer or name, symbol, issued): identifier for identifier, _, issuer, name, symbol, issued in known if symbol
    }
    rows = [_document_row(entry, authorities) for entry in content["documents"] if entry["key"] not in ids]
    absent = []
    for row in rows:
        natural = (row["issuer_id"] or row["issuer_name"], row["number_symbol"], row["issued_on"])
        existing = by_symbol.get(natural)
        ids[row["key"]] = existing or row["id"]
        if existing is None:
            absent.append(row)
    await add(db, LegalDocument, absent)

    cited = set(await stored(db, Citation.from_id, Citation.to_id, Citation.relation, Citation.section))
    edges = [
        {
            "id": new_id(),
            "from_id": ids[entry["from"]],
            "to_id": ids[entry["to"]],
            **{name: entry[name] for name in ("relation", "section", "note")},
        }
        for entry in content["citations"]
    ]
    await add(
        db,
        Citation,
        (edge for edge in edges if (edge["from_id"], edge["to_id"], edge["relation"], edge["section"]) not in cited),
    )
    return ids


def _document_row(entry: Entry, authorities: Ids) -> Entry:
    issued = partial(entry["issued_on"])
    return {
        "id": new_id(),
        "issuer_id": authorities[entry["issuer"]] if entry["issuer"] else None,
        "issued_on": issued.first_day() if issued else None,
        "issued_precision": issued.precision if issued else None,
        "created_at": at_day(issued.first_day() if issued else None),
        "effective_on": day(entry["effective_on"]),
        "expires_on": day(entry["expires_on"]),
        **{
            name: entry[name]
            for name in (
                "key",
                "issuer_name",
                "number_symbol",
                "type",
                "title",
                "signer",
                "signer_position",
                "signing_form_text",
                "place",
                "recipients",
                "validity",
                "doubts",
                "notes",
                "verification",
            )
        },
    }


async def load_campaigns(db: AsyncSession, authorities: Ids, documents: Ids) -> Ids:
    """Campaigns with their codes; returns the ids by key."""
    content = shipped("campaigns")
    papers = _papers()
    ids = await ids_by_key(db, Campaign.key, Campaign.id)
    absent = [entry for entry in content["campaigns"] if entry["key"] not in ids]
    ids |= {entry["key"]: new_id() for entry in absent}
    bodies = {body.id: body for body in (await db.exec(select(Authority))).all()} if absent else {}
    series = {(row.authority_id, row.year): row for row in (await db.exec(select(CampaignSeries))).all()}
    titles = {entry["key"]: entry["title"] for entry in content["campaigns"]}
    rows = []
    for entry in absent:
        owner = bodies[authorities[_keeper(entry)]]
        year = _year(entry, papers)
        counter = series.get((owner.id, year))
        if counter is None:
            counter = series[owner.id, year] = CampaignSeries(authority_id=owner.id, year=year, last_number=0)
            db.add(counter)
        counter.last_number += 1
        rows.append(
            {
                "id": ids[entry["key"]],
                "code": campaign_code(owner.code, year, counter.last_number),
                "authority_id": owner.id,
                "territory_path": owner.territory_path,
                "line_path": owner.line_path,
                "launched_on": _launched_on(entry, papers),
                "launcher_known": entry["launcher"] is not None,
                "created_at": _day_of(entry, papers),
                "sources": [
                    {"document": papers[source["document"]]["number_symbol"], "section": source["section"]}
                    for source in entry["sources"]
                ],
                "note": _campaign_note(entry, owner, titles),
                **_campaign_row(entry, ids, documents),
            }
        )
    await db.flush()
    # those above first, as a campaign names the one it carries out
    parents = {entry["key"]: entry["parent"] for entry in content["campaigns"]}
    await add(db, Campaign, sorted(rows, key=lambda row: _depth(row["key"], parents)))
    return ids


def _campaign_row(entry: Entry, ids: Ids, documents: Ids) -> Entry:
    starts, ends = partial(entry["starts"]), partial(entry["ends"])
    return {
        "parent_id": ids[entry["parent"]] if entry["parent"] else None,
        "launch_document_id": documents[entry["launch_document"]] if entry["launch_document"] else None,
        "starts_on": starts.first_day() if starts else None,
        "starts_precision": starts.precision if starts else None,
        "ends_on": ends.last_day() if ends else None,
        "ends_precision": ends.precision if ends else None,
        "plan": _plan(entry),
        **{
            name: entry[name]
            for name in (
                "key",
                "title",
                "short_title",
                "other_titles",
                "theme",
                "method",
                "scope",
                "scope_text",
                "end_event",
                "state",
            )
        },
    }


def _plan(entry: Entry) -> Entry:
    """The content of the plan in the shape of the contract; what is not of that shape is refused here."""
    duties = [
        {("sender" if n == "from" else "recipient" if n == "to" else n): value for n, value in duty.items()}
        for duty in entry["reporting_duties"]
    ]
    same = {name: entry[name] for name in CampaignPlan.model_fields if name != "reporting_duties"}
    return CampaignPlan.model_validate(same | {"reporting_duties": duties}).model_dump(mode="json")


def _keeper(entry: Entry) -> str:
    """The body a campaign belongs to: its launcher, or who keeps it while the launcher is not known."""
    if entry["launcher"] is not None:
        return str(entry["launcher"])
    if entry["level"] is not None:
        return _KEEPER_OF_LEVEL[AuthorityLevel(entry["level"])]
    if "phường uông bí" in (entry["scope_text"] or "").lower():
        return _WARD
    return _KEEPER_WITHOUT_LEVEL[CampaignScope(entry["scope"])]


def _year(entry: Entry, papers: dict[str, Entry]) -> int:
    """The year in the code: of the beginning, else of the launch document, else of the oldest paper that names it."""
    launch = _launch_document(entry, papers)
    for value in (entry["starts"], launch["issued_on"] if launch else None):
        if value is not None:
            return int(value["value"][:4])
    return min(int(papers[source["document"]]["issued_on"]["value"][:4]) for source in entry["sources"])


def _launch_document(entry: Entry, papers: dict[str, Entry]) -> Entry | None:
    return next((document for document in papers.values() if document["key"] == entry["launch_document"]), None)


def _launched_on(entry: Entry, papers: dict[str, Entry]) -> date | None:
    """The day of the launch document, where the launcher is known; a document may also only ask others to launch."""
    launch = _launch_document(entry, papers)
    if launch is None or entry["launcher"] is None:
        return None
    issued = partial(launch["issued_on"])
    return issued.first_day() if issued and issued.precision == "day" else None


def _day_of(entry: Entry, papers: dict[str, Entry]) -> datetime:
    """When a shipped campaign came into being, as far as the papers say: what lists are ordered by."""
    launch = _launch_document(entry, papers)
    for value in (launch["issued_on"] if launch else None, entry["starts"]):
        known = partial(value)
        if known is not None:
            return at_day(known.first_day())
    return at_day(None)


def _campaign_note(entry: Entry, owner: Authority, titles: dict[str, str]) -> str | None:
    """What the data say beside the plan, in sentences; that the launcher is not known comes first."""
    parts = []
    if entry["launcher"] is None:
        parts.append(f"Các văn bản không nêu rõ cơ quan phát động; tạm ghi ở {owner.name} để quản lý.")
        if entry["launcher_text"]:
            parts.append(f"Văn bản ghi: {entry['launcher_text']}.")
    if entry["note"]:
        parts.append(entry["note"])
    if entry["method_basis"]:
        parts.append(f"Căn cứ xếp hình thức thi đua: {entry['method_basis']}.")
    if entry["selection_process"]:
        parts.append("Trình tự lựa chọn: " + "; ".join(entry["selection_process"]) + ".")
    parts += [f"{remark['item']}: {remark['text']}" for remark in entry["remarks"]]
    for link in entry["links"]:
        named = "; ".join(f"“{titles[key]}”" for key in link["campaigns"])
        parts.append(f"{link['item']}: gắn với phong trào {named}.")
    return "\n".join(parts) or None


def _depth(key: str, parents: dict[str, str | None]) -> int:
    above = parents[key]
    return 0 if above is None else 1 + _depth(above, parents)


def _papers() -> dict[str, Entry]:
    """Documents by the number of the paper (000, 002 …) where they are one, else by key."""
    return {entry["paper"] or entry["key"]: entry for entry in shipped("legal_documents")["documents"]}


async def load_figures(db: AsyncSession, units: Ids, authorities: Ids, documents: Ids, campaigns: Ids) -> None:
    """Figures of the report, unchanged. `covers` names units by id: `[{"unit_id": …, "extent": …}]`."""
    content = shipped("historical_figures")
    known = await ids_by_key(db, HistoricalFigure.key, HistoricalFigure.id)
    absent = [(position, f) for position, f in enumerate(content["figures"], 1) if f["key"] not in known]
    if not absent:
        return
    papers = _papers()
    paths = {
        identifier: {"authority_id": identifier, "territory_path": territory, "line_path": line}
        for identifier, territory, line in await stored(db, Authority.id, Authority.territory_path, Authority.line_path)
    }
    await add(
        db,
        HistoricalFigure,
        (
            {
                "id": new_id(),
                "position": position,
                "covers": [
                    {"unit_id": str(units[unit_key(part["unit"])]), "extent": part["extent"]}
                    for part in figure["covers"]
                ],
                "award_type_code": figure["award_type"],
                "value": Decimal(figure["value"]) if figure["value"] is not None else None,
                "period_from": figure["period"]["from"],
                "period_to": figure["period"]["to"],
                "period_text": figure["period"]["text"],
                "campaign_id": _optional(campaigns, figure["campaign"]),
                "document_id": documents[papers[figure["source"]["document"]]["key"]],
                "section": figure["source"]["section"],
                "note": _figure_note(figure),
                **paths[authorities[figure["scope"]]],
                **{
                    name: figure[name]
                    for name in (
                        "key",
                        "kind",
                        "level",
                        "label",
                        "recipient_kind",
                        "text_value",
                        "unit",
                        "qualifier",
                        "deciding_authority_text",
                        "posthumous",
                        "breakdown",
                        "group",
                        "doubt",
                        "may_double_count_with",
                    )
                },
            }
            for position, figure in absent
        ),
    )


def _optional(ids: Ids, key: str | None) -> uuid.UUID | None:
    return ids[key] if key is not None else None


def _figure_note(figure: Entry) -> str | None:
    """The note, with the paper's own words where the coded value lost them."""
    parts = [figure["note"]] if figure["note"] else []
    qualifier, words = figure["qualifier"], figure["qualifier_text"]
    if qualifier is not None and words != FigureQualifier(qualifier).vi:
        parts.append(f"Văn bản ghi “{words}”.")
    if figure["raw"]:
        parts.append(f"Chữ gốc: “{figure['raw']}”.")
    if figure["basis"]:
        parts.append("Căn cứ nêu trong văn bản: " + "; ".join(figure["basis"]) + ".")
    return "\n".join(parts) or None
