-- Dossiers of five nominations, their history, and the trace that every step leaves.
-- Number of a dossier d: body d % bodies, round d / bodies. The work of a dossier is spread over one year, denser
-- towards its end. Half of all nominations are decided: three of four in the older two thirds; the rest of those are
-- refused or withdrawn, and the newer third stands at the desks.

-- step: Lịch sử mẫu
create table making.size as
select nominations, nominations / 5 as dossiers, nominations * 2 / 3 as old_ones, bodies,
       nominations / 2 - (nominations * 2 / 3 - (nominations * 2 / 3 + 3) / 4) as decided_among_new
from (
    select current_setting('making.nominations')::bigint as nominations,
           -- provinces join one after another: about 300 nominations a commune until all have joined
           (select count(*) from making.body where commune_no <
               (select least(max(commune_no) + 1, greatest(1, current_setting('making.nominations')::bigint / 300))
                from making.body)) as bodies
) as of;

-- what happens to a nomination: steps of the state machine, `by` whom (owner, first desk, upper desk), and who has it then
create table making.history (outcome text, goes_up boolean, step integer, action text, from_state text, to_state text,
    by text, role text, holder text, primary key (outcome, goes_up, step));
create procedure making.tell(outcome text, goes_up boolean, actions text[]) language sql as $$
    insert into making.history
    select $1, $2, ordinality, action, lag(state) over story, state, by, role,
           case action when 'submit' then 'first' when 'forward' then 'upper' when 'return' then 'owner'
                       when 'withdraw' then 'first' else by end
    from (
        select ordinality, action,
               case action when 'create' then 'draft' when 'submit' then 'submitted' when 'receive' then 'received'
                    when 'appraise' then 'appraised' when 'forward' then 'forwarded' when 'decide' then 'decided'
                    when 'reject' then 'rejected' when 'withdraw' then 'withdrawn' when 'return' then 'returned' end as state,
               case when action in ('create', 'submit', 'withdraw') then 'owner'
                    when count(*) filter (where action = 'forward') over (order by ordinality rows between unbounded preceding
                         and 1 preceding) > 0 then 'upper' else 'first' end as by,
               case when action in ('create', 'submit', 'withdraw') then 'submitter'
                    when action in ('forward', 'decide', 'reject') then 'leader' else 'officer' end as role
        from unnest($3) with ordinality as given (action, ordinality)
    ) as steps
    window story as (order by ordinality)
$$;
do $$
declare
    up boolean;
begin
    foreach up in array '{true,false}'::boolean[] loop
        call making.tell('draft', up, '{create}');
        call making.tell('submitted', up, '{create,submit}');
        call making.tell('received', up, '{create,submit,receive}');
        call making.tell('returned', up, '{create,submit,receive,return}');
        call making.tell('withdrawn', up, '{create,submit,withdraw}');
        call making.tell('rejected', up, '{create,submit,receive,appraise,reject}');
    end loop;
    call making.tell('appraised', false, '{create,submit,receive,appraise}');
    call making.tell('appraised', true, '{create,submit,receive,appraise,forward,receive,appraise}');
    call making.tell('forwarded', true, '{create,submit,receive,appraise,forward}');
    call making.tell('decided', false, '{create,submit,receive,appraise,decide}');
    call making.tell('decided', true, '{create,submit,receive,appraise,forward,receive,appraise,decide}');
end $$;

-- two award types of every desk and recipient, so that one candidate can stand for both in one year
create table making.choice (desk text, recipient text, parity integer, code text, primary key (desk, recipient, parity));
insert into making.choice values
    ('commune', 'individual', 0, 'lao_dong_tien_tien'), ('commune', 'individual', 1, 'cstd_co_so'),
    ('commune', 'collective', 0, 'tap_the_ldtt'), ('commune', 'collective', 1, 'gk_chu_tich_ubnd_xa'),
    ('commune', 'household', 0, 'gia_dinh_van_hoa'), ('commune', 'household', 1, 'gk_chu_tich_ubnd_xa'),
    ('province', 'individual', 0, 'cstd_bo_tinh'), ('province', 'individual', 1, 'bk_chu_tich_ubnd_tinh'),
    ('province', 'collective', 0, 'tap_the_ldxs'), ('province', 'collective', 1, 'bk_chu_tich_ubnd_tinh'),
    ('province', 'household', 0, 'bk_bo_tinh'), ('province', 'household', 1, 'bk_chu_tich_ubnd_tinh'),
    ('line', 'individual', 0, 'bk_ct_xh_tinh'), ('line', 'individual', 1, 'bk_ct_xh_tinh'),
    ('line', 'collective', 0, 'bk_ct_xh_tinh'), ('line', 'collective', 1, 'bk_ct_xh_tinh');

