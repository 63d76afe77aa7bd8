"""The hall's commands on the wire: strict schemas, every field bounded; events come from the codec.

`{"id": "…", "do": "ReleaseKey", "bid": "b_…", "part": "main", "key": "…"}`. The platform's own
commands have no place here: nobody can send them.
"""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic.alias_generators import to_camel

from ceremony.errors import Malformed
from opening_hall.codec import decode, encode
from opening_hall.facts import AbortCode, Cause, Resolution, SuspendCode

__all__ = ["WireCommand", "decode", "encode", "parse_command", "schema"]

MAX_BIDS = 5_000
MAX_CMS = 60_000
"""Characters of base64url: a CMS with its chain is 3 to 12 KiB."""


def _plain(text: str) -> str:
    """One spelling (NFC) and no control characters but line breaks, so that what is logged can be printed."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()
    if any(unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") and c != "\n" for c in text):
        raise ValueError("control characters")
    return text


PLAIN = AfterValidator(_plain)
Id: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
Bid: TypeAlias = Annotated[str, StringConstraints(pattern=r"^b_[a-z2-7]{1,40}$")]
Part: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
Hash: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Key: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""32 bytes, base64url."""
Share: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
Cms: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$", max_length=MAX_CMS)]
Code: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9:-]{0,63}$")]
Reason: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=500), PLAIN]
Remark: TypeAlias = Annotated[str, StringConstraints(max_length=500), PLAIN]
Writing: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=4_000), PLAIN]
Value: TypeAlias = Annotated[str, StringConstraints(max_length=200), PLAIN]
Shares: TypeAlias = Annotated[dict[Bid, Share], Field(max_length=MAX_BIDS)]
Bids: TypeAlias = Annotated[list[Bid], Field(min_length=1, max_length=MAX_BIDS)]


class Wire(BaseModel):
    """Common to all: a command id that makes repeating harmless."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, strict=False)

    id: Id


class CommitDraw(Wire):
    do: Literal["CommitDraw"]
    commitment: Hash


class RevealDraw(Wire):
    do: Literal["RevealDraw"]
    value: Key


class ReportDealing(Wire):
    do: Literal["ReportDealing"]
    bid: Bid
    purpose: Code
    reason: Code


class ReleaseIdentityShares(Wire):
    do: Literal["ReleaseIdentityShares"]
    shares: Shares


class SignAdmitted(Wire):
    do: Literal["SignAdmitted"]
    hash: Hash
    cms: Cms


class ReleaseHallShares(Wire):
    do: Literal["ReleaseHallShares"]
    part: Part
    shares: Shares


class SignIn(Wire):
    do: Literal["SignIn"]


class AcknowledgeWrap(Wire):
    do: Literal["AcknowledgeWrap"]
    bid: Bid


class ReleaseKey(Wire):
    do: Literal["ReleaseKey"]
    bid: Bid
    part: Part
    key: Key


class ConfirmLine(Wire):
    do: Literal["ConfirmLine"]
    bid: Bid
    cms: Cms | None = None


class SignRecord(Wire):
    do: Literal["SignRecord"]
    sha256: Hash
    cms: Cms


class Diagnose(Wire):
    do: Literal["Diagnose"]
    kind: Code
    facts: Annotated[dict[Code, Value], Field(max_length=16)]
    bid: Bid | None = None


class StartDecryption(Wire):
    do: Literal["StartDecryption"]


class ExtendDecryption(Wire):
    do: Literal["ExtendDecryption"]
    seconds: Annotated[int, Field(gt=0, le=86_400)]
    reason: Reason


class EndDecryption(Wire):
    do: Literal["EndDecryption"]


class Adjudicate(Wire):
    do: Literal["Adjudicate"]
    bids: Bids
    cause: Cause
    reason: Reason
    cms: Cms


class FixAdmitted(Wire):
    do: Literal["FixAdmitted"]


class StartReading(Wire):
    do: Literal["StartReading"]


class ReadNext(Wire):
    do: Literal["ReadNext"]


class RaiseObjection(Wire):
    do: Literal["RaiseObjection"]
    objection: Id
    text: Writing
    cms: Cms


class AnswerObjection(Wire):
    do: Literal["AnswerObjection"]
    objection: Id
    text: Writing
    resolution: Resolution
    cms: Cms


class CloseObjections(Wire):
    do: Literal["CloseObjections"]


class Say(Wire):
    do: Literal["Say"]
    text: Reason


class Suspend(Wire):
    do: Literal["Suspend"]
    code: SuspendCode
    reason: Reason


class Resume(Wire):
    do: Literal["Resume"]
    reason: Remark = ""


class Abort(Wire):
    do: Literal["Abort"]
    code: AbortCode
    reason: Reason
    cms: Cms


class Reconvene(Wire):
    do: Literal["Reconvene"]
    bids: Bids
    reason: Reason
    cms: Cms


class HandOverHost(Wire):
    do: Literal["HandOverHost"]
    to: Id
    reason: Reason
    cms: Cms


class SealRecord(Wire):
    do: Literal["SealRecord"]
    digest: Hash
    cms: Cms


WireCommand: TypeAlias = (
    CommitDraw
    | RevealDraw
    | ReportDealing
    | ReleaseIdentityShares
    | SignAdmitted
    | ReleaseHallShares
    | SignIn
    | AcknowledgeWrap
    | ReleaseKey
    | ConfirmLine
    | SignRecord
    | Diagnose
    | StartDecryption
    | ExtendDecryption
    | EndDecryption
    | Adjudicate
    | FixAdmitted
    | StartReading
    | ReadNext
    | RaiseObjection
    | AnswerObjection
    | CloseObjections
    | Say
    | Suspend
    | Resume
    | Abort
    | Reconvene
    | HandOverHost
    | SealRecord
)
_COMMANDS: TypeAdapter[WireCommand] = TypeAdapter(Annotated[WireCommand, Field(discriminator="do")])


def parse_command(message: object) -> WireCommand:
    """A command as it arrived. Raises Malformed("command-unknown") or Malformed("command-malformed")."""
    try:
        return _COMMANDS.validate_python(message)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
            raise Malformed("command-unknown") from None
        where = ".".join(str(step) for step in first["loc"][1:])[:80]
        raise Malformed("command-malformed", f"{where}: {first['msg']}"[:200]) from None


def schema() -> dict[str, Any]:
    """JSON schema of all commands, for clients' generated types."""
    return _COMMANDS.json_schema()
