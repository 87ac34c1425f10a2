"""First schema: hierarchy, documents, campaigns, nominations, register, figures, accounts, records."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | Sequence[str] | None = None
branch_labels = None
depends_on = None


_FUNCTIONS = (
    r"""
    create function vi_fold(value text) returns text language sql immutable strict parallel safe as $$
        select lower(regexp_replace(
            normalize(translate(value, 'đĐ', 'dD'), nfd), '[\u0300-\u036f]', '', 'g'))
    $$
    """,
    r"""
    create function vi_sort_key(value text) returns text language sql immutable strict parallel safe as $$
        -- the letters first (ă after a, â after ă, đ after d …), then the tones in the order of the dictionary
        select regexp_replace(letters, '[\u0300\u0301\u0303\u0309\u0323]', '', 'g') || ' ' ||
            translate(regexp_replace(letters, '[^\u0300\u0301\u0303\u0309\u0323 ]', '', 'g'),
                U&'\0300\0309\0303\0301\0323', '12345')
        from (select replace(replace(replace(replace(
            normalize(lower(value), nfd), U&'\0306', '{'), U&'\0302', '|'), U&'\031b', '}'), 'đ', 'd{') as letters) as of
    $$
    """,
    r"""
    create function path_at(path text, depth integer) returns text language sql immutable strict parallel safe as $$
        -- the first `depth` steps of /1/22/345/, or null where the path is shorter
        select (regexp_match(path, '^(/(?:[0-9]+/){' || depth || '})'))[1]
    $$
    """,
)

# Both paths of a body follow from its two parents; a cycle is refused; children follow their parent.
_AUTHORITY_PATHS = (
    """
    create function authority_set_paths() returns trigger language plpgsql as $$
    declare
        step text := new.number || '/';
        above text := '/';
    begin
        if new.parent_id is not null then
            select territory_path into strict above from authority where id = new.parent_id;
        end if;
        if position('/' || step in above) > 0 then
            raise exception 'a body cannot stand below itself'
                using errcode = '23514', constraint = 'ck_authority_no_cycle';
        end if;
        new.territory_path := above || step;
        above := '/';
        if new.line_parent_id is not null then
            select line_path into strict above from authority where id = new.line_parent_id;
        end if;
        if position('/' || step in above) > 0 then
            raise exception 'a body cannot stand below itself'
                using errcode = '23514', constraint = 'ck_authority_no_cycle';
        end if;
        new.line_path := above || step;
        return new;
    end $$
    """,
    """
    create trigger set_paths before insert or update of parent_id, line_parent_id on authority
        for each row execute function authority_set_paths()
    """,
    """
    create function authority_move_children() returns trigger language plpgsql as $$
    begin
        if new.territory_path <> old.territory_path then
            update authority set parent_id = parent_id where parent_id = new.id;
        end if;
        if new.line_path <> old.line_path then
            update authority set line_parent_id = line_parent_id where line_parent_id = new.id;
        end if;
        return null;
    end $$
    """,
    """
    create trigger move_children after update on authority
        for each row execute function authority_move_children()
    """,
)


# Counts of valid awards per scope (province, commune and the submitting body, in both trees), kept inside the
# writing statement. One net change per counter, in one order: an update that moves nothing writes nothing, and
# two writers never wait for each other crosswise.
def _rollup_trigger(event: str, tables: str, changes: str) -> tuple[str, str]:
    return (
        f"""
    create function award_rollup_{event}() returns trigger language plpgsql as $$
    begin
        insert into award_rollup as kept
            (tree, scope_path, depth, year, level, award_type_code, category, recipient_kind, awards, bonus)
        select s.tree, s.path, length(s.path) - length(replace(s.path, '/', '')) - 1,
               c.year, c.level, c.award_type_code, c.category, c.recipient_kind, sum(c.awards), sum(c.bonus)
        from (
            select territory_path, line_path, year, level, award_type_code, category, recipient_kind,
                   sum(weight) as awards, sum(weight * bonus_amount) as bonus
            from ({changes}) as change where state <> 'revoked'
            group by 1, 2, 3, 4, 5, 6, 7
            having sum(weight) <> 0 or sum(weight * bonus_amount) <> 0
        ) as c
        cross join lateral (
            -- a body of depth 2 or 3 is its own province or commune: once, not twice
            select 'territory', path_at(c.territory_path, 2) union select 'territory', path_at(c.territory_path, 3)
            union select 'territory', c.territory_path
            union select 'line', path_at(c.line_path, 2) union select 'line', path_at(c.line_path, 3)
            union select 'line', c.line_path
        ) as s (tree, path)
        where s.path is not null
        group by 1, 2, 3, 4, 5, 6, 7, 8
        having sum(c.awards) <> 0 or sum(c.bonus) <> 0
        order by 1, 2, 4, 5, 6, 7, 8
        on conflict (tree, scope_path, year, level, award_type_code, category, recipient_kind)
        do update set awards = kept.awards + excluded.awards, bonus = kept.bonus + excluded.bonus;
        return null;
    end $$
    """,
        f"""
    create trigger rollup_{event} after {event} on award {tables}
        for each statement execute function award_rollup_{event}()
    """,
    )


_ROLLUP = (
    *_rollup_trigger("insert", "referencing new table as new_rows", "select 1 as weight, * from new_rows"),
    *_rollup_trigger(
        "update",
        "referencing old table as old_rows new table as new_rows",
        "select -1 as weight, * from old_rows union all select 1, * from new_rows",
    ),
    *_rollup_trigger("delete", "referencing old table as old_rows", "select -1 as weight, * from old_rows"),
)

# History is only added to; ENABLE ALWAYS holds also for replication roles.
_REFUSE = "execute function refuse_change()"
_APPEND_ONLY = (
    """
    create function refuse_change() returns trigger language plpgsql as $$
    begin
        raise exception '% is append-only', tg_table_name using errcode = '42501';
    end $$
    """,
    *(
        statement
        for table in ("audit_event", "nomination_event")
        for statement in (
            f"create trigger append_only before update or delete on {table} for each row {_REFUSE}",
            f"create trigger append_only_all before truncate on {table} for each statement {_REFUSE}",
            f"alter table {table} enable always trigger append_only",
            f"alter table {table} enable always trigger append_only_all",
        )
    ),
)


def upgrade() -> None:
    """Apply."""
    op.execute("set local lock_timeout = '5s'")
    for statement in _FUNCTIONS:
        op.execute(statement)
    op.create_table(
        "administrative_unit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_folded", sa.Text(), sa.Computed("vi_fold(name)", persisted=True), nullable=True),
        sa.Column("name_sort", sa.Text(collation="C"), sa.Computed("vi_sort_key(name)", persisted=True), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "nation",
                "province",
                "central_city",
                "provincial_city",
                "town",
                "rural_district",
                "ward",
                "commune",
                "township",
                "special_zone",
                "quarter",
                "village",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "tier",
            sa.Enum(
                "central",
                "province",
                "district",
                "commune",
                "community",
                name="tier",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("legal_basis", sa.String(), nullable=True),
        sa.Column(
            "verification",
            sa.Enum(
                "verified",
                "partial",
                "unverified",
                name="verification",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["administrative_unit.id"], name=op.f("fk_administrative_unit_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_administrative_unit")),
        sa.UniqueConstraint("code", "valid_from", name=op.f("uq_administrative_unit_code_valid_from")),
        sa.UniqueConstraint("key", name=op.f("uq_administrative_unit_key")),
    )
    op.create_index("ix_administrative_unit_name", "administrative_unit", ["name_sort", "id"], unique=False)
    op.create_index(op.f("ix_administrative_unit_parent_id"), "administrative_unit", ["parent_id"], unique=False)
    op.create_table(
        "award_competence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("award_type_code", sa.String(), nullable=False),
        sa.Column(
            "authority_kind",
            sa.Enum(
                "government",
                "president",
                "prime_minister",
                "national_assembly",
                "ministry",
                "people_committee",
                "people_council",
                "department",
                "division",
                "party_committee",
                "party_congress",
                "front_committee",
                "womens_union",
                "farmers_union",
                "youth_union",
                "veterans_association",
                "trade_union",
                "service_unit",
                "school",
                "hospital",
                "enterprise",
                "police",
                "military",
                "residential_area",
                "community_team",
                "cluster",
                "emulation_council",
                "initiative_council",
                "steering_committee",
                name="authority_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "authority_level",
            sa.Enum(
                "central",
                "province",
                "district",
                "commune",
                "unit",
                "community",
                name="authority_level",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("legal_basis", sa.String(), nullable=False),
        sa.Column(
            "verification",
            sa.Enum(
                "verified",
                "partial",
                "unverified",
                name="verification",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award_competence")),
        sa.UniqueConstraint(
            "award_type_code", "authority_kind", "authority_level", "valid_from", name="uq_award_competence_rule"
        ),
    )
    op.create_table(
        "award_rollup",
        sa.Column(
            "tree",
            sa.Enum("territory", "line", name="tree", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("scope_path", sa.Text(collation="C"), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "central",
                "province",
                "district",
                "commune",
                "unit",
                "community",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("award_type_code", sa.String(), nullable=False),
        sa.Column(
            "category",
            sa.Enum(
                "merit",
                "campaign",
                "ad_hoc",
                "long_service",
                "seniority",
                "external",
                "resistance",
                name="category",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "recipient_kind",
            sa.Enum(
                "individual",
                "collective",
                "household",
                "model",
                "mixed",
                "unspecified",
                name="recipient_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("awards", sa.BigInteger(), nullable=False),
        sa.Column("bonus", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tree",
            "scope_path",
            "year",
            "level",
            "award_type_code",
            "category",
            "recipient_kind",
            name=op.f("pk_award_rollup"),
        ),
    )
    op.create_index(
        "ix_award_rollup_province",
        "award_rollup",
        ["tree", "scope_path"],
        unique=False,
        postgresql_where=sa.text("depth = 2"),
    )
    op.create_table(
        "award_type",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_folded", sa.Text(), sa.Computed("vi_fold(name)", persisted=True), nullable=True),
        sa.Column(
            "kind",
            sa.Enum("title", "form", name="kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("catalogue_level", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("recipients", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("parent_code", sa.String(), nullable=True),
        sa.Column("prerequisite", sa.String(), nullable=True),
        sa.Column("prerequisite_paths", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("quota_rule", sa.String(), nullable=True),
        sa.Column("ballot_threshold_percent", sa.Integer(), nullable=True),
        sa.Column("coefficient_individual", sa.Numeric(precision=8, scale=3), nullable=True),
        sa.Column("coefficient_collective", sa.Numeric(precision=8, scale=3), nullable=True),
        sa.Column("coefficient_household", sa.Numeric(precision=8, scale=3), nullable=True),
        sa.Column("coefficient_is_ceiling", sa.Boolean(), nullable=False),
        sa.Column("cycle", sa.String(), nullable=True),
        sa.Column("report_template", sa.String(), nullable=True),
        sa.Column("posthumous", sa.Boolean(), nullable=True),
        sa.Column("deciding_authority_before", sa.String(), nullable=True),
        sa.Column("deciding_authority", sa.String(), nullable=True),
        sa.Column("legal_basis", sa.String(), nullable=False),
        sa.Column(
            "verification",
            sa.Enum(
                "verified",
                "partial",
                "unverified",
                name="verification",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award_type")),
        sa.UniqueConstraint("code", "valid_from", name=op.f("uq_award_type_code_valid_from")),
    )
    op.create_index(
        "ix_award_type_search",
        "award_type",
        [sa.literal_column("to_tsvector('simple', name_folded)")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "base_salary",
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("legal_basis", sa.String(), nullable=False),
        sa.Column(
            "verification",
            sa.Enum(
                "verified",
                "partial",
                "unverified",
                name="verification",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("valid_from", name=op.f("pk_base_salary")),
    )
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("legal_basis", sa.String(), nullable=True),
        sa.Column(
            "verification",
            sa.Enum(
                "verified",
                "partial",
                "unverified",
                name="verification",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "login_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempt")),
    )
    op.create_index("ix_login_attempt_address", "login_attempt", ["address", "at"], unique=False)
    op.create_index("ix_login_attempt_username", "login_attempt", ["username", "at"], unique=False)
    op.create_table(
        "workflow_definition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("definition", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_definition")),
        sa.UniqueConstraint("code", "number", name=op.f("uq_workflow_definition_code_number")),
    )
    op.create_table(
        "authority",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_sort", sa.Text(collation="C"), sa.Computed("vi_sort_key(name)", persisted=True), nullable=True),
        sa.Column("short_name", sa.String(), nullable=True),
        sa.Column(
            "search_folded",
            sa.Text(),
            sa.Computed("vi_fold(name || ' ' || coalesce(short_name, ''))", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "line",
            sa.Enum(
                "government",
                "party",
                "people_council",
                "front",
                "mass_organization",
                "armed_forces",
                "public_service",
                "enterprise",
                "community",
                "cluster",
                "council",
                name="line",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "government",
                "president",
                "prime_minister",
                "national_assembly",
                "ministry",
                "people_committee",
                "people_council",
                "department",
                "division",
                "party_committee",
                "party_congress",
                "front_committee",
                "womens_union",
                "farmers_union",
                "youth_union",
                "veterans_association",
                "trade_union",
                "service_unit",
                "school",
                "hospital",
                "enterprise",
                "police",
                "military",
                "residential_area",
                "community_team",
                "cluster",
                "emulation_council",
                "initiative_council",
                "steering_committee",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "level",
            sa.Enum(
                "central",
                "province",
                "district",
                "commune",
                "unit",
                "community",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("line_parent_id", sa.Uuid(), nullable=True),
        sa.Column("territory_path", sa.Text(collation="C"), nullable=False),
        sa.Column("line_path", sa.Text(collation="C"), nullable=False),
        sa.Column("standing_body_id", sa.Uuid(), nullable=True),
        sa.Column("head_title", sa.String(), nullable=True),
        sa.Column("identification_code", sa.String(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column(
            "verification",
            sa.Enum(
                "verified",
                "partial",
                "unverified",
                name="verification",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["line_parent_id"], ["authority.id"], name=op.f("fk_authority_line_parent_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["authority.id"], name=op.f("fk_authority_parent_id")),
        sa.ForeignKeyConstraint(["standing_body_id"], ["authority.id"], name=op.f("fk_authority_standing_body_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["administrative_unit.id"], name=op.f("fk_authority_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authority")),
        sa.UniqueConstraint("code", name=op.f("uq_authority_code")),
        sa.UniqueConstraint("id", "territory_path", "line_path", name=op.f("uq_authority_id_territory_path_line_path")),
        sa.UniqueConstraint("key", name=op.f("uq_authority_key")),
        sa.UniqueConstraint("number", name=op.f("uq_authority_number")),
    )
    op.create_index(op.f("ix_authority_line_parent_id"), "authority", ["line_parent_id"], unique=False)
    op.create_index("ix_authority_line_path", "authority", ["line_path"], unique=False)
    op.create_index(op.f("ix_authority_parent_id"), "authority", ["parent_id"], unique=False)
    op.create_index(
        "ix_authority_central", "authority", ["id"], unique=False, postgresql_where=sa.text("level = 'central'")
    )
    op.create_index("ix_authority_name", "authority", ["name_sort", "id"], unique=False)
    op.create_index(
        "ix_authority_search",
        "authority",
        [sa.literal_column("to_tsvector('simple', search_folded)")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index("ix_authority_territory_path", "authority", ["territory_path"], unique=False)
    op.create_index(op.f("ix_authority_unit_id"), "authority", ["unit_id"], unique=False)
    op.create_table(
        "unit_succession",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_unit_id", sa.Uuid(), nullable=False),
        sa.Column("to_unit_id", sa.Uuid(), nullable=False),
        sa.Column(
            "extent",
            sa.Enum("whole", "part", "remainder", name="extent", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("effective_date", sa.Date(), nullable=False),
        sa.Column("legal_basis", sa.String(), nullable=True),
        sa.Column(
            "verification",
            sa.Enum(
                "verified",
                "partial",
                "unverified",
                name="verification",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["from_unit_id"], ["administrative_unit.id"], name=op.f("fk_unit_succession_from_unit_id")
        ),
        sa.ForeignKeyConstraint(["to_unit_id"], ["administrative_unit.id"], name=op.f("fk_unit_succession_to_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_succession")),
        sa.UniqueConstraint(
            "from_unit_id",
            "to_unit_id",
            "effective_date",
            name=op.f("uq_unit_succession_from_unit_id_to_unit_id_effective_date"),
        ),
    )
    op.create_index(op.f("ix_unit_succession_to_unit_id"), "unit_succession", ["to_unit_id"], unique=False)
    op.create_table(
        "campaign_series",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["authority_id"], ["authority.id"], name=op.f("fk_campaign_series_authority_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_series")),
        sa.UniqueConstraint("authority_id", "year", name=op.f("uq_campaign_series_authority_id_year")),
    )
    op.create_table(
        "number_series",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["authority_id"], ["authority.id"], name=op.f("fk_number_series_authority_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_series")),
        sa.UniqueConstraint("authority_id", "kind", "year", name=op.f("uq_number_series_authority_id_kind_year")),
    )
    op.create_table(
        "outbox_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("authority_id", sa.Uuid(), nullable=True),
        sa.Column("data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["authority_id"], ["authority.id"], name=op.f("fk_outbox_event_authority_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_event")),
    )
    op.create_index(
        "ix_outbox_event_pending",
        "outbox_event",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("delivered_at is null"),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("authority_id", sa.Uuid(), nullable=True),
        sa.Column("is_demonstration", sa.Boolean(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["authority_id"], ["authority.id"], name=op.f("fk_user_account_authority_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("username", name=op.f("uq_user_account_username")),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("grant_id", sa.Uuid(), nullable=True),
        sa.Column("authority_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=False),
        sa.Column("before", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], name=op.f("fk_audit_event_actor_id")),
        sa.ForeignKeyConstraint(["authority_id"], ["authority.id"], name=op.f("fk_audit_event_authority_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    op.create_index("ix_audit_event_entity", "audit_event", ["entity", "entity_id", "id"], unique=False)
    op.create_table(
        "candidate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "individual",
                "collective",
                "household",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_folded", sa.Text(), sa.Computed("vi_fold(name)", persisted=True), nullable=True),
        sa.Column("name_sort", sa.Text(collation="C"), sa.Computed("vi_sort_key(name)", persisted=True), nullable=True),
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("territory_path", sa.Text(collation="C"), nullable=False),
        sa.Column("line_path", sa.Text(collation="C"), nullable=False),
        sa.Column("position", sa.String(), nullable=True),
        sa.Column(
            "sex",
            sa.Enum("female", "male", name="sex", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("ethnicity", sa.String(), nullable=True),
        sa.Column(
            "recipient_class",
            sa.Enum(
                "ministry_province_leader",
                "department_leader",
                "business_person",
                "other_leader",
                "direct_worker",
                name="recipient_class",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id", "territory_path", "line_path"],
            ["authority.id", "authority.territory_path", "authority.line_path"],
            name=op.f("fk_candidate_authority_id_territory_path_line_path"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_candidate_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate")),
    )
    op.create_index(
        "ix_candidate_all",
        "candidate",
        [sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "ix_candidate_province",
        "candidate",
        [
            sa.literal_column("path_at(territory_path, 2)"),
            sa.literal_column("created_at desc"),
            sa.literal_column("id desc"),
        ],
        unique=False,
    )
    op.create_index(
        "ix_candidate_commune",
        "candidate",
        [
            sa.literal_column("path_at(territory_path, 3)"),
            sa.literal_column("created_at desc"),
            sa.literal_column("id desc"),
        ],
        unique=False,
    )
    op.create_index(
        "ix_candidate_line",
        "candidate",
        ["line_path", sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "ix_candidate_owner",
        "candidate",
        ["authority_id", sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "ix_candidate_search",
        "candidate",
        [sa.literal_column("to_tsvector('simple', name_folded)")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("territory_path", sa.Text(collation="C"), nullable=False),
        sa.Column("line_path", sa.Text(collation="C"), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("number_symbol", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("signer_name", sa.String(), nullable=False),
        sa.Column("signer_position", sa.String(), nullable=False),
        sa.Column(
            "signing_form",
            sa.Enum(
                "head",
                "on_behalf_of_body",
                "for_head",
                "by_order",
                "by_authorisation",
                name="signing_form",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id", "territory_path", "line_path"],
            ["authority.id", "authority.territory_path", "authority.line_path"],
            name=op.f("fk_decision_authority_id_territory_path_line_path"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_decision_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("authority_id", "year", "number", name=op.f("uq_decision_authority_id_year_number")),
    )
    op.create_index(
        "ix_decision_commune",
        "decision",
        [
            sa.literal_column("path_at(territory_path, 3)"),
            sa.literal_column("created_at desc"),
            sa.literal_column("id desc"),
        ],
        unique=False,
    )
    op.create_index(
        "ix_decision_all",
        "decision",
        [sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "ix_decision_line",
        "decision",
        ["line_path", sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "ix_decision_owner",
        "decision",
        ["authority_id", sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "ix_decision_province",
        "decision",
        [
            sa.literal_column("path_at(territory_path, 2)"),
            sa.literal_column("created_at desc"),
            sa.literal_column("id desc"),
        ],
        unique=False,
    )
    op.create_table(
        "idempotency_record",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_idempotency_record_user_id")),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_idempotency_record")),
    )
    op.create_table(
        "legal_document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("issuer_id", sa.Uuid(), nullable=True),
        sa.Column("issuer_name", sa.String(), nullable=False),
        sa.Column("number_symbol", sa.String(), nullable=True),
        sa.Column(
            "type",
            sa.Enum(
                "law",
                "resolution",
                "decree",
                "circular",
                "directive",
                "decision",
                "plan",
                "guidance",
                "report",
                "submission",
                "minutes",
                "action_programme",
                "programme",
                "scheme",
                "master_plan",
                "regulation",
                "official_letter",
                name="type",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column(
            "issued_precision",
            sa.Enum(
                "day", "month", "year", name="issued_precision", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column(
            "search_folded",
            sa.Text(),
            sa.Computed(
                "vi_fold(coalesce(regexp_replace(number_symbol, '[^[:alnum:]]+', ' ', 'g') || ' ', '') || title)",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("signer", sa.String(), nullable=True),
        sa.Column("signer_position", sa.String(), nullable=True),
        sa.Column("signing_form_text", sa.String(), nullable=True),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("recipients", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column(
            "validity",
            sa.Enum(
                "in_force",
                "partly_expired",
                "expired",
                "unknown",
                name="validity",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("doubts", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("notes", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column(
            "verification",
            sa.Enum(
                "verified",
                "partial",
                "unverified",
                name="verification",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_legal_document_created_by")),
        sa.ForeignKeyConstraint(["issuer_id"], ["authority.id"], name=op.f("fk_legal_document_issuer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_document")),
        sa.UniqueConstraint("key", name=op.f("uq_legal_document_key")),
    )
    op.create_index(
        "ix_legal_document_created",
        "legal_document",
        [sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(op.f("ix_legal_document_issuer_id"), "legal_document", ["issuer_id"], unique=False)
    op.create_index(
        "ix_legal_document_number", "legal_document", [sa.literal_column("lower(number_symbol)")], unique=False
    )
    op.create_index(
        "ix_legal_document_search",
        "legal_document",
        [sa.literal_column("to_tsvector('simple', search_folded)")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "uq_legal_document_issuer_number_date",
        "legal_document",
        [sa.literal_column("coalesce(issuer_id::text, issuer_name)"), "number_symbol", "issued_on"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("number_symbol is not null"),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "system_admin",
                "authority_admin",
                "officer",
                "leader",
                "submitter",
                "council_secretary",
                "council_member",
                "finance",
                "auditor",
                "viewer",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column(
            "reach",
            sa.Enum("self", "territory", "line", name="reach", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["authority_id"], ["authority.id"], name=op.f("fk_role_grant_authority_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_role_grant_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
        sa.UniqueConstraint(
            "user_id",
            "role",
            "authority_id",
            "reach",
            "valid_from",
            name=op.f("uq_role_grant_user_id_role_authority_id_reach_valid_from"),
        ),
    )
    op.create_index(op.f("ix_role_grant_authority_id"), "role_grant", ["authority_id"], unique=False)
    op.create_index("ix_role_grant_user", "role_grant", ["user_id"], unique=False)
    op.create_table(
        "user_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_user_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
    )
    op.create_index(
        "ix_user_session_user", "user_session", ["user_id"], unique=False, postgresql_where=sa.text("ended_at is null")
    )
    op.create_table(
        "campaign",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("territory_path", sa.Text(collation="C"), nullable=False),
        sa.Column("line_path", sa.Text(collation="C"), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("launch_document_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("title_folded", sa.Text(), sa.Computed("vi_fold(title)", persisted=True), nullable=True),
        sa.Column("short_title", sa.String(), nullable=True),
        sa.Column("other_titles", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("theme", sa.String(), nullable=True),
        sa.Column(
            "method",
            sa.Enum(
                "regular",
                "thematic",
                "special",
                "round",
                name="method",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "scope",
            sa.Enum(
                "national",
                "sector_local",
                "cluster",
                "unit",
                name="scope",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("scope_text", sa.String(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column(
            "starts_precision",
            sa.Enum(
                "day", "month", "year", name="starts_precision", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column(
            "ends_precision",
            sa.Enum(
                "day", "month", "year", name="ends_precision", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
        sa.Column("end_event", sa.String(), nullable=True),
        sa.Column("plan", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("sources", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "in_review",
                "launched",
                "suspended",
                "concluded",
                "archived",
                "cancelled",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("launched_on", sa.Date(), nullable=True),
        sa.Column("launcher_known", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id", "territory_path", "line_path"],
            ["authority.id", "authority.territory_path", "authority.line_path"],
            name=op.f("fk_campaign_authority_id_territory_path_line_path"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_campaign_created_by")),
        sa.ForeignKeyConstraint(
            ["launch_document_id"], ["legal_document.id"], name=op.f("fk_campaign_launch_document_id")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["campaign.id"], name=op.f("fk_campaign_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("code", name=op.f("uq_campaign_code")),
        sa.UniqueConstraint("key", name=op.f("uq_campaign_key")),
    )
    op.create_index(
        "ix_campaign_all",
        "campaign",
        ["state", sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(op.f("ix_campaign_authority_id"), "campaign", ["authority_id"], unique=False)
    op.create_index(
        "ix_campaign_commune",
        "campaign",
        [
            sa.literal_column("path_at(territory_path, 3)"),
            "state",
            sa.literal_column("created_at desc"),
            sa.literal_column("id desc"),
        ],
        unique=False,
    )
    op.create_index(op.f("ix_campaign_launch_document_id"), "campaign", ["launch_document_id"], unique=False)
    op.create_index(
        "ix_campaign_line_path",
        "campaign",
        ["line_path", "state", sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "ix_campaign_national",
        "campaign",
        ["state", sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
        postgresql_where=sa.text("scope = 'national'"),
    )
    op.create_index(op.f("ix_campaign_parent_id"), "campaign", ["parent_id"], unique=False)
    op.create_index(
        "ix_campaign_path",
        "campaign",
        ["territory_path", "state", sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "ix_campaign_province",
        "campaign",
        [
            sa.literal_column("path_at(territory_path, 2)"),
            "state",
            sa.literal_column("created_at desc"),
            sa.literal_column("id desc"),
        ],
        unique=False,
    )
    op.create_index(
        "ix_campaign_search",
        "campaign",
        [sa.literal_column("to_tsvector('simple', title_folded)")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "citation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=False),
        sa.Column(
            "relation",
            sa.Enum(
                "basis",
                "implements",
                "refers",
                "amends",
                "replaces",
                "repeals",
                name="relation",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("section", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["from_id"], ["legal_document.id"], name=op.f("fk_citation_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["legal_document.id"], name=op.f("fk_citation_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_citation")),
    )
    op.create_index(op.f("ix_citation_to_id"), "citation", ["to_id"], unique=False)
    op.create_index(
        "uq_citation_edge",
        "citation",
        ["from_id", "to_id", "relation", sa.literal_column("coalesce(section, '')")],
        unique=True,
    )
    op.create_table(
        "refresh_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["session_id"], ["user_session.id"], name=op.f("fk_refresh_token_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_refresh_token_token_hash")),
    )
    op.create_index(op.f("ix_refresh_token_session_id"), "refresh_token", ["session_id"], unique=False)
    op.create_table(
        "deployment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("territory_path", sa.Text(collation="C"), nullable=False),
        sa.Column("line_path", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "acknowledged",
                "deployed",
                "reported",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("acknowledged_on", sa.Date(), nullable=True),
        sa.Column("launch_document_id", sa.Uuid(), nullable=True),
        sa.Column("launch_document_received_on", sa.Date(), nullable=True),
        sa.Column("targets", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("commitments", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id", "territory_path", "line_path"],
            ["authority.id", "authority.territory_path", "authority.line_path"],
            name=op.f("fk_deployment_authority_id_territory_path_line_path"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_deployment_campaign_id")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_deployment_created_by")),
        sa.ForeignKeyConstraint(
            ["launch_document_id"], ["legal_document.id"], name=op.f("fk_deployment_launch_document_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
        sa.UniqueConstraint("campaign_id", "authority_id", name=op.f("uq_deployment_campaign_id_authority_id")),
    )
    op.create_index("ix_deployment_campaign_path", "deployment", ["campaign_id", "territory_path"], unique=False)
    op.create_index(
        "ix_deployment_owner",
        "deployment",
        ["authority_id", sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_table(
        "dossier",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("territory_path", sa.Text(collation="C"), nullable=False),
        sa.Column("line_path", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "route",
            sa.Enum("territory", "line", name="route", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column(
            "category",
            sa.Enum(
                "merit",
                "campaign",
                "ad_hoc",
                "long_service",
                "seniority",
                "external",
                "resistance",
                name="category",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("submission_number", sa.String(), nullable=True),
        sa.Column("submission_date", sa.Date(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id", "territory_path", "line_path"],
            ["authority.id", "authority.territory_path", "authority.line_path"],
            name=op.f("fk_dossier_authority_id_territory_path_line_path"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_dossier_campaign_id")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_dossier_created_by")),
        sa.ForeignKeyConstraint(["recipient_id"], ["authority.id"], name=op.f("fk_dossier_recipient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier")),
    )
    op.create_index(op.f("ix_dossier_campaign_id"), "dossier", ["campaign_id"], unique=False)
    op.create_index(
        "ix_dossier_commune",
        "dossier",
        [
            sa.literal_column("path_at(territory_path, 3)"),
            sa.literal_column("created_at desc"),
            sa.literal_column("id desc"),
        ],
        unique=False,
    )
    op.create_index(
        "ix_dossier_all", "dossier", [sa.literal_column("created_at desc"), sa.literal_column("id desc")], unique=False
    )
    op.create_index(
        "ix_dossier_line",
        "dossier",
        ["line_path", sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "ix_dossier_owner",
        "dossier",
        ["authority_id", sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "ix_dossier_province",
        "dossier",
        [
            sa.literal_column("path_at(territory_path, 2)"),
            sa.literal_column("created_at desc"),
            sa.literal_column("id desc"),
        ],
        unique=False,
    )
    op.create_index(op.f("ix_dossier_recipient_id"), "dossier", ["recipient_id"], unique=False)
    op.create_table(
        "historical_figure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "award",
                "result",
                "fund",
                "organisation",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("territory_path", sa.Text(collation="C"), nullable=False),
        sa.Column("line_path", sa.Text(collation="C"), nullable=False),
        sa.Column("covers", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "central",
                "province",
                "district",
                "commune",
                "unit",
                "community",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("award_type_code", sa.String(), nullable=True),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("label_folded", sa.Text(), sa.Computed("vi_fold(label)", persisted=True), nullable=True),
        sa.Column(
            "recipient_kind",
            sa.Enum(
                "individual",
                "collective",
                "household",
                "model",
                "mixed",
                "unspecified",
                name="recipient_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("value", sa.Numeric(), nullable=True),
        sa.Column("text_value", sa.String(), nullable=True),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column(
            "qualifier",
            sa.Enum(
                "over",
                "nearly",
                "about",
                "more_than",
                name="qualifier",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("period_from", sa.Integer(), nullable=True),
        sa.Column("period_to", sa.Integer(), nullable=True),
        sa.Column("period_text", sa.String(), nullable=True),
        sa.Column("deciding_authority_text", sa.String(), nullable=True),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("posthumous", sa.Boolean(), nullable=True),
        sa.Column("breakdown", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("section", sa.String(), nullable=True),
        sa.Column("group", sa.String(), nullable=True),
        sa.Column("doubt", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("may_double_count_with", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["authority_id", "territory_path", "line_path"],
            ["authority.id", "authority.territory_path", "authority.line_path"],
            name=op.f("fk_historical_figure_authority_id_territory_path_line_path"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_historical_figure_campaign_id")),
        sa.ForeignKeyConstraint(["document_id"], ["legal_document.id"], name=op.f("fk_historical_figure_document_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_historical_figure")),
        sa.UniqueConstraint("key", name=op.f("uq_historical_figure_key")),
    )
    op.create_index(op.f("ix_historical_figure_campaign_id"), "historical_figure", ["campaign_id"], unique=False)
    op.create_index(
        "ix_historical_figure_covers",
        "historical_figure",
        [sa.literal_column("covers jsonb_path_ops")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(op.f("ix_historical_figure_document_id"), "historical_figure", ["document_id"], unique=False)
    op.create_index(
        "ix_historical_figure_scope", "historical_figure", ["authority_id", "kind", "position"], unique=False
    )
    op.create_index(
        "ix_historical_figure_search",
        "historical_figure",
        [sa.literal_column("to_tsvector('simple', label_folded)")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "nomination",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("territory_path", sa.Text(collation="C"), nullable=False),
        sa.Column("line_path", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "route",
            sa.Enum("territory", "line", name="route", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("award_type_id", sa.Uuid(), nullable=False),
        sa.Column("award_type_code", sa.String(), nullable=False),
        sa.Column(
            "category",
            sa.Enum(
                "merit",
                "campaign",
                "ad_hoc",
                "long_service",
                "seniority",
                "external",
                "resistance",
                name="category",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("achievement", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "submitted",
                "received",
                "returned",
                "appraised",
                "forwarded",
                "decided",
                "rejected",
                "withdrawn",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("workflow_id", sa.Uuid(), nullable=False),
        sa.Column("appraisal", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state_changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id", "territory_path", "line_path"],
            ["authority.id", "authority.territory_path", "authority.line_path"],
            name=op.f("fk_nomination_authority_id_territory_path_line_path"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["award_type_id"], ["award_type.id"], name=op.f("fk_nomination_award_type_id")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_nomination_campaign_id")),
        sa.ForeignKeyConstraint(["candidate_id"], ["candidate.id"], name=op.f("fk_nomination_candidate_id")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_nomination_created_by")),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_nomination_dossier_id")),
        sa.ForeignKeyConstraint(["holder_id"], ["authority.id"], name=op.f("fk_nomination_holder_id")),
        sa.ForeignKeyConstraint(["workflow_id"], ["workflow_definition.id"], name=op.f("fk_nomination_workflow_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nomination")),
    )
    op.create_index(
        "ix_nomination_all",
        "nomination",
        ["state", sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(op.f("ix_nomination_campaign_id"), "nomination", ["campaign_id"], unique=False)
    op.create_index(
        "ix_nomination_commune",
        "nomination",
        [
            sa.literal_column("path_at(territory_path, 3)"),
            "state",
            sa.literal_column("created_at desc"),
            sa.literal_column("id desc"),
        ],
        unique=False,
    )
    op.create_index(op.f("ix_nomination_dossier_id"), "nomination", ["dossier_id"], unique=False)
    op.create_index(
        "ix_nomination_holder",
        "nomination",
        ["holder_id", "state", sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "ix_nomination_line",
        "nomination",
        ["line_path", "state", sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
        postgresql_where=sa.text("route = 'line'"),
    )
    op.create_index(
        "ix_nomination_owner",
        "nomination",
        ["authority_id", "state", sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "ix_nomination_province",
        "nomination",
        [
            sa.literal_column("path_at(territory_path, 2)"),
            "state",
            sa.literal_column("created_at desc"),
            sa.literal_column("id desc"),
        ],
        unique=False,
    )
    op.create_index(
        "uq_nomination_open",
        "nomination",
        ["candidate_id", "award_type_code", "year"],
        unique=True,
        postgresql_where=sa.text("state not in ('decided', 'rejected', 'withdrawn')"),
    )
    op.create_table(
        "award",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("nomination_id", sa.Uuid(), nullable=True),
        sa.Column("candidate_id", sa.Uuid(), nullable=True),
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("territory_path", sa.Text(collation="C"), nullable=False),
        sa.Column("line_path", sa.Text(collation="C"), nullable=False),
        sa.Column("deciding_authority_id", sa.Uuid(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "central",
                "province",
                "district",
                "commune",
                "unit",
                "community",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("award_type_id", sa.Uuid(), nullable=False),
        sa.Column("award_type_code", sa.String(), nullable=False),
        sa.Column(
            "category",
            sa.Enum(
                "merit",
                "campaign",
                "ad_hoc",
                "long_service",
                "seniority",
                "external",
                "resistance",
                name="category",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recipient_kind",
            sa.Enum(
                "individual",
                "collective",
                "household",
                "model",
                "mixed",
                "unspecified",
                name="recipient_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("recipient_name", sa.String(), nullable=False),
        sa.Column(
            "recipient_name_folded", sa.Text(), sa.Computed("vi_fold(recipient_name)", persisted=True), nullable=True
        ),
        sa.Column(
            "recipient_class",
            sa.Enum(
                "ministry_province_leader",
                "department_leader",
                "business_person",
                "other_leader",
                "direct_worker",
                name="recipient_class",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "sex",
            sa.Enum("female", "male", name="sex", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("ethnicity", sa.String(), nullable=True),
        sa.Column("posthumous", sa.Boolean(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("register_number", sa.Integer(), nullable=False),
        sa.Column("verification_code", sa.String(), nullable=False),
        sa.Column("bonus_amount", sa.BigInteger(), nullable=False),
        sa.Column("bonus_coefficient", sa.Numeric(precision=8, scale=3), nullable=True),
        sa.Column("bonus", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "valid", "corrected", "revoked", name="state", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id", "territory_path", "line_path"],
            ["authority.id", "authority.territory_path", "authority.line_path"],
            name=op.f("fk_award_authority_id_territory_path_line_path"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["award_type_id"], ["award_type.id"], name=op.f("fk_award_award_type_id")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_award_campaign_id")),
        sa.ForeignKeyConstraint(["candidate_id"], ["candidate.id"], name=op.f("fk_award_candidate_id")),
        sa.ForeignKeyConstraint(
            ["deciding_authority_id"], ["authority.id"], name=op.f("fk_award_deciding_authority_id")
        ),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name=op.f("fk_award_decision_id")),
        sa.ForeignKeyConstraint(["nomination_id"], ["nomination.id"], name=op.f("fk_award_nomination_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award")),
        sa.UniqueConstraint(
            "deciding_authority_id",
            "year",
            "register_number",
            name=op.f("uq_award_deciding_authority_id_year_register_number"),
        ),
        sa.UniqueConstraint("nomination_id", name=op.f("uq_award_nomination_id")),
        sa.UniqueConstraint("verification_code", name=op.f("uq_award_verification_code")),
    )
    op.create_index(op.f("ix_award_campaign_id"), "award", ["campaign_id"], unique=False)
    op.create_index(op.f("ix_award_candidate_id"), "award", ["candidate_id"], unique=False)
    op.create_index(
        "ix_award_commune",
        "award",
        [
            sa.literal_column("path_at(territory_path, 3)"),
            sa.literal_column("created_at desc"),
            sa.literal_column("id desc"),
        ],
        unique=False,
    )
    op.create_index("ix_award_decision", "award", ["decision_id"], unique=False)
    op.create_index(
        "ix_award_all", "award", [sa.literal_column("created_at desc"), sa.literal_column("id desc")], unique=False
    )
    op.create_index(
        "ix_award_line",
        "award",
        ["line_path", sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "ix_award_owner",
        "award",
        ["authority_id", sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "ix_award_province",
        "award",
        [
            sa.literal_column("path_at(territory_path, 2)"),
            sa.literal_column("created_at desc"),
            sa.literal_column("id desc"),
        ],
        unique=False,
    )
    op.create_index(
        "ix_award_search",
        "award",
        [sa.literal_column("to_tsvector('simple', recipient_name_folded)")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "nomination_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("nomination_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column(
            "from_state",
            sa.Enum(
                "draft",
                "submitted",
                "received",
                "returned",
                "appraised",
                "forwarded",
                "decided",
                "rejected",
                "withdrawn",
                name="from_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "to_state",
            sa.Enum(
                "draft",
                "submitted",
                "received",
                "returned",
                "appraised",
                "forwarded",
                "decided",
                "rejected",
                "withdrawn",
                name="to_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("acting_for_id", sa.Uuid(), nullable=False),
        sa.Column("sent_to_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["acting_for_id"], ["authority.id"], name=op.f("fk_nomination_event_acting_for_id")),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], name=op.f("fk_nomination_event_actor_id")),
        sa.ForeignKeyConstraint(["nomination_id"], ["nomination.id"], name=op.f("fk_nomination_event_nomination_id")),
        sa.ForeignKeyConstraint(["sent_to_id"], ["authority.id"], name=op.f("fk_nomination_event_sent_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nomination_event")),
    )
    op.create_index("ix_nomination_event_nomination", "nomination_event", ["nomination_id", "id"], unique=False)
    for statement in (*_AUTHORITY_PATHS, *_ROLLUP, *_APPEND_ONLY):
        op.execute(statement)


def downgrade() -> None:
    """Take back."""
    op.execute("set local lock_timeout = '5s'")
    op.drop_index("ix_nomination_event_nomination", table_name="nomination_event")
    op.drop_table("nomination_event")
    op.drop_index("ix_award_search", table_name="award", postgresql_using="gin")
    op.drop_index("ix_award_province", table_name="award")
    op.drop_index("ix_award_owner", table_name="award")
    op.drop_index("ix_award_decision", table_name="award")
    op.drop_index("ix_award_commune", table_name="award")
    op.drop_index(op.f("ix_award_candidate_id"), table_name="award")
    op.drop_index(op.f("ix_award_campaign_id"), table_name="award")
    op.drop_table("award")
    op.drop_index(
        "uq_nomination_open",
        table_name="nomination",
        postgresql_where=sa.text("state not in ('decided', 'rejected', 'withdrawn')"),
    )
    op.drop_index("ix_nomination_province", table_name="nomination")
    op.drop_index("ix_nomination_owner", table_name="nomination")
    op.drop_index("ix_nomination_line", table_name="nomination")
    op.drop_index("ix_nomination_holder", table_name="nomination")
    op.drop_index(op.f("ix_nomination_dossier_id"), table_name="nomination")
    op.drop_index("ix_nomination_commune", table_name="nomination")
    op.drop_index(op.f("ix_nomination_campaign_id"), table_name="nomination")
    op.drop_index("ix_nomination_all", table_name="nomination")
    op.drop_table("nomination")
    op.drop_index("ix_historical_figure_search", table_name="historical_figure", postgresql_using="gin")
    op.drop_index("ix_historical_figure_scope", table_name="historical_figure")
    op.drop_index(op.f("ix_historical_figure_document_id"), table_name="historical_figure")
    op.drop_index("ix_historical_figure_covers", table_name="historical_figure", postgresql_using="gin")
    op.drop_index(op.f("ix_historical_figure_campaign_id"), table_name="historical_figure")
    op.drop_table("historical_figure")
    op.drop_index(op.f("ix_dossier_recipient_id"), table_name="dossier")
    op.drop_index("ix_dossier_province", table_name="dossier")
    op.drop_index("ix_dossier_owner", table_name="dossier")
    op.drop_index("ix_dossier_commune", table_name="dossier")
    op.drop_index(op.f("ix_dossier_campaign_id"), table_name="dossier")
    op.drop_table("dossier")
    op.drop_index("ix_deployment_owner", table_name="deployment")
    op.drop_index("ix_deployment_campaign_path", table_name="deployment")
    op.drop_table("deployment")
    op.drop_index(op.f("ix_refresh_token_session_id"), table_name="refresh_token")
    op.drop_table("refresh_token")
    op.drop_index("uq_citation_edge", table_name="citation")
    op.drop_index(op.f("ix_citation_to_id"), table_name="citation")
    op.drop_table("citation")
    op.drop_index("ix_campaign_search", table_name="campaign", postgresql_using="gin")
    op.drop_index("ix_campaign_province", table_name="campaign")
    op.drop_index("ix_campaign_path", table_name="campaign")
    op.drop_index(op.f("ix_campaign_parent_id"), table_name="campaign")
    op.drop_index("ix_campaign_national", table_name="campaign", postgresql_where=sa.text("scope = 'national'"))
    op.drop_index("ix_campaign_line_path", table_name="campaign")
    op.drop_index(op.f("ix_campaign_launch_document_id"), table_name="campaign")
    op.drop_index("ix_campaign_commune", table_name="campaign")
    op.drop_index(op.f("ix_campaign_authority_id"), table_name="campaign")
    op.drop_index("ix_campaign_all", table_name="campaign")
    op.drop_table("campaign")
    op.drop_index("ix_user_session_user", table_name="user_session", postgresql_where=sa.text("ended_at is null"))
    op.drop_table("user_session")
    op.drop_index("ix_role_grant_user", table_name="role_grant")
    op.drop_index(op.f("ix_role_grant_authority_id"), table_name="role_grant")
    op.drop_table("role_grant")
    op.drop_index(
        "uq_legal_document_issuer_number_date",
        table_name="legal_document",
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("number_symbol is not null"),
    )
    op.drop_index("ix_legal_document_search", table_name="legal_document", postgresql_using="gin")
    op.drop_index("ix_legal_document_number", table_name="legal_document")
    op.drop_index(op.f("ix_legal_document_issuer_id"), table_name="legal_document")
    op.drop_index("ix_legal_document_created", table_name="legal_document")
    op.drop_table("legal_document")
    op.drop_table("idempotency_record")
    op.drop_index("ix_decision_province", table_name="decision")
    op.drop_index("ix_decision_owner", table_name="decision")
    op.drop_index("ix_decision_commune", table_name="decision")
    op.drop_table("decision")
    op.drop_index("ix_candidate_search", table_name="candidate", postgresql_using="gin")
    op.drop_index("ix_candidate_owner", table_name="candidate")
    op.drop_table("candidate")
    op.drop_index("ix_audit_event_entity", table_name="audit_event")
    op.drop_table("audit_event")
    op.drop_table("user_account")
    op.drop_index(
        "ix_outbox_event_pending", table_name="outbox_event", postgresql_where=sa.text("delivered_at is null")
    )
    op.drop_table("outbox_event")
    op.drop_table("number_series")
    op.drop_table("campaign_series")
    op.drop_index(op.f("ix_unit_succession_to_unit_id"), table_name="unit_succession")
    op.drop_table("unit_succession")
    op.drop_index(op.f("ix_authority_unit_id"), table_name="authority")
    op.drop_index("ix_authority_territory_path", table_name="authority")
    op.drop_index("ix_authority_central", table_name="authority")
    op.drop_index("ix_authority_name", table_name="authority")
    op.drop_index("ix_authority_search", table_name="authority", postgresql_using="gin")
    op.drop_index(op.f("ix_authority_parent_id"), table_name="authority")
    op.drop_index("ix_authority_line_path", table_name="authority")
    op.drop_index(op.f("ix_authority_line_parent_id"), table_name="authority")
    op.drop_table("authority")
    op.drop_table("workflow_definition")
    op.drop_index("ix_login_attempt_username", table_name="login_attempt")
    op.drop_index("ix_login_attempt_address", table_name="login_attempt")
    op.drop_table("login_attempt")
    op.drop_table("calendar_day")
    op.drop_table("base_salary")
    op.drop_index("ix_award_type_search", table_name="award_type", postgresql_using="gin")
    op.drop_table("award_type")
    op.drop_index("ix_award_rollup_province", table_name="award_rollup", postgresql_where=sa.text("depth = 2"))
    op.drop_table("award_rollup")
    op.drop_table("award_competence")
    op.drop_index("ix_administrative_unit_name", table_name="administrative_unit")
    op.drop_index(op.f("ix_administrative_unit_parent_id"), table_name="administrative_unit")
    op.drop_table("administrative_unit")
    for function in (
        "award_rollup_insert()",
        "award_rollup_update()",
        "award_rollup_delete()",
        "authority_move_children()",
        "authority_set_paths()",
        "refuse_change()",
        "path_at(text, integer)",
        "vi_sort_key(text)",
        "vi_fold(text)",
    ):
        op.execute(f"drop function {function}")
