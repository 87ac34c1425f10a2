-- Functions a user of PostGraphile writes beside the tables: computed columns, lists that a condition cannot say,
-- a count over the roll-up, and the two writes. Loaded when the server starts; the tables stay as they are.

create or replace function vietnam_today() returns date language sql stable as $$
    select (now() at time zone 'Asia/Ho_Chi_Minh')::date
$$;

create or replace function partial_first_day(value text) returns date language sql immutable as $$
    select rpad(value, 10, '-01-01')::date
$$;

create or replace function partial_last_day(value text) returns date language sql immutable as $$
    select case length(value)
        when 4 then make_date(value::int, 12, 31)
        when 7 then (partial_first_day(value) + interval '1 month - 1 day')::date
        else value::date end
$$;

-- the rules of app/services/campaigns/status.py
create or replace function campaign_public_status(campaign campaign) returns text language plpgsql stable as $$
declare
    today date := vietnam_today();
    starts_first date := date_trunc(campaign.starts_precision, campaign.starts_on)::date;
    ends_first date := date_trunc(campaign.ends_precision, campaign.ends_on)::date;
    ends_last date := (ends_first + ('1 ' || campaign.ends_precision)::interval)::date - 1;
    review record;
begin
    if campaign.state in ('draft', 'in_review', 'cancelled') then return null; end if;
    if campaign.state = 'suspended' then return 'suspended'; end if;
    if campaign.state in ('concluded', 'archived') then return 'ended'; end if;
    if not campaign.launcher_known and starts_first is null and ends_first is null then return 'unknown'; end if;
    if today < starts_first then return 'upcoming'; end if;
    for review in
        select partial_first_day(phase #>> '{review,on,value}') as first,
               partial_last_day(phase #>> '{review,on,value}') as last
        from jsonb_array_elements(campaign.plan->'phases') as phase
        where phase #>> '{review,on,value}' is not null and phase #>> '{review,kind}' = 'final'
    loop
        if ends_first is null then
            if today >= review.first then return 'final_review'; end if;
        elsif today between least(
                case when review.last >= ends_first then greatest(review.first, ends_first) else review.first end,
                ends_last + 1) and greatest(review.last, ends_last) then
            return 'final_review';
        end if;
    end loop;
    if today > ends_last then return 'ended'; end if;
    if exists (
        select from jsonb_array_elements(campaign.plan->'phases') as phase
        where phase #>> '{review,kind}' = 'interim'
          and today between partial_first_day(phase #>> '{review,on,value}')
                        and partial_last_day(phase #>> '{review,on,value}')
    ) then return 'interim_review'; end if;
    return 'running';
end $$;

create or replace function campaign_next_review(campaign campaign) returns jsonb language sql stable as $$
    select phase->'review' from jsonb_array_elements(campaign.plan->'phases') with ordinality as item (phase, position)
    where partial_last_day(phase #>> '{review,on,value}') >= vietnam_today()
    order by partial_last_day(phase #>> '{review,on,value}'), partial_first_day(phase #>> '{review,on,value}'), position
    limit 1
$$;

create or replace function campaign_purposes(campaign campaign) returns jsonb language sql stable as $$
    select jsonb_path_query_array(campaign.plan, '$.purposes[0 to 9]')
$$;

create or replace function campaign_contents(campaign campaign) returns jsonb language sql stable as $$
    select jsonb_path_query_array(campaign.plan, '$.contents[0 to 9].text')
$$;

do $$ begin
    create type participation as (units_in_scope integer, units_deployed integer);
exception when duplicate_object then null;
end $$;

-- the rules of app/services/campaigns/participation.py
create or replace function campaign_participation(campaign campaign) returns participation language sql stable as $$
    with base as (
        select * from authority where territory_path =
            case when campaign.scope = 'national' then path_at(campaign.territory_path, 1) else campaign.territory_path end
    ), member as (
        select x.id from base join authority x on x.parent_id = base.id
        union
        select x.id from base join authority f on f.parent_id = base.id and f.kind = 'front_committee'
            join authority x on x.parent_id = f.id and x.line = 'mass_organization'
        union
        select x.id from base join authority x on x.line_parent_id = base.id
        where base.line in ('front', 'mass_organization')
    )
    select count(*)::int, count(*) filter (where
        exists (select from deployment d where d.campaign_id = campaign.id and d.authority_id = u.id
            and d.state in ('deployed', 'reported'))
        or exists (select from campaign k where k.parent_id = campaign.id and k.authority_id = u.id
            and k.state in ('launched', 'suspended', 'concluded', 'archived')))::int
    from member join authority u on u.id = member.id
    where u.id <> campaign.authority_id
      and u.kind in ('people_committee', 'ministry', 'department', 'division', 'service_unit', 'school', 'hospital',
        'enterprise', 'front_committee', 'womens_union', 'farmers_union', 'youth_union', 'veterans_association',
        'trade_union', 'residential_area', 'police', 'military')
      and (u.valid_from is null or u.valid_from <= vietnam_today())
      and (u.valid_to is null or u.valid_to >= vietnam_today())
$$;

-- campaigns in reach, and launched ones of the bodies above and of the nation
create or replace function campaigns_in_reach(territory text, line text, states text[]) returns setof campaign
language sql stable as $$
    select c.* from campaign c
    where c.state = any(states)
      and (c.territory_path ^@ territory
        or (c.state in ('launched', 'suspended', 'concluded', 'archived')
            and (c.scope = 'national' or territory ^@ c.territory_path or line ^@ c.line_path)))
    order by c.created_at desc, c.id desc
$$;

-- what lies on the desk of a body
create or replace function nominations_at(holder uuid, states text[]) returns setof nomination
language sql stable as $$
    select n.* from nomination n where n.holder_id = holder and n.state = any(states)
    order by n.created_at desc, n.id desc
$$;

-- over the roll-up, for a province or a commune
do $$ begin
    create type award_count as (
        year integer, level text, category text, award_type_code text, award_type_name text, recipient_kind text,
        awards bigint, bonus bigint);
exception when duplicate_object then null;
end $$;

create or replace function award_statistics(authority uuid, year_from integer, year_to integer, group_by text[])
returns setof award_count language sql stable as $$
    select r.year, r.level, r.category, r.code, t.name, r.recipient_kind, r.awards, r.bonus
    from (
        select case when 'year' = any(group_by) then k.year end as year,
               case when 'level' = any(group_by) then k.level end as level,
               case when 'category' = any(group_by) then k.category end as category,
               case when 'award_type' = any(group_by) then k.award_type_code end as code,
               case when 'recipient_kind' = any(group_by) then k.recipient_kind end as recipient_kind,
               sum(k.awards)::bigint as awards, sum(k.bonus)::bigint as bonus
        from authority a join award_rollup k on k.tree = 'territory' and k.scope_path = a.territory_path
        where a.id = authority and (year_from is null or k.year >= year_from) and (year_to is null or k.year <= year_to)
        group by 1, 2, 3, 4, 5 having sum(k.awards) <> 0
    ) as r
    left join lateral (
        select name from award_type t where t.code = r.code order by t.valid_from desc limit 1
    ) as t on true
$$;

create or replace function add_nomination(
    dossier_id uuid, candidate_id uuid, award_type_code text, achievement text, user_id uuid
) returns nomination language plpgsql volatile as $$
#variable_conflict use_column
declare
    papers dossier;
    made nomination;
    kind award_type;
begin
    update dossier d set version = d.version + 1
    where d.id = add_nomination.dossier_id and d.submitted_at is null returning * into strict papers;
    select * into strict kind from award_type t
    where t.code = add_nomination.award_type_code and t.valid_from <= vietnam_today()
    order by t.valid_from desc limit 1;
    insert into nomination (id, dossier_id, authority_id, territory_path, line_path, route, candidate_id, award_type_id,
        award_type_code, category, campaign_id, year, achievement, state, holder_id, workflow_id, created_by, version)
    select uuidv7(), papers.id, papers.authority_id, papers.territory_path, papers.line_path, papers.route,
        add_nomination.candidate_id, kind.id, kind.code, papers.category, papers.campaign_id, papers.year,
        add_nomination.achievement, 'draft', papers.authority_id, w.id, user_id, 1
    from workflow_definition w
    where w.code = 'commendation' and w.valid_from <= vietnam_today()
      and (w.valid_to is null or w.valid_to >= vietnam_today())
    order by w.number desc limit 1
    returning * into strict made;
    insert into nomination_event (id, nomination_id, action, to_state, actor_id, acting_for_id)
    values (uuidv7(), made.id, 'create', made.state, user_id, made.authority_id);
    insert into audit_event (actor_id, authority_id, action, entity, entity_id, after)
    values (user_id, made.authority_id, 'created', 'nomination', made.id,
        jsonb_build_object('award_type_code', made.award_type_code, 'state', made.state));
    insert into outbox_event (id, type, subject, authority_id, data)
    values (uuidv7(), 'vn.gov.tdkt.nomination.created.v1', 'nomination/' || made.id, made.authority_id,
        jsonb_build_object('id', made.id, 'state', made.state));
    return made;
end $$;

create or replace function receive_nomination(nomination_id uuid, note text, user_id uuid) returns nomination
language plpgsql volatile as $$
#variable_conflict use_column
declare
    before nomination;
    made nomination;
begin
    select * into strict before from nomination n
    where n.id = receive_nomination.nomination_id and n.state in ('submitted', 'forwarded')
      and n.holder_id <> n.authority_id
    for update;
    update nomination n set state = 'received', state_changed_at = now(), version = n.version + 1
    where n.id = before.id returning * into made;
    insert into nomination_event (id, nomination_id, action, from_state, to_state, actor_id, acting_for_id, reason)
    values (uuidv7(), made.id, 'receive', before.state, made.state, user_id, made.holder_id, note);
    insert into audit_event (actor_id, authority_id, action, entity, entity_id, before, after, reason)
    values (user_id, made.holder_id, 'receive', 'nomination', made.id, jsonb_build_object('state', before.state),
        jsonb_build_object('state', made.state, 'holder_id', made.holder_id), note);
    insert into outbox_event (id, type, subject, authority_id, data)
    values (uuidv7(), 'vn.gov.tdkt.nomination.receive.v1', 'nomination/' || made.id, made.holder_id,
        jsonb_build_object('id', made.id, 'state', made.state));
    return made;
end $$;
