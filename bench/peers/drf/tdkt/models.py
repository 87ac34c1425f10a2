"""The product's tables, which its own migrations keep."""

import rules
from django.db import models
from django.utils import timezone

from app.clock import today
from app.ids import new_id


class ProductTable(models.Model):
    """A table with a UUID key that Django does not create."""

    id = models.UUIDField(primary_key=True, default=new_id)

    class Meta:
        abstract = True
        managed = False


def to_one(to: str, **options: object) -> models.ForeignKey:
    """A foreign key that nothing is deleted along."""
    return models.ForeignKey(to, models.DO_NOTHING, related_name="+", **options)


class Authority(ProductTable):
    """A body."""

    name = models.TextField()
    number = models.IntegerField()
    kind = models.TextField()
    line = models.TextField()
    unit = to_one("AdministrativeUnit", null=True)
    parent = to_one("self", null=True)
    line_parent = to_one("self", null=True)
    territory_path = models.TextField()
    line_path = models.TextField()
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)

    class Meta(ProductTable.Meta):
        db_table = "authority"


class LegalDocument(ProductTable):
    """A legal document."""

    type = models.TextField()
    number_symbol = models.TextField(null=True)
    title = models.TextField()
    issued_on = models.DateField(null=True)
    issued_precision = models.TextField(null=True)

    class Meta(ProductTable.Meta):
        db_table = "legal_document"


class Campaign(ProductTable):
    """A campaign."""

    code = models.TextField()
    authority = to_one("Authority")
    territory_path = models.TextField()
    line_path = models.TextField()
    parent = to_one("self", null=True)
    launch_document = to_one("LegalDocument", null=True)
    title = models.TextField()
    short_title = models.TextField(null=True)
    other_titles = models.JSONField()
    theme = models.TextField(null=True)
    method = models.TextField()
    scope = models.TextField()
    scope_text = models.TextField(null=True)
    starts_on = models.DateField(null=True)
    starts_precision = models.TextField(null=True)
    ends_on = models.DateField(null=True)
    ends_precision = models.TextField(null=True)
    end_event = models.TextField(null=True)
    plan = models.JSONField()
    sources = models.JSONField()
    note = models.TextField(null=True)
    state = models.TextField()
    launched_on = models.DateField(null=True)
    launcher_known = models.BooleanField()
    created_at = models.DateTimeField()
    version = models.IntegerField()

    class Meta(ProductTable.Meta):
        db_table = "campaign"

    @property
    def starts(self) -> rules.Json | None:
        """When it starts."""
        return rules.partial_date(self.starts_on, self.starts_precision)

    @property
    def ends(self) -> rules.Json | None:
        """When it ends."""
        return rules.partial_date(self.ends_on, self.ends_precision)

    @property
    def public_status(self) -> str | None:
        """What the public sees of it today."""
        return rules.public_status(self, today())


class Deployment(ProductTable):
    """What a body has done with a campaign."""

    campaign = to_one("Campaign")
    authority = to_one("Authority")
    state = models.TextField()

    class Meta(ProductTable.Meta):
        db_table = "deployment"


class Candidate(ProductTable):
    """A person, collective or household."""

    kind = models.TextField()
    name = models.TextField()

    class Meta(ProductTable.Meta):
        db_table = "candidate"


class AwardType(ProductTable):
    """An award type in a period of validity."""

    code = models.TextField()
    name = models.TextField()
    valid_from = models.DateField()

    class Meta(ProductTable.Meta):
        db_table = "award_type"


class WorkflowDefinition(ProductTable):
    """A version of the workflow."""

    code = models.TextField()
    number = models.IntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta(ProductTable.Meta):
        db_table = "workflow_definition"


class UserAccount(ProductTable):
    """A user."""

    display_name = models.TextField()

    class Meta(ProductTable.Meta):
        db_table = "user_account"


class Dossier(ProductTable):
    """A dossier of nominations."""

    authority = to_one("Authority")
    territory_path = models.TextField()
    line_path = models.TextField()
    route = models.TextField()
    category = models.TextField()
    campaign = to_one("Campaign", null=True)
    year = models.IntegerField()
    title = models.TextField()
    submitted_at = models.DateTimeField(null=True)
    version = models.IntegerField()

    class Meta(ProductTable.Meta):
        db_table = "dossier"


