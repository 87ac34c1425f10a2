"""Campaigns (phong trào thi đua): reading, lists, writing; what is public and what is allowed stands in two tables."""

from app.services.campaigns.cascade import read_cascade
from app.services.campaigns.listing import list_campaigns
from app.services.campaigns.reads import find_campaign
from app.services.campaigns.writes import (
    cancel_campaign,
    conclude_campaign,
    create_campaign,
    launch_campaign,
    update_campaign,
)

__all__ = [
    "cancel_campaign",
    "conclude_campaign",
    "create_campaign",
    "find_campaign",
    "launch_campaign",
    "list_campaigns",
    "read_cascade",
    "update_campaign",
]
