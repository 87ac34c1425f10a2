-- Communes beside those that the shipped data know, the bodies of every commune, and who works there.

-- step: Xã, phường, đặc khu
create table making.province as
select row_number() over (order by a.code <> 'QN', a.number) as no, a.id, a.code, u.name as unit_name, u.id as unit_id
from authority a join administrative_unit u on u.id = a.unit_id
where a.kind = 'people_committee' and a.level = 'province' and u.valid_to is null and a.valid_to is null;

create table making.commune_known as
select a.id, a.number from authority a join administrative_unit u on u.id = a.unit_id
where a.kind = 'people_committee' and a.level = 'commune' and a.valid_to is null and u.tier = 'commune'
  and u.valid_from = '2025-07-01' and u.valid_to is null;

create table making.commune_new as
select n, p.no as province_no, p.id as province_id, p.unit_id as province_unit_id,
       p.code || lpad(row_number() over (partition by p.no order by n)::text, 3, '0') as code,
       making.dice(2, n, 10) < 3 as is_ward,
       making.place(3, n) || ' ' || making.place(4, n) as place,
       making.id('unit', n, '2025-07-01') as unit_id, making.id('commune', n, '2025-07-01') as id
from generate_series(1, current_setting('making.communes')::integer - (select count(*) from making.commune_known)) as n
join making.province p on p.no = 2 + (n - 1) % 33;

insert into administrative_unit (id, key, code, name, kind, tier, parent_id, valid_from, legal_basis, verification)
select unit_id, 'xa-' || n || '@2025-07-01', (40000 + n)::text, case when is_ward then 'Phường ' else 'Xã ' end || place,
       case when is_ward then 'ward' else 'commune' end, 'commune', province_unit_id, '2025-07-01', null, 'unverified'
from making.commune_new order by n;

insert into authority (id, number, key, code, name, line, kind, level, unit_id, parent_id, line_parent_id,
    territory_path, line_path, head_title, valid_from, verification)
select id, (select max(number) from authority) + row_number() over (order by province_no, n), 'ubnd-xa-' || n, code,
       'Ủy ban nhân dân ' || case when is_ward then 'phường ' else 'xã ' end || place, 'government', 'people_committee',
       'commune', unit_id, province_id, province_id, '', '', 'Chủ tịch UBND', '2025-07-01', 'unverified'
from making.commune_new order by province_no, n;

create table making.commune as
select row_number() over (order by p.no, a.number) - 1 as no, a.id, a.code, a.unit_id, p.id as province_id, p.no as province_no,
       p.unit_id as province_unit_id, u.name as unit_name
from authority a
join making.province p on p.id = a.parent_id
join administrative_unit u on u.id = a.unit_id
where a.id in (select id from making.commune_known union select id from making.commune_new);
create unique index on making.commune (no);
create index on making.commune (unit_id);

-- step: Cơ quan, tổ chức, đơn vị
-- the indexes of the product are off; these rows are looked up while they are written
create index making_unit on authority (unit_id, kind);
analyze;
create table making.kind (place integer, level text, parent text, suffix text, name text, line text, kind text, line_parent text, copies integer,
    central_id uuid);
insert into making.kind values
    (1, 'province', 'government', 'SNV', 'Sở Nội vụ', 'government', 'department', 'government', 1),
    (2, 'province', 'government', 'MT', 'Ủy ban Mặt trận Tổ quốc Việt Nam', 'front', 'front_committee', 'central', 1),
    (3, 'province', 'front_committee', 'PN', 'Hội Liên hiệp Phụ nữ', 'mass_organization', 'womens_union', 'central', 1),
    (4, 'province', 'front_committee', 'ND', 'Hội Nông dân', 'mass_organization', 'farmers_union', 'central', 1),
    (5, 'province', 'front_committee', 'TN', 'Đoàn Thanh niên Cộng sản Hồ Chí Minh', 'mass_organization', 'youth_union', 'central', 1),
    (6, 'province', 'front_committee', 'CCB', 'Hội Cựu chiến binh', 'mass_organization', 'veterans_association', 'central', 1),
    (7, 'province', 'front_committee', 'CD', 'Liên đoàn Lao động', 'mass_organization', 'trade_union', 'central', 1),
    (12, 'commune', 'government', 'MT', 'Ủy ban Mặt trận Tổ quốc Việt Nam', 'front', 'front_committee', 'province', 1),
    (13, 'commune', 'front_committee', 'PN', 'Hội Liên hiệp Phụ nữ', 'mass_organization', 'womens_union', 'province', 1),
    (14, 'commune', 'front_committee', 'ND', 'Hội Nông dân', 'mass_organization', 'farmers_union', 'province', 1),
    (15, 'commune', 'front_committee', 'TN', 'Đoàn Thanh niên Cộng sản Hồ Chí Minh', 'mass_organization', 'youth_union', 'province', 1),
    (16, 'commune', 'front_committee', 'CCB', 'Hội Cựu chiến binh', 'mass_organization', 'veterans_association', 'province', 1),
    (17, 'commune', 'front_committee', 'CD', 'Công đoàn', 'mass_organization', 'trade_union', 'province', 1),
    (20, 'commune', 'government', 'TH', 'Trường Tiểu học số', 'public_service', 'school', 'government', 3),
    (21, 'commune', 'government', 'KP', 'Khu phố', 'community', 'residential_area', null, 2);

update making.kind k set central_id = a.id from authority a where k.line_parent = 'central' and a.kind = k.kind and a.level = 'central';

