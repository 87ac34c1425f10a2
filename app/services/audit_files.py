"""The audit log as files, chunk by chunk."""

from collections.abc import AsyncIterator, Sequence

from app.csv_text import BYTE_ORDER_MARK, csv_line
from app.models.audit import AuditEventOut
from app.shapes import json_bytes

Chunks = AsyncIterator[Sequence[AuditEventOut]]

_HEADINGS = (
    *("Số", "Thời điểm", "Người thực hiện", "Mã người thực hiện", "Nhân danh", "Mã đơn vị", "Việc", "Loại bản ghi"),
    *("Mã bản ghi", "Thay đổi", "Lý do", "Mục đích", "Mã yêu cầu", "Địa chỉ"),
)


async def json_lines(chunks: Chunks) -> AsyncIterator[bytes]:
    """One event a line, as the API answers it: each line is whole as soon as it comes, in constant memory."""
    async for events in chunks:
        yield b"".join(json_bytes(event) + b"\n" for event in events)


async def csv_lines(chunks: Chunks) -> AsyncIterator[bytes]:
    """A table with Vietnamese headings; moments in UTC as in the API."""
    yield (BYTE_ORDER_MARK + csv_line(_HEADINGS)).encode()
    async for events in chunks:
        yield "".join(map(_line, events)).encode()


def _line(event: AuditEventOut) -> str:
    changes = "; ".join(f"{c.field}: {c.before or '∅'} → {c.after or '∅'}" for c in event.changes)
    return csv_line(
        (
            event.number,
            f"{event.at:%Y-%m-%dT%H:%M:%S.%fZ}",
            event.actor and event.actor.name,
            event.actor and event.actor.id,
            event.authority and event.authority.name,
            event.authority and event.authority.id,
            event.action,
            event.entity,
            event.entity_id,
            changes,
            event.reason,
            event.purpose and event.purpose.vi,
            event.request,
            event.address,
        )
    )
