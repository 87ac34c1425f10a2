"""Pages of the contract: newest first, after the last row of the page before."""

import base64
import json
from typing import Any

from django.db.models import Q
from rest_framework.pagination import BasePagination
from rest_framework.response import Response


class NewestFirst(BasePagination):
    """`limit` rows and the cursor to the next ones."""

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any]:
        """One row more than asked for says whether there is a next page."""
        limit = min(int(request.query_params.get("limit", 20)), 100)
        cursor = request.query_params.get("cursor")
        if cursor:
            moment, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            queryset = queryset.filter(Q(created_at__lt=moment) | Q(created_at=moment, id__lt=key))
        rows = list(queryset.order_by("-created_at", "-id")[: limit + 1])
        self.next_cursor = None
        if len(rows) > limit:
            text = json.dumps([rows[limit - 1].created_at.isoformat(), str(rows[limit - 1].id)])
            self.next_cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        return rows[:limit]

    def get_paginated_response(self, data: Any) -> Response:
        """The page."""
        return Response({"items": data, "next_cursor": self.next_cursor})
