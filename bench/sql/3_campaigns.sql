-- The cascade: shipped campaigns of the nation, those of provinces that carry them out, those of communes below.
-- making.plan (number, plan) holds plans of the shipped sizes; the program fills it.

-- step: Phong trào
create table making.campaign as
with size as (
    select current_setting('making.campaigns')::integer - (select count(*) from campaign) as wanted,
           (select count(*) from making.commune) as communes
), provincial as (
    -- one in 25 is a province's
    select n, true as of_province, p.id as authority_id, p.code as prefix, p.no as province_no, null::bigint as commune_no
    from size cross join generate_series(1, size.wanted / 25) as n join making.province p on p.no = 1 + (n - 1) % 34
), communal as (
    select n, false, c.id, c.code, c.province_no, c.no
    from size cross join generate_series(size.wanted / 25 + 1, size.wanted) as n join making.commune c on c.no = n % size.communes
)
select x.*, a.territory_path, a.line_path, launched.at, making.id('campaign', n, launched.at) as id,
       extract(year from launched.at at time zone 'UTC')::integer as year, making.dice(11, n, 100) as fate,
       making.theme(12, n) as theme
from (select * from provincial union all select * from communal) as x
join authority a on a.id = x.authority_id
cross join lateral (
    select '2025-07-01 02:00+00'::timestamptz + interval '1 hour' * making.dice(10, n, case when of_province then 2000 else 7000 end)
         + interval '1 second' * making.dice(14, n, 3600) as at
) as launched;
create index on making.campaign (province_no) where of_province;

insert into legal_document (id, issuer_id, issuer_name, number_symbol, type, issued_on, issued_precision, title, signer,
    signer_position, recipients, validity, doubts, notes, verification, created_at, version)
select making.id('document', m.n, m.at), m.authority_id, a.name, n || '/KH-UBND', 'plan', (m.at at time zone 'UTC')::date, 'day',
       'Kế hoạch tổ chức phong trào thi đua ' || m.theme || ' năm ' || m.year, null, 'CHỦ TỊCH', '[]', 'in_force', '[]', '[]',
       'unverified', m.at, 1
from making.campaign m join authority a on a.id = m.authority_id
where m.fate < 70 order by n;

insert into campaign (id, code, authority_id, territory_path, line_path, parent_id, launch_document_id, title, short_title,
    other_titles, theme, method, scope, scope_text, starts_on, starts_precision, ends_on, ends_precision, plan, sources,
    state, launched_on, launcher_known, created_by, created_at, version)
select m.id, m.code || '-' || making.check_character(m.code), m.authority_id, m.territory_path, m.line_path, m.parent_id,
       case when m.fate < 70 then making.id('document', m.n, m.at) end,
       'Phong trào thi đua ' || m.theme || ' giai đoạn ' || m.year || '-' || m.year + making.dice(17, m.n, 5), 'Thi đua ' || m.theme,
       '[]', null, case making.dice(18, m.n, 4) when 0 then 'special' when 1 then 'round' when 2 then 'regular' else 'thematic' end,
       case when m.of_province then 'sector_local' else 'unit' end, null, (m.at at time zone 'UTC')::date, 'day',
       make_date(m.year + making.dice(17, m.n, 5), 12, 31), 'day', plan.plan, '[]', m.state,
       case when m.state not in ('draft', 'in_review', 'cancelled') then (m.at at time zone 'UTC')::date end, true,
       officer.user_id, m.at, 1
from (
    select c.*,
           c.prefix || '-' || c.year || '-' || lpad((row_number() over (partition by c.authority_id, c.year order by c.n)
               + coalesce(s.last_number, 0))::text, 2, '0') as code,
           case when c.of_province then national.id else above.id end as parent_id,
           case when c.of_province or c.fate < 60 then 'launched' when c.fate < 85 then 'concluded' when c.fate < 92 then 'draft'
                when c.fate < 95 then 'in_review' when c.fate < 97 then 'archived' when c.fate < 98 then 'cancelled'
                else 'suspended' end as state
    from making.campaign c
    left join campaign_series s on s.authority_id = c.authority_id and s.year = c.year
    left join (select id, row_number() over (order by id) - 1 as no, count(*) over () as many
               from campaign where scope = 'national' and state = 'launched') as national
        on c.of_province and national.no = c.n % national.many
    left join (select id, province_no, row_number() over (partition by province_no order by n) - 1 as no,
                      count(*) over (partition by province_no) as many
               from making.campaign where of_province) as above
        on not c.of_province and above.province_no = c.province_no and above.no = making.dice(15, c.n, 1000) % above.many
) as m
join making.post officer on officer.authority_id = m.authority_id and officer.role = 'officer'
join making.plan plan on plan.number = making.dice(16, m.n, (select count(*)::integer from making.plan))
order by m.at, m.id;

insert into campaign_series (id, authority_id, year, last_number)
select making.id('series.' || year, row_number() over (order by authority_id), '2025-07-01'), authority_id, year, count(*)
from making.campaign group by authority_id, year
on conflict (authority_id, year) do update set last_number = campaign_series.last_number + excluded.last_number;

-- step: Triển khai
-- half of the communes deploy what their province launched, and four bodies of a commune what it launched
insert into deployment (id, campaign_id, authority_id, territory_path, line_path, state, acknowledged_on, targets, commitments,
    created_by, created_at, version)
select making.id('deployment', number, at), campaign_id, authority_id, territory_path, line_path,
       case making.dice(20, number, 4) when 0 then 'acknowledged' when 1 then 'reported' else 'deployed' end,
       (at at time zone 'UTC')::date, '[]',
       case making.dice(21, number, 2) when 0 then '[]'::jsonb else jsonb_build_array(jsonb_build_object(
           'kind', 'model', 'name', 'Mô hình điểm về ' || theme, 'due', null, 'finished_on', null)) end,
       submitter_id, at, 1
from (
    select row_number() over (order by m.n, b.no) as number, m.id as campaign_id, m.theme, b.authority_id, b.territory_path,
           b.line_path, b.submitter_id, m.at + interval '1 day' * (1 + making.dice(22, m.n * 100 + b.no % 100, 20)) as at
    from (
        select m.n, b.no from making.campaign m
        join making.body b on b.first_id = m.authority_id and b.kind = 'people_committee'
        where m.of_province and making.dice(23, m.n * 5000 + b.commune_no, 2) = 0
        union all
        select m.n, b.no from making.campaign m
        join making.body b on b.commune_no = m.commune_no and b.authority_id <> m.authority_id
        where making.dice(24, m.n * 5000 + b.no % 100, 3) = 0
    ) as pair
    join making.campaign m on m.n = pair.n
    join making.body b on b.no = pair.no
    join campaign k on k.id = m.id and k.state not in ('draft', 'in_review', 'cancelled')
) as wanted
order by at, number;
analyze;