create table making.praise as
select ordinality - 1 as number, text
from unnest(array[
    'Tham mưu, tổ chức thực hiện tốt phong trào %s tại đơn vị; vận động 100%% thành viên tham gia; hoàn thành %s/%s chỉ tiêu được giao, '
    'trong đó có 3 chỉ tiêu vượt kế hoạch. Có sáng kiến được Hội đồng sáng kiến công nhận và áp dụng có hiệu quả tại cơ sở.',
    'Hoàn thành xuất sắc nhiệm vụ được giao trong năm; đi đầu trong phong trào %s. Trực tiếp hướng dẫn %s hộ dân sử dụng dịch vụ công '
    'trực tuyến, góp phần đưa tỷ lệ hồ sơ trực tuyến của đơn vị đạt trên %s phần trăm.',
    'Có nhiều đóng góp cho phong trào %s: vận động xã hội hóa được %s triệu đồng, giúp %s hộ có hoàn cảnh khó khăn; gương mẫu chấp hành '
    'chủ trương của Đảng, chính sách, pháp luật của Nhà nước; được nhân dân nơi cư trú tín nhiệm.',
    'Tập trung chỉ đạo thực hiện phong trào %s, tổ chức %s buổi tuyên truyền với trên %s lượt người tham dự; giữ vững đoàn kết nội bộ, '
    'không có đơn thư, khiếu nại; các mặt công tác đều đạt và vượt chỉ tiêu kế hoạch năm.'
]) with ordinality as texts (text, ordinality);

create table making.launched as
select c.commune_no, row_number() over (partition by c.commune_no order by c.n) - 1 as no, c.id,
       count(*) over (partition by c.commune_no) as many
from making.campaign c join campaign k on k.id = c.id and k.state in ('launched', 'concluded')
where not c.of_province;
create unique index on making.launched (commune_no, no);

create function making.moment_of(dossier bigint, dossiers bigint) returns timestamptz
    language sql immutable parallel safe as
$$ select '2025-07-02 00:30+00'::timestamptz + interval '330 days' * power((dossier + 0.5) / dossiers, 0.6) $$;

-- the step of a history takes two to four days; a decision is taken at the end of its month
create function making.time_of(began timestamptz, step integer, number bigint) returns timestamptz
    language sql stable parallel safe as
$$ select began + interval '1 hour' * ((step - 1) * 48 + case step when 1 then 0 else making.dice(60 + step, number, 47) end) $$;
create function making.decision_time(at timestamptz) returns timestamptz language sql immutable parallel safe as
$$ select date_trunc('month', at, 'UTC') + interval '1 month' - interval '20 hours' $$;

create table making.story (i bigint, id uuid, dossier_id uuid, body bigint, outcome text, goes_up boolean, at timestamptz,
    recipient text);
analyze making.history, making.choice, making.praise, making.launched, making.size;

-- step: Hồ sơ | dossiers
insert into dossier (id, authority_id, territory_path, line_path, route, recipient_id, category, campaign_id, year, title,
    submission_number, submission_date, created_by, created_at, submitted_at, version)
select making.id('dossier', d, at), b.authority_id, b.territory_path, b.line_path,
       case when b.by_line then 'line' else 'territory' end, b.first_id,
       case when l.id is null then 'merit' else 'campaign' end, l.id, extract(year from at)::integer,
       'Tờ trình đề nghị khen thưởng đợt ' || 1 + d / s.bodies || ' của ' || b.name,
       case when not is_draft then 1 + d / s.bodies || '/TTr' end, case when not is_draft then (at at time zone 'UTC')::date end,
       b.submitter_id, at, case when not is_draft then at + interval '2 days' end, case when is_draft then 6 else 7 end
from making.size s
cross join generate_series($1::bigint, $2::bigint - 1) as d
cross join lateral (
    -- a dossier of the last third is in one of ten still a draft
    select making.moment_of(d, s.dossiers) as at, d * 5 >= s.old_ones + 4 and making.dice(30, d, 10) = 0 as is_draft
) as drawn
join making.body b on b.no = d % s.bodies
left join making.launched l on l.commune_no = b.commune_no and making.dice(31, d, 5) < 2
     and l.no = making.dice(32, d, 1000) % l.many
