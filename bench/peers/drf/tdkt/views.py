"""(d) The same endpoints with generic views and viewsets. No authorisation."""

import uuid
from typing import Any

import rules
from django.db import IntegrityError, transaction
from django.db.models import F, Prefetch, Q
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from app.clock import today
from app.ids import tidy_code
from tdkt import models, serializers
from tdkt.award_statistics import count_awards

HISTORY = models.NominationEvent.objects.select_related("actor", "acting_for", "sent_to").order_by("id")


class Conflict(APIException):
    """The thing is not in a state for this."""

    status_code = 409
    default_detail = "conflict"


def ping(request: HttpRequest) -> JsonResponse:
    """Whether it runs."""
    return JsonResponse({"status": "ok"})


class Campaigns(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Campaigns in reach, and launched ones of the bodies above and of the nation."""

    queryset = models.Campaign.objects.select_related("authority", "parent", "launch_document").defer("parent__plan")
    serializer_class = serializers.Campaign

    def get_serializer_class(self) -> type[serializers.CampaignSummary]:
        """Lists are shorter."""
        return serializers.CampaignSummary if self.action == "list" else serializers.Campaign

    def get_queryset(self) -> Any:
        """For lists, what the caller reaches."""
        if self.action != "list":
            return super().get_queryset()
        headers = self.request.headers
        territory = headers["X-Territory-Path"]
        above = Q(territory_path__in=rules.ancestors(territory)) | Q(
            line_path__in=rules.ancestors(headers.get("X-Line-Path", ""))
        )
        launched = Q(state__in=rules.LAUNCHED) & (Q(scope="national") | above)
        found = models.Campaign.objects.select_related("authority").filter(
            Q(territory_path__startswith=territory) | launched
        )
        states = self.request.query_params.getlist("state")
        return found.filter(state__in=states) if states else found


class PublicCampaigns(viewsets.GenericViewSet):
    """Launched campaigns as anyone may see them."""

    queryset = Campaigns.queryset.filter(state__in=rules.LAUNCHED)
    lookup_field = "code"

    def find(self, code: str) -> tuple[models.Campaign, rules.Json]:
        """The campaign, and its public answer."""
        campaign = get_object_or_404(self.get_queryset(), code=tidy_code(code))
        return campaign, rules.public_campaign(campaign, *participation(campaign), today())

    def retrieve(self, request: Request, code: str) -> Response:
        """One of them."""
        return Response(self.find(code)[1])


class BotCampaigns(PublicCampaigns):
    """How a campaign stands, as a sentence."""

    def retrieve(self, request: Request, code: str) -> Response:
        """One of them."""
        campaign, found = self.find(code)
        document = campaign.launch_document
        return Response(rules.bot_answer(found, document.type if document else None))


def participation(campaign: models.Campaign) -> tuple[int, int]:
    """How many units are in scope of a campaign, and how many of them carry it out."""
    root = rules.ancestors(campaign.territory_path)[0] if campaign.scope == "national" else campaign.territory_path
    base = models.Authority.objects.get(territory_path=root)
    member = Q(parent=base) | Q(parent__parent=base, parent__kind="front_committee", line="mass_organization")
    if base.line in rules.BY_LINE:
        member |= Q(line_parent=base)
    day = today()
    in_scope = set(
        models.Authority.objects.filter(member, kind__in=rules.PARTICIPANTS)
        .filter(Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_to=None) | Q(valid_to__gte=day))
        .exclude(id=campaign.authority_id)
        .values_list("id", flat=True)
    )
    deployed = models.Deployment.objects.filter(campaign=campaign, state__in=["deployed", "reported"])
    taken_up = models.Campaign.objects.filter(parent=campaign, state__in=rules.LAUNCHED)
    carried_out = {
        *deployed.values_list("authority_id", flat=True),
        *taken_up.values_list("authority_id", flat=True),
    }
    return len(in_scope), len(in_scope & carried_out)


class Nominations(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Nominations: in reach or on the caller's desk, one with its history, and the two writes."""

    queryset = (
        models.Nomination.objects.select_related(
            "authority", "holder", "candidate", "award_type", "dossier", "campaign"
        )
        .defer("campaign__plan")
        .prefetch_related(Prefetch("history", queryset=HISTORY))
    )

    def get_serializer_class(self) -> type[serializers.NominationSummary]:
        """Lists are shorter."""
        return serializers.NominationSummary if self.action == "list" else serializers.Nomination

    def get_queryset(self) -> Any:
        """For lists, what the caller reaches."""
        if self.action != "list":
            return super().get_queryset()
        headers, wanted = self.request.headers, self.request.query_params
        body = headers["X-Authority-Id"]
        found = models.Nomination.objects.select_related("authority", "holder", "candidate", "award_type").filter(
            Q(territory_path__startswith=headers["X-Territory-Path"], route="territory")
            | Q(authority_id=body)
            | Q(holder_id=body)
        )
        states = wanted.getlist("state")
        if states:
            found = found.filter(state__in=states)
        return found.filter(holder_id=wanted["holder_id"]) if "holder_id" in wanted else found

    def create(self, request: Request) -> Response:
        """Add a nomination to a dossier that is being drafted."""
        body = serializers.NominationIn(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            with transaction.atomic():
                key = add_nomination(uuid.UUID(request.headers["X-User-Id"]), **body.validated_data)
        except IntegrityError:
            raise Conflict from None
        return Response(self.get_serializer(self.get_queryset().get(id=key)).data, status=201)

    @action(detail=True, methods=["post"])
    def receive(self, request: Request, pk: str) -> Response:
        """The body that holds a nomination receives it."""
        body = serializers.Note(data=request.data)
        body.is_valid(raise_exception=True)
        seen = request.headers.get("If-Match")
        with transaction.atomic():
            nomination = get_object_or_404(models.Nomination.objects.select_for_update(), id=pk)
            if seen and int(seen.strip('"').partition(".")[0]) != nomination.version:
                return Response({"code": "version_mismatch"}, status=412)
            take_over(nomination, uuid.UUID(request.headers["X-User-Id"]), body.validated_data["note"])
        return Response(self.get_serializer(self.get_object()).data)


def add_nomination(
    user_id: uuid.UUID, dossier_id: uuid.UUID, candidate_id: uuid.UUID, award_type_code: str, achievement: str
) -> uuid.UUID:
    """Store the nomination and what it leaves behind."""
    dossier = get_object_or_404(models.Dossier.objects.select_for_update(), id=dossier_id)
    candidate = get_object_or_404(models.Candidate, id=candidate_id)
    if dossier.submitted_at is not None:
        raise Conflict
    day = today()
    award_type = (
        models.AwardType.objects.filter(code=award_type_code, valid_from__lte=day).order_by("-valid_from").first()
    )
    if award_type is None:
        raise Conflict("unknown award type")
    workflow = (
        models.WorkflowDefinition.objects.filter(code="commendation", valid_from__lte=day)
        .filter(Q(valid_to=None) | Q(valid_to__gte=day))
        .order_by("-number")
        .first()
    )
    nomination = models.Nomination.objects.create(
        dossier=dossier,
        authority_id=dossier.authority_id,
        territory_path=dossier.territory_path,
        line_path=dossier.line_path,
        route=dossier.route,
        candidate=candidate,
        award_type=award_type,
        award_type_code=award_type.code,
        category=dossier.category,
        campaign_id=dossier.campaign_id,
        year=dossier.year,
        achievement=achievement,
        state="draft",
        holder_id=dossier.authority_id,
        workflow=workflow,
        created_by_id=user_id,
    )
    models.Dossier.objects.filter(id=dossier.id).update(version=F("version") + 1)
    after = {"award_type_code": award_type.code, "state": "draft"}
    leave_traces(nomination, user_id, "create", "created", acting_for_id=dossier.authority_id, after=after)
    return nomination.id


def take_over(nomination: models.Nomination, user_id: uuid.UUID, note: str | None) -> None:
    """Receive a locked nomination."""
    if nomination.state not in ("submitted", "forwarded") or nomination.holder_id == nomination.authority_id:
        raise Conflict
    before = nomination.state
    nomination.state = "received"
    nomination.state_changed_at = timezone.now()
    nomination.version += 1
    nomination.save(update_fields=["state", "state_changed_at", "version"])
    after = {"state": "received", "holder_id": str(nomination.holder_id)}
    traces = {"after": after, "before": before, "reason": note}
    leave_traces(nomination, user_id, "receive", "receive", acting_for_id=nomination.holder_id, **traces)


def leave_traces(
    nomination: models.Nomination,
    user_id: uuid.UUID,
    step: str,
    done: str,
    *,
    acting_for_id: uuid.UUID,
    after: rules.Json,
    before: str | None = None,
    reason: str | None = None,
) -> None:
    """History, audit and outbox of a change."""
    models.NominationEvent.objects.create(
        nomination=nomination,
        action=step,
        from_state=before,
        to_state=nomination.state,
        actor_id=user_id,
        acting_for_id=acting_for_id,
        reason=reason,
    )
    models.AuditEvent.objects.create(
        actor_id=user_id,
        authority_id=acting_for_id,
        action=done,
        entity="nomination",
        entity_id=nomination.id,
        before={"state": before} if before else None,
        after=after,
        reason=reason,
    )
    models.OutboxEvent.objects.create(
        type=f"vn.gov.tdkt.nomination.{done}.v1",
        subject=f"nomination/{nomination.id}",
        authority_id=acting_for_id,
        data={"id": str(nomination.id), "state": nomination.state},
    )


class AwardStatistics(APIView):
    """Counts of the register over a body and all below it."""

    def get(self, request: Request) -> Response:
        """One body."""
        wanted = request.query_params
        body = get_object_or_404(models.Authority, id=wanted["authority_id"])
        years = tuple(int(wanted[name]) if name in wanted else None for name in ("year_from", "year_to"))
        return Response(count_awards(body, years, wanted.getlist("group_by")))
