"""Which units a campaign is meant for, and which of them take part: SQL shared by the cascade, the public and the bot."""

from app.services.campaigns.reads import LAUNCHED_SQL
from app.vocabularies import AuthorityKind, Line

_K = AuthorityKind
# bodies that carry out campaigns; councils, committees of the Party and people's councils direct or supervise them
_PARTICIPANTS = (
    _K.PEOPLE_COMMITTEE,
    _K.MINISTRY,
    _K.DEPARTMENT,
    _K.DIVISION,
    _K.SERVICE_UNIT,
    _K.SCHOOL,
    _K.HOSPITAL,
    _K.ENTERPRISE,
    _K.FRONT_COMMITTEE,
    _K.WOMENS_UNION,
    _K.FARMERS_UNION,
    _K.YOUTH_UNION,
    _K.VETERANS_ASSOCIATION,
    _K.TRADE_UNION,
    _K.RESIDENTIAL_AREA,
    _K.POLICE,
    _K.MILITARY,
)
# their campaigns go down their own line as well, from the province to every commune
_BY_LINE = (Line.FRONT, Line.MASS_ORGANIZATION)


def _listed(terms: tuple[AuthorityKind, ...] | tuple[Line, ...]) -> str:
    return ", ".join(f"'{term.value}'" for term in terms)


def units_sql(today: str) -> str:
    """The units in scope of the campaign `c` (columns id, scope, authority_id, territory_path), with what they did.

    In scope are the bodies directly below the launcher in its territory, those below its MTTQ, and, for MTTQ and mass
    organisations, those directly below in their line; of a nation-wide campaign the bodies directly below the root of
    the tree. `today` is the parameter of the day on which they must exist. Columns: authority_id, territory_path,
    line_path, name, name_sort, acknowledged, committed, deployed.
    """
    return f"""
select u.id as authority_id, u.territory_path, u.line_path, u.name, u.name_sort,
       d.id is not null as acknowledged,
       coalesce(jsonb_array_length(d.commitments) > 0, false) as committed,
       coalesce(d.state in ('deployed', 'reported'), false) or exists (
           select from campaign k
           where k.parent_id = c.id and k.authority_id = u.id and k.state in {LAUNCHED_SQL}) as deployed
from authority base
cross join lateral (
    select x.id from authority x where x.parent_id = base.id
    union
    select x.id from authority f join authority x on x.parent_id = f.id and x.line = 'mass_organization'
    where f.parent_id = base.id and f.kind = 'front_committee'
    union
    select x.id from authority x where x.line_parent_id = base.id and base.line in ({_listed(_BY_LINE)})
) as member
join authority u on u.id = member.id
left join deployment d on d.campaign_id = c.id and d.authority_id = u.id
where base.territory_path = case when c.scope = 'national' then path_at(c.territory_path, 1) else c.territory_path end
  and u.kind in ({_listed(_PARTICIPANTS)}) and u.id <> c.authority_id
  and (u.valid_from is null or u.valid_from <= {today}) and (u.valid_to is null or u.valid_to >= {today})
"""


def percent(part: int, whole: int) -> str:
    """`part` of `whole` in percent with one decimal, half rounded up: `1, 3` → "33.3"; "0.0" of nothing."""
    if whole == 0:
        return "0.0"
    tenths = (part * 2000 + whole) // (2 * whole)
    return f"{tenths // 10}.{tenths % 10}"