order by d;

-- step: Đối tượng | dossiers
-- a candidate of the territory stands in two rounds, one of a line in each round anew
insert into candidate (id, kind, name, authority_id, territory_path, line_path, position, sex, recipient_class, created_by,
    created_at, version)
select making.id('candidate', d * 5 + slot, at), recipient,
       case recipient when 'individual' then making.surname(40, number) || ' ' || making.middle(41, number) || ' '
                    || making.given(42, number)
                 when 'household' then 'Hộ gia đình ông ' || making.surname(40, number) || ' Văn ' || making.given(42, number)
                 else 'Tổ công tác số ' || 1 + slot || ', ' || b.name end,
       b.authority_id, b.territory_path, b.line_path, case recipient when 'individual' then 'Viên chức' end,
       case when recipient = 'individual' then case when making.middle(41, number) like 'Thị%' then 'female' else 'male' end end,
       case when recipient = 'individual' then case making.dice(43, number, 5) when 0 then 'other_leader' else 'direct_worker' end end,
       b.submitter_id, at, 1
from making.size s
cross join generate_series($1::bigint, $2::bigint - 1) as d
join making.body b on b.no = d % s.bodies and (b.by_line or d / s.bodies % 2 = 0)
cross join generate_series(0, 4) as slot
cross join lateral (
    select making.moment_of(d, s.dossiers) - interval '1 hour' as at, d * 5 + slot as number,
           case when slot = 3 then 'collective' when slot = 4 and not b.by_line then 'household' else 'individual' end as recipient
) as drawn
order by d, slot;

-- step: Đề nghị | dossiers
with drawn as (
    select d, slot, i, b.*, s.bodies, s.dossiers,
           making.moment_of(d, s.dossiers) + interval '1 second' * (1 + slot) as at,
           b.upper_id is not null and making.dice(50, i, 10) < 3 as up,
           case when slot = 3 then 'collective' when slot = 4 and not b.by_line then 'household' else 'individual' end as recipient,
           i >= s.old_ones and d * 5 >= s.old_ones + 4 as is_new,
           i < s.old_ones and i % 4 <> 0 or i >= s.old_ones and i < s.old_ones + s.decided_among_new as is_decided,
           making.dice(30, d, 10) = 0 as is_draft, making.dice(51, i, 90) as fate
    from making.size s
    cross join generate_series($1::bigint, $2::bigint - 1) as d
    cross join generate_series(0, 4) as slot
    cross join lateral (select d * 5 + slot as i) as numbered
    join making.body b on b.no = d % s.bodies
), told as (
    select *, making.id('nomination', i, at) as id,
           case when is_decided then 'decided'
                when not is_new then case when fate < 50 then 'rejected' when fate < 80 then 'withdrawn' else 'returned' end
                when is_draft then 'draft'
                when fate < 24 then 'submitted' when fate < 48 then 'received' when fate < 66 then 'appraised'
                when fate < 78 then case when up then 'forwarded' else 'appraised' end
                when fate < 85 then 'returned' when fate < 88 then 'rejected' else 'withdrawn' end as outcome
    from drawn
), story as (
    insert into making.story
    select i, id, making.id('dossier', d, making.moment_of(d, dossiers)), no, outcome, up, at, recipient from told order by i
)
insert into nomination (id, dossier_id, authority_id, territory_path, line_path, route, candidate_id, award_type_id,
    award_type_code, category, campaign_id, year, achievement, state, holder_id, workflow_id, appraisal, created_by, created_at,
    submitted_at, state_changed_at, version)
select t.id, o.id, t.authority_id, t.territory_path, t.line_path, o.route,
       making.id('candidate', first.d * 5 + slot, making.moment_of(first.d, dossiers) - interval '1 hour'),
       award_type.id, award_type.code, o.category, o.campaign_id, o.year,
       format(praise.text, making.theme(52, i), 5 + making.dice(53, i, 90), 60 + making.dice(54, i, 900)),
       h.to_state, case h.holder when 'owner' then t.authority_id when 'first' then t.first_id else t.upper_id end, w.id,
       case when h.to_state in ('appraised', 'decided', 'rejected') then jsonb_build_object(
           'opinion', case when h.to_state = 'rejected' then 'ineligible' else 'eligible' end, 'note', null,
           'by', officer.display_name, 'by_id', officer.id, 'at', making.time_of(t.at, case h.to_state when 'appraised' then h.step else h.step - 1 end, i)) end,
       t.submitter_id, t.at, case when h.step > 1 then making.time_of(t.at, 2, i) end,
       case h.to_state when 'decided' then making.decision_time(making.time_of(t.at, h.step, i))
                       else making.time_of(t.at, h.step, i) end, h.step
