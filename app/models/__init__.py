"""Tables and the shapes of the contract, one file per resource. Importing this package registers all tables."""

from app.models import (  # noqa: F401 - importing registers the tables
    administrative_units,
    authorities,
    award_types,
    campaigns,
    candidates,
    decisions,
    deployments,
    invitations,
    legal_documents,
    nominations,
    records,
    signers,
    statistics,
    users,
)
