"""What every shape of the contract is built of: base classes and shared value types.

`Input` refuses what it does not know; `Output` has no defaults, so that every field is always
present and generated clients have no `?`. Text must be NFC, without control characters.
"""

import re
import unicodedata
import uuid
from calendar import monthrange
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Annotated, Any, Self, TypeVar, cast

import msgspec
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.vocabularies import DatePrecision


class Input(BaseModel):
    """A request body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Output(BaseModel):
    """A part of an answer. Fields have no defaults: "none" is null, never absent."""

    # an answer that does not fit is logged, and the log must not hold what it says of persons
    model_config = ConfigDict(extra="forbid", from_attributes=True, hide_input_in_errors=True)


# what stands inside a lean shape and is none: it was validated when it came in
_encoder = msgspec.json.Encoder(enc_hook=vars)


def json_bytes(content: object) -> bytes:
    """The JSON of a shape, lean or not; bytes are JSON already."""
    if isinstance(content, bytes):
        return content
    return content.model_dump_json().encode() if isinstance(content, BaseModel) else _encoder.encode(content)


def json_text(content: object) -> str:
    """JSON as a parameter of a statement."""
    return _encoder.encode(content).decode()


def raw_json(text: str) -> Any:
    """JSON of the database, passed on inside a lean shape without being read."""
    return msgspec.Raw(text.encode())


Shape = TypeVar("Shape", bound=Output)


def lean(shape: type[Shape]) -> type[Shape]:
    """The same fields without validation, for hot answers whose values come validated from the database.

    Making and encoding a page of them costs a fifth (measured); a missing or foreign field still fails. Values are
    sent as they are given: nothing is converted. Tests hold every answer against the contract.
    """
    fields = [(name, Any) for name in shape.model_fields]
    return cast(type[Shape], msgspec.defstruct(shape.__name__, fields, kw_only=True, gc=False))


class Query(BaseModel):
    """Query parameters of an operation: unknown ones are refused."""

    model_config = ConfigDict(extra="forbid")


def clean_text(value: str) -> str:
    """Refuse text that is not NFC (it would not be found again) or holds control or invisible characters.

    The joiner of emoji families (U+200D) stays.
    """
    if not unicodedata.is_normalized("NFC", value):
        raise PydanticCustomError("text_not_nfc", "text is not in Unicode form NFC")
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") and c not in "\n\t\u200d" for c in value):
        raise PydanticCustomError("control_character", "text holds a control character")
    return value


def _written_as_day(value: object) -> object:
    """Refuse what else could be read as a date, as seconds since 1970 or a moment at midnight."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not (isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value)):
        raise PydanticCustomError("date_wrong_format", "not written as YYYY-MM-DD")
    return value


_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})")
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _written_as_moment(value: object) -> object:
    """Refuse what else could be read as a moment: seconds since 1970, a day, a time of nobody knows which zone."""
    if isinstance(value, str) and not _MOMENT.fullmatch(value):
        raise PydanticCustomError("datetime_wrong_format", "not written as in RFC 3339")
    return value


def _within_calendar(value: datetime) -> datetime:
    """Nothing happened before or after; the first and the last days of the calendar leave it in another zone."""
    if not _EARLIEST.year < value.year < _LATEST.year:
        return _EARLIEST if value.year <= _EARLIEST.year else _LATEST
    return value


# str with at least one visible character; the name says the use, the number the longest length
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=300),
    AfterValidator(clean_text),
    Field(json_schema_extra={"pattern": r"\S"}),
]
Paragraph = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4000),
    AfterValidator(clean_text),
    Field(json_schema_extra={"pattern": r"\S"}),
]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=80)]
SearchText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100), AfterValidator(clean_text)]
Search = Annotated[SearchText | None, BeforeValidator(lambda v: None if isinstance(v, str) and not v.strip() else v)]
"""What is searched for; an empty search box searches for nothing."""
Year = Annotated[int, Field(ge=1900, le=2200)]
Dong = Annotated[int, Field(ge=0, le=10**15)]
"""Money in whole đồng."""
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
"""What a change counts up; a client has it as the ETag."""
Day = Annotated[date, BeforeValidator(_written_as_day)]
Moment = datetime
MomentAsked = Annotated[datetime, BeforeValidator(_written_as_moment), AfterValidator(_within_calendar)]
"""A moment that a caller names, with its zone (RFC 3339 §5.6)."""
Id = uuid.UUID
OutText = Annotated[str, Field(max_length=20_000)]


class PartialDate(Input):
    """A date known to the day, the month or the year, or bound to an event (N14).

    `value` is `YYYY-MM-DD`, `YYYY-MM` or `YYYY` as `precision` says.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$", max_length=10)]
    precision: DatePrecision

    @model_validator(mode="after")
    def _agree(self) -> Self:
        parts = self.value.split("-")
        wanted = {DatePrecision.YEAR: 1, DatePrecision.MONTH: 2, DatePrecision.DAY: 3}[self.precision]
        if len(parts) != wanted:
            raise PydanticCustomError("date_precision_mismatch", "value does not have the stated precision")
        try:
            self.first_day()
        except ValueError:
            raise PydanticCustomError("date_not_in_calendar", "no such day") from None
        return self

    def first_day(self) -> date:
        """The earliest day it may mean."""
        return _span(self.value)[0]

    def last_day(self) -> date:
        """The latest day it may mean."""
        return _span(self.value)[1]


@lru_cache(maxsize=10_000)
def _span(value: str) -> tuple[date, date]:
    """First and last day of `YYYY`, `YYYY-MM` or `YYYY-MM-DD`."""
    year, *rest = (int(part) for part in value.split("-"))
    if not rest:
        return date(year, 1, 1), date(year, 12, 31)
    month = rest[0]
    if rest[1:]:
        day = date(year, month, rest[1])
        return day, day
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])
