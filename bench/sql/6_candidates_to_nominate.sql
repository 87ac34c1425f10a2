-- Candidates whom nobody has nominated yet, for the dossiers that are drafts: what POST /v1/nominations is measured with.

-- step: Đối tượng chờ đề nghị
insert into candidate (id, kind, name, authority_id, territory_path, line_path, position, sex, recipient_class, created_by,
    created_at, version)
select making.id('waiting', number, at), 'individual',
       making.surname(80, number) || ' ' || making.middle(81, number) || ' ' || making.given(82, number),
       authority_id, territory_path, line_path, 'Chờ đề nghị ' || dossier_id, null, 'direct_worker', created_by, at, 1
from (
    select d.*, d.id as dossier_id, turn, (turn - 1) * d.many + d.place as number, d.created_at + interval '1 second' * turn as at
    from (
        select d.*, row_number() over (order by created_at, id) as place, count(*) over () as many
        from dossier d where submitted_at is null and submission_number is null
    ) as d
    -- a dossier holds 500 nominations at most
    cross join lateral generate_series(1, least(480, 24000 / d.many + 1)) as turn
) as wanted
order by at, number;