from told t
join dossier o on o.id = making.id('dossier', t.d, making.moment_of(t.d, t.dossiers))
cross join lateral (select case when t.by_line then t.d else t.d - t.d / t.bodies % 2 * t.bodies end as d) as first
join lateral (select * from making.history x where x.outcome = t.outcome and x.goes_up = t.up order by x.step desc limit 1) as h on true
join making.choice on choice.desk = case when t.by_line then 'line' when t.up or t.upper_id is null then 'province' else 'commune' end
     and choice.recipient = t.recipient and choice.parity = (t.d / t.bodies) % 2
join award_type on award_type.code = choice.code
join making.praise on praise.number = making.dice(55, i, 4)
cross join (select id from workflow_definition where code = 'commendation' order by number desc limit 1) as w
left join user_account officer on officer.id = case when h.by = 'upper' then t.upper_officer_id else t.first_officer_id end
order by i;

-- step: Lịch sử, nhật ký, hộp thư đi | nominations
with happened as (
    select making.id('event', s.i * 10 + h.step, moment.at) as id, s.i * 10 + h.step as number, s.id as nomination_id, moment.at,
           h.action, h.from_state, h.to_state,
           case when h.role = 'submitter' then b.submitter_id
                when h.by = 'first' then case h.role when 'officer' then b.first_officer_id else b.first_leader_id end
                else case h.role when 'officer' then b.upper_officer_id else b.upper_leader_id end end as actor_id,
           case h.by when 'owner' then b.authority_id when 'first' then b.first_id else b.upper_id end as acting_for_id,
           case h.action when 'submit' then b.first_id when 'forward' then b.upper_id when 'return' then b.authority_id end as sent_to_id,
           case h.holder when 'owner' then b.authority_id when 'first' then b.first_id else b.upper_id end as holder_id,
           case h.action when 'return' then 'Đề nghị bổ sung báo cáo thành tích và ý kiến của nơi cư trú.'
                         when 'withdraw' then 'Đơn vị rút để hoàn thiện hồ sơ.'
                         when 'reject' then 'Chưa đủ thời gian công tác theo quy định.'
                         when 'forward' then 'Tờ trình ' || 1 + s.i % 90 || '/TTr-UBND ngày ' || to_char(moment.at, 'DD/MM/YYYY') end as reason
    from making.story s
    join making.body b on b.no = s.body
    join making.history h on h.outcome = s.outcome and h.goes_up = s.goes_up
    cross join lateral (select case h.action when 'decide' then making.decision_time(making.time_of(s.at, h.step, s.i))
                                    else making.time_of(s.at, h.step, s.i) end as at) as moment
    where s.i >= $1 and s.i < $2
), told as (
    insert into nomination_event (id, nomination_id, at, action, from_state, to_state, actor_id, acting_for_id, sent_to_id, reason)
    select id, nomination_id, at, action, from_state, to_state, actor_id, acting_for_id, sent_to_id, reason
    from happened order by number
), audited as (
    insert into audit_event (at, actor_id, grant_id, authority_id, request_id, address, action, entity, entity_id, before, after, reason)
    select h.at, h.actor_id, g.id, h.acting_for_id, making.id('request', h.number, h.at), '10.0.' || h.number % 250 || '.7',
           case h.action when 'create' then 'created' else h.action end, 'nomination', h.nomination_id,
           case when h.from_state is not null then jsonb_build_object('state', h.from_state) end,
           case h.action when 'create' then jsonb_build_object('state', 'draft')
                else jsonb_build_object('state', h.to_state, 'holder_id', h.holder_id) end, h.reason
    from happened h join role_grant g on g.user_id = h.actor_id order by h.number
)
insert into outbox_event (id, type, subject, authority_id, data, created_at, delivered_at)
select making.id('outbox', number, at), 'vn.gov.tdkt.nomination.' || case action when 'create' then 'created' else action end || '.v1',
       'nomination/' || nomination_id, acting_for_id, jsonb_build_object('id', nomination_id, 'state', to_state), at,
       case when at < '2026-06-20' then at + interval '20 seconds' end
from happened order by number;
