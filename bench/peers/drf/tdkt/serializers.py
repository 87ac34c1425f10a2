"""Shapes of requests and answers."""

import rules
from rest_framework import serializers

from tdkt import models


class AuthorityRef(serializers.ModelSerializer):
    """A body."""

    class Meta:
        model = models.Authority
        fields = ["id", "name"]


class CampaignRef(serializers.ModelSerializer):
    """A campaign."""

    class Meta:
        model = models.Campaign
        fields = ["id", "code", "title"]


class CandidateRef(serializers.ModelSerializer):
    """A candidate."""

    class Meta:
        model = models.Candidate
        fields = ["id", "kind", "name"]


class AwardTypeRef(serializers.ModelSerializer):
    """An award type."""

    class Meta:
        model = models.AwardType
        fields = ["code", "name"]


class DossierRef(serializers.ModelSerializer):
    """A dossier."""

    class Meta:
        model = models.Dossier
        fields = ["id", "title"]


class DocumentRef(serializers.ModelSerializer):
    """A legal document."""

    issued_on = serializers.SerializerMethodField()

    class Meta:
        model = models.LegalDocument
        fields = ["id", "number_symbol", "title", "issued_on"]

    def get_issued_on(self, document: models.LegalDocument) -> rules.Json | None:
        """As exactly as it is known."""
        return rules.partial_date(document.issued_on, document.issued_precision)


class CampaignSummary(serializers.ModelSerializer):
    """A campaign in a list."""

    launcher = AuthorityRef(source="authority")
    starts = serializers.ReadOnlyField()
    ends = serializers.ReadOnlyField()
    public_status = serializers.ReadOnlyField()
    parent_id = serializers.UUIDField()

    class Meta:
        model = models.Campaign
        fields = [
            "id",
            "code",
            "title",
            "short_title",
            "launcher",
            "launcher_known",
            "parent_id",
            "method",
            "scope",
            "starts",
            "ends",
            "state",
            "public_status",
            "launched_on",
            "created_at",
        ]


class Campaign(CampaignSummary):
    """A campaign with its plan."""

    parent = CampaignRef()
    launch_document = DocumentRef()

    class Meta(CampaignSummary.Meta):
        fields = [
            *CampaignSummary.Meta.fields,
            "parent",
            "launch_document",
            "other_titles",
            "theme",
            "scope_text",
            "end_event",
            "plan",
            "sources",
            "note",
            "version",
        ]


class NominationSummary(serializers.ModelSerializer):
    """A nomination in a list."""

    dossier_id = serializers.UUIDField()
    authority = AuthorityRef()
    candidate = CandidateRef()
    award_type = AwardTypeRef()
    holder = AuthorityRef()

    class Meta:
        model = models.Nomination
        fields = [
            "id",
            "dossier_id",
            "authority",
            "candidate",
            "award_type",
            "category",
            "year",
            "state",
            "holder",
            "created_at",
            "state_changed_at",
        ]


class Appraisal(serializers.Serializer):
    """The opinion of the standing body."""

    opinion = serializers.CharField()
    note = serializers.CharField()
    by = serializers.CharField()
    at = serializers.SerializerMethodField()

    def get_at(self, appraisal: rules.Json) -> str:
        """As the other times are written."""
        return appraisal["at"].replace("+00:00", "Z")


class Event(serializers.ModelSerializer):
    """A step of the history."""

    actor = serializers.CharField(source="actor.display_name")
    acting_for = AuthorityRef()
    sent_to = AuthorityRef()

    class Meta:
        model = models.NominationEvent
        fields = ["at", "action", "from_state", "to_state", "actor", "acting_for", "sent_to", "reason"]


class Nomination(NominationSummary):
    """A nomination with its history."""

    dossier = DossierRef()
    campaign = CampaignRef()
    appraisal = Appraisal()
    history = Event(many=True)

    class Meta(NominationSummary.Meta):
        fields = [
            *NominationSummary.Meta.fields,
            "dossier",
            "campaign",
            "route",
            "achievement",
            "appraisal",
            "submitted_at",
            "history",
            "version",
        ]


class NominationIn(serializers.Serializer):
    """A nomination to add to a dossier."""

    dossier_id = serializers.UUIDField()
    candidate_id = serializers.UUIDField()
    award_type_code = serializers.CharField(max_length=80)
    achievement = serializers.CharField(max_length=4000)


class Note(serializers.Serializer):
    """A note with a step."""

    note = serializers.CharField(max_length=4000, required=False, allow_null=True, default=None)