-- four rounds: a body's parents, in the territory and in the line, stand before it
create procedure making.add_bodies(at_level text, below text) language sql as $$
    insert into authority (id, number, key, code, name, line, kind, level, unit_id, parent_id, line_parent_id,
        territory_path, line_path, valid_from, verification)
    select making.id('body.' || code, 0, '2025-07-01'), (select max(number) from authority) + row_number() over (order by code),
           lower(code), code, name, line, kind,
           case kind when 'school' then 'unit' when 'residential_area' then 'community' else level end,
           unit_id, parent_id, line_parent_id, '', '', case level when 'commune' then '2025-07-01'::date end, 'unverified'
    from (
        select k.place, k.level, k.line, k.kind, unit.id as unit_id, unit.code || k.suffix || case when k.copies > 1 then copy::text else '' end as code,
               k.name || case when k.copies > 1 then ' ' || copy else '' end || ' ' || unit.name as name,
               case k.parent when 'government' then unit.body_id else front.id end as parent_id,
               case k.line_parent when 'government' then unit.body_id else coalesce(province.id, k.central_id) end as line_parent_id
        from (select k.place, k.level, k.parent, k.suffix, k.name, k.line, k.kind, k.line_parent, k.central_id, k.copies
              from making.kind k where k.level = $1 and k.parent = $2) as k
        cross join lateral (
            select p.unit_id as id, p.id as body_id, p.code, p.unit_name as name, null::uuid as above_id
            from making.province p where $1 = 'province'
            union all
            select c.unit_id, c.id, c.code, c.unit_name, c.province_unit_id from making.commune c where $1 = 'commune'
        ) as unit (id, body_id, code, name, above_id)
        cross join lateral generate_series(1, k.copies) as copy
        left join authority front on front.kind = 'front_committee' and front.unit_id = unit.id and $2 = 'front_committee'
        left join authority province on province.kind = k.kind and province.unit_id = unit.above_id and province.level = 'province'
             and k.line_parent = 'province'
        left join authority known on known.unit_id = unit.id and known.kind = k.kind and k.copies = 1
             and (k.kind <> 'department' or known.name like 'Sở Nội vụ%')
        where known.id is null
    ) as wanted
    order by code
$$;
call making.add_bodies('province', 'government');
call making.add_bodies('province', 'front_committee');
call making.add_bodies('commune', 'government');
call making.add_bodies('commune', 'front_committee');
drop index making_unit;
select setval(pg_get_serial_sequence('authority', 'number'), max(number)) from authority;

-- step: Người dùng, quyền, phiên
-- one officer and one leader at every body that appraises and decides, one submitter at every body that submits
create table making.post as
select row_number() over (order by a.number, role) as no, a.id as authority_id, a.code, role, reach
from authority a
join (select id from making.commune union select id from making.province) as government on government.id = a.id
cross join (values ('officer', 'territory'), ('leader', 'territory'), ('submitter', 'self')) as roles (role, reach);
insert into making.post
select (select max(no) from making.post) + row_number() over (order by a.number, role), a.id, a.code, role, reach
from authority a
join making.province p on p.unit_id = a.unit_id
cross join (values ('officer', 'line'), ('leader', 'line')) as roles (role, reach)
where a.line = 'mass_organization' and a.level = 'province';
insert into making.post
select (select max(no) from making.post) + row_number() over (order by a.number), a.id, a.code, 'submitter', 'self'
from authority a join making.commune c on c.unit_id = a.unit_id
where a.line = 'mass_organization' or a.kind in ('front_committee', 'school', 'residential_area');
alter table making.post add column user_id uuid;
update making.post set user_id = making.id('user', no, '2025-07-01');
create index on making.post (authority_id, role) include (user_id);

insert into user_account (id, username, display_name, password_hash, authority_id, is_demonstration, created_at)
select user_id, role || '.' || lower(code) || '.' || no,
       making.surname(5, no) || ' ' || making.middle(6, no) || ' ' || making.given(7, no),
       '!', -- not a hash: nobody logs in with a password
       authority_id, false, '2025-07-01'
from making.post order by no;
insert into role_grant (id, user_id, role, authority_id, reach, valid_from)
select making.id('grant', no, '2025-07-01'), user_id, role, authority_id, reach, '2025-07-01' from making.post order by no;
insert into user_session (id, user_id, created_at, expires_at)
select making.id('session', no, '2026-06-30'), user_id, '2026-06-30', '2100-01-01' from making.post order by no;

-- step: Nơi nộp hồ sơ
create table making.body as
select row_number() over (order by c.no, a.number) - 1 as no, c.no as commune_no, a.id as authority_id, a.kind, a.name,
       a.territory_path, a.line_path, by_line.yes as by_line,
       submitter.user_id as submitter_id,
       first.id as first_id, first_officer.user_id as first_officer_id, first_leader.user_id as first_leader_id,
       upper.id as upper_id, upper_officer.user_id as upper_officer_id, upper_leader.user_id as upper_leader_id
from making.commune c
join authority a on a.unit_id = c.unit_id and a.valid_to is null
join making.post submitter on submitter.authority_id = a.id and submitter.role = 'submitter'
-- women's and youth unions send theirs up their own line, the others what they have to the ward
cross join lateral (select a.kind in ('womens_union', 'youth_union') as yes) as by_line
join authority first on first.id = case when by_line.yes then a.line_parent_id when a.id = c.id then c.province_id else c.id end
join making.post first_officer on first_officer.authority_id = first.id and first_officer.role = 'officer'
join making.post first_leader on first_leader.authority_id = first.id and first_leader.role = 'leader'
left join authority upper on upper.id = case when not by_line.yes and a.id <> c.id then c.province_id end
left join making.post upper_officer on upper_officer.authority_id = upper.id and upper_officer.role = 'officer'
left join making.post upper_leader on upper_leader.authority_id = upper.id and upper_leader.role = 'leader';
create unique index on making.body (no);
analyze;
