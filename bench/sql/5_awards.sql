-- What the decisions left: numbers without gaps, the register, and (by the product's own trigger) the roll-ups.
-- making.bonus (code, recipient, amount, coefficient, bonus) comes from the product's own calculation.

-- step: Quyết định
create table making.granted as
select s.i, n.id as nomination_id, n.holder_id as decider_id, n.state_changed_at as at,
       (n.state_changed_at at time zone 'UTC')::date as decided_on, s.body, s.goes_up, s.recipient
from making.story s join nomination n on n.id = s.id
where s.outcome = 'decided';

create table making.decision as
select row_number() over (order by decided_on, a.number) as no, decider_id, decided_on, max(at) as at,
       row_number() over (partition by decider_id, extract(year from decided_on) order by decided_on) as number
from making.granted join authority a on a.id = decider_id group by decider_id, decided_on, a.number;
analyze making.granted, making.decision;
alter table making.decision add column id uuid;
update making.decision set id = making.id('decision', no, at);

insert into decision (id, authority_id, territory_path, line_path, year, number, number_symbol, title, decided_on, signer_name,
    signer_position, signing_form, created_by, created_at, version)
select d.id, d.decider_id, a.territory_path, a.line_path, extract(year from d.decided_on), d.number,
       lpad(d.number::text, 2, '0') || '/' || case a.kind when 'people_committee' then 'QĐ-UBND' else 'QĐ' end,
       'Về việc khen thưởng thành tích trong các phong trào thi đua', d.decided_on, u.display_name, 'CHỦ TỊCH', 'head', u.id, d.at, 1
from making.decision d
join authority a on a.id = d.decider_id
join making.post leader on leader.authority_id = d.decider_id and leader.role = 'leader'
join user_account u on u.id = leader.user_id
order by d.no;

-- step: Sổ vàng
insert into award (id, decision_id, nomination_id, candidate_id, authority_id, territory_path, line_path, deciding_authority_id,
    level, award_type_id, award_type_code, category, campaign_id, recipient_kind, recipient_name, recipient_class, sex, ethnicity,
    posthumous, decided_on, year, register_number, verification_code, bonus_amount, bonus_coefficient, bonus, state, created_at, version)
select making.id('award', g.i, g.at), d.id, n.id, c.id, n.authority_id, n.territory_path, n.line_path, g.decider_id, a.level,
       n.award_type_id, n.award_type_code, n.category, n.campaign_id, c.kind, c.name, c.recipient_class, c.sex, c.ethnicity, false,
       g.decided_on, extract(year from g.decided_on),
       row_number() over (partition by g.decider_id, extract(year from g.decided_on) order by g.decided_on, g.i),
       making.verification_code(g.i), coalesce(b.amount, 0), b.coefficient, b.bonus, 'valid', g.at, 1
from making.granted g
join nomination n on n.id = g.nomination_id
join candidate c on c.id = n.candidate_id
join authority a on a.id = g.decider_id
join making.decision d on d.decider_id = g.decider_id and d.decided_on = g.decided_on
left join making.bonus b on b.code = n.award_type_code and b.recipient = c.kind
order by g.at, g.i;

insert into number_series (id, authority_id, kind, year, last_number)
select making.id('numbers.' || kind, row_number() over (partition by kind order by authority_id, year), '2025-07-01'),
       authority_id, kind, year, last_number
from (
    select authority_id, 'decision' as kind, year, max(number) as last_number from decision group by authority_id, year
    union all
    select deciding_authority_id, 'register', year, max(register_number) from award group by deciding_authority_id, year
) as last;
