"""What anyone may know of launched campaigns, by public code and by search. No caller, no personal data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app import clock
from app.db import Reads, Row
from app.ids import tidy_code
from app.models.public_campaigns import (
    Participation,
    PublicCampaign,
    PublicCampaignPage,
    PublicCampaignReference,
    PublicCampaignSummary,
    PublicDocument,
    PublicReview,
)
from app.pages import cut, search_query, time_cursor
from app.problems import Problem
from app.services.campaigns.participation import percent, units_sql
from app.services.campaigns.reads import LAUNCHED, LAUNCHED_SQL
from app.services.campaigns.status import next_review, partial_date, public_status
from app.shapes import lean
from app.vocabularies import CampaignState, DocumentType

_Participation, _PublicCampaign, _PublicCampaignPage = (
    lean(Participation),
    lean(PublicCampaign),
    lean(PublicCampaignPage),
)
_PublicCampaignReference, _PublicCampaignSummary = lean(PublicCampaignReference), lean(PublicCampaignSummary)
_PublicDocument, _PublicReview = lean(PublicDocument), lean(PublicReview)

_MOST_LINES = 10
_COLUMNS = """
select c.id, c.created_at, c.code, c.title, c.short_title, c.state, c.starts_on, c.starts_precision, c.ends_on,
       c.ends_precision, c.end_event, c.launcher_known, c.reviews,
       case when c.launcher_known then a.name end as launcher
"""
_ONE = f"""{_COLUMNS},
       c.theme, c.method, c.scope, c.launched_on, c.plan->'purposes' as purposes, c.plan->'contents' as contents,
       p.code as parent_code, p.title as parent_title,
       d.type as document_type, d.number_symbol as document_number, d.title as document_title,
       d.issued_on as document_issued_on, d.issued_precision as document_issued_precision,
       u.units_in_scope, u.units_deployed
from campaign c
join authority a on a.id = c.authority_id
left join campaign p on p.id = c.parent_id and p.state in {LAUNCHED_SQL}
left join legal_document d on d.id = c.launch_document_id
cross join lateral (
    select count(*) as units_in_scope, count(*) filter (where deployed) as units_deployed
    from ({units_sql("$2::date")}) as unit
) as u
where c.code = $1 and c.state in {LAUNCHED_SQL}
"""
_NEWEST = f"""{_COLUMNS} from unnest(array{list(LAUNCHED)}) as public (state)
cross join lateral (
    select * from campaign as c
    where c.state = public.state and ($1::timestamptz is null or (c.created_at, c.id) < ($1, $2::uuid))
    order by c.created_at desc, c.id desc limit $3
) as c
join authority a on a.id = c.authority_id
order by c.created_at desc, c.id desc limit $3
"""
_SEARCH = f"""{_COLUMNS} from (
    select c.id from campaign c
    where c.state in {LAUNCHED_SQL} and ($1::timestamptz is null or (c.created_at, c.id) < ($1, $2::uuid))
      and to_tsvector('simple', c.title_folded) @@ to_tsquery('simple', vi_fold($4))
    order by c.created_at desc, c.id desc limit $3
) as found
join campaign c on c.id = found.id join authority a on a.id = c.authority_id
order by c.created_at desc, c.id desc
"""


@dataclass(frozen=True, slots=True)
class FoundPublicCampaign:
    """A campaign with what only a bot's sentence needs beside the public shape."""

    campaign: PublicCampaign
    document_type: DocumentType | None


def _summary(row: Row, language: str, today: date) -> dict[str, Any]:
    starts = partial_date(row["starts_on"], row["starts_precision"])
    ends = partial_date(row["ends_on"], row["ends_precision"])
    status = public_status(
        CampaignState(row["state"]), starts, ends, row["reviews"], today, launcher_known=row["launcher_known"]
    )
    assert status is not None, "the statement finds only launched campaigns"
    return {
        "public_status": status,
        "public_status_label": status.en if language == "en" else status.vi,
        "starts": starts,
        "ends": ends,
        **{name: row[name] for name in ("code", "title", "short_title", "launcher", "end_event")},
    }


async def read_public_campaign(reads: Reads, code: str, language: str) -> FoundPublicCampaign:
    """A launched campaign by its code as people type it; 404 where the check character does not fit, too."""
    tidy = tidy_code(code)
    today = clock.today()
    row = await reads.fetchrow(_ONE, tidy, today) if tidy is not None else None
    if row is None:
        raise Problem("code_not_found")
    review = next_review(row["reviews"], today)
    in_scope, deployed = row["units_in_scope"], row["units_deployed"]
    campaign = _PublicCampaign(
        **_summary(row, language, today),
        **{name: row[name] for name in ("theme", "method", "scope", "launched_on")},
        launch_document=_document(row),
        parent=_PublicCampaignReference(code=row["parent_code"], title=row["parent_title"])
        if row["parent_code"]
        else None,
        next_review=_PublicReview(kind=review.kind, on=review.on) if review else None,
        # who would have to deploy it follows from the launcher
        progress=_Participation(
            units_in_scope=in_scope, units_deployed=deployed, participation_percent=percent(deployed, in_scope)
        )
        if row["launcher_known"]
        else None,
        purposes=row["purposes"][:_MOST_LINES],
        contents=[item["text"] for item in row["contents"][:_MOST_LINES]],
    )
    return FoundPublicCampaign(campaign, DocumentType(row["document_type"]) if row["document_type"] else None)


def _document(row: Row) -> PublicDocument | None:
    if row["document_type"] is None:
        return None
    return _PublicDocument(
        number_symbol=row["document_number"],
        title=row["document_title"],
        issued_on=partial_date(row["document_issued_on"], row["document_issued_precision"]),
    )


async def list_public_campaigns(
    reads: Reads, *, limit: int, cursor: str | None, q: str | None, language: str
) -> PublicCampaignPage:
    """Launched campaigns, newest first; `q` finds titles without diacritics, a text without a word finds nothing."""
    after = time_cursor(cursor)
    words = search_query(q)
    rows: Sequence[Row]
    if q is None:
        rows = await reads.fetch(_NEWEST, *after, limit + 1)
    elif words is None:
        rows = []
    else:
        rows = await reads.fetch(_SEARCH, *after, limit + 1, words)
    page, next_cursor = cut(rows, limit, "created_at", "id")
    today = clock.today()
    return _PublicCampaignPage(
        items=[_PublicCampaignSummary(**_summary(row, language, today)) for row in page],
        next_cursor=next_cursor,
    )