class Nomination(ProductTable):
    """One candidate for one award type."""

    dossier = to_one("Dossier")
    authority = to_one("Authority")
    territory_path = models.TextField()
    line_path = models.TextField()
    route = models.TextField()
    candidate = to_one("Candidate")
    award_type = to_one("AwardType")
    award_type_code = models.TextField()
    category = models.TextField()
    campaign = to_one("Campaign", null=True)
    year = models.IntegerField()
    achievement = models.TextField()
    state = models.TextField()
    holder = to_one("Authority")
    workflow = to_one("WorkflowDefinition")
    appraisal = models.JSONField(null=True)
    created_by = to_one("UserAccount", db_column="created_by")
    created_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True)
    state_changed_at = models.DateTimeField(default=timezone.now)
    version = models.IntegerField(default=1)

    class Meta(ProductTable.Meta):
        db_table = "nomination"


class NominationEvent(ProductTable):
    """A step of the history of a nomination."""

    nomination = models.ForeignKey(Nomination, models.DO_NOTHING, related_name="history")
    at = models.DateTimeField(default=timezone.now)
    action = models.TextField()
    from_state = models.TextField(null=True)
    to_state = models.TextField()
    actor = to_one("UserAccount")
    acting_for = to_one("Authority")
    sent_to = to_one("Authority", null=True)
    reason = models.TextField(null=True)

    class Meta(ProductTable.Meta):
        db_table = "nomination_event"


class AuditEvent(models.Model):
    """Who did what."""

    id = models.BigAutoField(primary_key=True)
    actor = to_one("UserAccount")
    authority = to_one("Authority")
    action = models.TextField()
    entity = models.TextField()
    entity_id = models.UUIDField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField(null=True)

    class Meta:
        managed = False
        db_table = "audit_event"


class OutboxEvent(ProductTable):
    """An event for the outside."""

    type = models.TextField()
    subject = models.TextField()
    authority = to_one("Authority")
    data = models.JSONField()

    class Meta(ProductTable.Meta):
        db_table = "outbox_event"


class Award(ProductTable):
    """An entry of the register."""

    territory_path = models.TextField()
    level = models.TextField()
    award_type_code = models.TextField()
    category = models.TextField()
    recipient_kind = models.TextField()
    year = models.IntegerField()
    bonus_amount = models.BigIntegerField()
    state = models.TextField()

    class Meta(ProductTable.Meta):
        db_table = "award"


class AdministrativeUnit(ProductTable):
    """A province, a ward."""

    code = models.TextField(null=True)
    name = models.TextField()
    name_sort = models.TextField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta(ProductTable.Meta):
        db_table = "administrative_unit"


class UnitSuccession(ProductTable):
    """Which unit became part of which."""

    from_unit = to_one("AdministrativeUnit")
    to_unit = to_one("AdministrativeUnit")
    extent = models.TextField()
    effective_date = models.DateField()

    class Meta(ProductTable.Meta):
        db_table = "unit_succession"


class HistoricalFigure(ProductTable):
    """A figure as a paper reports it."""

    key = models.TextField()
    position = models.IntegerField()
    kind = models.TextField()
    authority = to_one("Authority")
    covers = models.JSONField()
    level = models.TextField(null=True)
    award_type_code = models.TextField(null=True)
    label = models.TextField()
    recipient_kind = models.TextField(null=True)
    # `numeric` without a scale, so that every digit of the paper stays
    value = models.DecimalField(null=True, max_digits=1000, decimal_places=500)
    text_value = models.TextField(null=True)
    unit = models.TextField(null=True)
    qualifier = models.TextField(null=True)
    period_from = models.IntegerField(null=True)
    period_to = models.IntegerField(null=True)
    period_text = models.TextField(null=True)
    deciding_authority_text = models.TextField(null=True)
    campaign = to_one("Campaign", null=True)
    posthumous = models.BooleanField(null=True)
    breakdown = models.JSONField(null=True)
    document = to_one("LegalDocument")
    section = models.TextField(null=True)
    group = models.TextField(null=True)
    doubt = models.JSONField(null=True)
    may_double_count_with = models.JSONField()
    note = models.TextField(null=True)

    class Meta(ProductTable.Meta):
        db_table = "historical_figure"
