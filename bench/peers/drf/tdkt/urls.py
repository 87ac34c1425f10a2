"""Paths."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from tdkt import views

router = SimpleRouter(trailing_slash=False)
router.register("public/campaigns", views.PublicCampaigns, basename="public-campaign")
router.register("bot/campaigns", views.BotCampaigns, basename="bot-campaign")
router.register("campaigns", views.Campaigns)
router.register("nominations", views.Nominations)

urlpatterns = [
    path("ping", views.ping),
    path("v1/statistics/awards", views.AwardStatistics.as_view()),
    path("v1/", include(router.urls)),
]
