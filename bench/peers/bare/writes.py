"""The two writes, one statement each: the same rows as the product leaves, without its guards."""

_ANSWER = """
select n.id, n.dossier_id, n.authority_id, n.category, n.year, n.state, n.holder_id, n.created_at, n.state_changed_at,
       n.route, n.achievement, n.appraisal, n.submitted_at, n.version, n.award_type_code,
       a.name as authority_name, h.name as holder_name,
       c.id as candidate_id, c.kind as candidate_kind, c.name as candidate_name, t.name as award_type_name,
       d.title as dossier_title, p.id as campaign_id, p.code as campaign_code, p.title as campaign_title,
       (select jsonb_agg(jsonb_build_object(
            'at', e.at, 'action', e.action, 'from_state', e.from_state, 'to_state', e.to_state, 'reason', e.reason,
            'actor', u.display_name, 'acting_for', jsonb_build_object('id', f.id, 'name', f.name),
            'sent_to', case when s.id is not null then jsonb_build_object('id', s.id, 'name', s.name) end)
            order by e.id)
        from ({events}) as e
        join user_account u on u.id = e.actor_id
        join authority f on f.id = e.acting_for_id
        left join authority s on s.id = e.sent_to_id) as history
from changed n
join authority a on a.id = n.authority_id
join authority h on h.id = n.holder_id
join candidate c on c.id = n.candidate_id
join award_type t on t.id = n.award_type_id
join dossier d on d.id = n.dossier_id
left join campaign p on p.id = n.campaign_id
"""

# $1 dossier, $2 candidate, $3 award type, $4 achievement, $5 user, $6 today, $7–$9 new ids
CREATE = f"""
with papers as (
    update dossier set version = version + 1 where id = $1 and submitted_at is null returning *
), kind as (
    select id, code from award_type where code = $3 and valid_from <= $6::date order by valid_from desc limit 1
), workflow as (
    select id from workflow_definition
    where code = 'commendation' and valid_from <= $6 and (valid_to is null or valid_to >= $6)
    order by number desc limit 1
), changed as (
    insert into nomination (id, dossier_id, authority_id, territory_path, line_path, route, candidate_id,
        award_type_id, award_type_code, category, campaign_id, year, achievement, state, holder_id, workflow_id,
        created_by, version)
    select $7::uuid, d.id, d.authority_id, d.territory_path, d.line_path, d.route, $2::uuid, kind.id, kind.code,
        d.category, d.campaign_id, d.year, $4::text, 'draft', d.authority_id, workflow.id, $5::uuid, 1
    from papers d, kind, workflow
    returning *
), event as (
    insert into nomination_event (id, nomination_id, action, to_state, actor_id, acting_for_id)
    select $8::uuid, id, 'create', 'draft', $5, authority_id from changed
    returning *
), audit as (
    insert into audit_event (actor_id, authority_id, action, entity, entity_id, after)
    select $5, authority_id, 'created', 'nomination', id,
        jsonb_build_object('award_type_code', award_type_code, 'state', state) from changed
), outbox as (
    insert into outbox_event (id, type, subject, authority_id, data)
    select $9::uuid, 'vn.gov.tdkt.nomination.created.v1', 'nomination/' || id, authority_id,
        jsonb_build_object('id', id, 'state', state) from changed
) {_ANSWER.format(events="select * from event")}
"""

# $1 nomination, $2 user, $3 note, $4–$5 new ids, $6 version the caller read, or null
RECEIVE = f"""
with before as (
    select id, state from nomination
    where id = $1 and state in ('submitted', 'forwarded') and holder_id <> authority_id
      and ($6::int is null or version = $6)
    for update
), changed as (
    update nomination n set state = 'received', state_changed_at = clock_timestamp(), version = n.version + 1
    from before where n.id = before.id
    returning n.*
), event as (
    insert into nomination_event (id, nomination_id, action, from_state, to_state, actor_id, acting_for_id, reason)
    select $4::uuid, n.id, 'receive', before.state, n.state, $2::uuid, n.holder_id, $3::text
    from changed n join before on before.id = n.id
    returning *
), audit as (
    insert into audit_event (actor_id, authority_id, action, entity, entity_id, before, after, reason)
    select $2, n.holder_id, 'receive', 'nomination', n.id, jsonb_build_object('state', before.state),
        jsonb_build_object('state', n.state, 'holder_id', n.holder_id), $3
    from changed n join before on before.id = n.id
), outbox as (
    insert into outbox_event (id, type, subject, authority_id, data)
    select $5::uuid, 'vn.gov.tdkt.nomination.receive.v1', 'nomination/' || id, holder_id,
        jsonb_build_object('id', id, 'state', state) from changed
) {_ANSWER.format(events="select * from nomination_event where nomination_id = $1 union all select * from event")}
"""
