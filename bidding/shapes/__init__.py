"""What the interface answers, as types: the web client's are generated from these (scripts/generate_wire.py).

Routes return plain mappings; tests hold every answer that they get strictly against `ANSWERS`, so that a
member more or less than here fails them. A route that is not named gives bytes, nothing, or what no page of
ours asks for.
"""

from __future__ import annotations

from typing import Any

from bidding.shapes import halls as h
from bidding.shapes import people as p
from bidding.shapes import submissions as s
from bidding.shapes import tenders as t

#: Method and path below /api -> type of the JSON answer.
ANSWERS: dict[str, Any] = {
    "POST /auth/challenge": p.Challenge,
    "POST /auth/session": p.SignedInBody,
    "GET /auth/session": p.SessionBody,
    "GET /auth/sessions": p.DeviceList,
    "GET /people/me": p.Account,
    "PUT /people/me": p.Account,
    "GET /people/mandates": p.MandateList,
    "GET /inbox": p.MessageList,
    "GET /inbox/unread": p.Unread,
    "POST /ca/applications": p.Application,
    "GET /ca/applications": p.ApplicationList,
    "GET /ca/applications/{application}": p.Application,
    "POST /ca/applications/{application}/review": p.Application,
    "POST /ca/revocations": p.Revocation,
    "GET /trust": p.Trusted,
    "GET /trust/lists": p.RevocationLists,
    "GET /operators/roles": p.GrantList,
    "POST /operators/roles": p.Made,
    "GET /operators/acts": p.OperatorActList,
    "POST /operators/acts": p.ActBegun,
    "POST /operators/acts/{act_id}/confirm": p.ActBegun,
    "GET /operators/audit": p.AuditList,
    "DELETE /operators/people/{person}/sessions": p.Ended,
    "GET /notices": t.NoticeList,
    "GET /tenders": t.TenderList,
    "POST /tenders": t.TenderBegun,
    "GET /tenders/{tender}": t.TenderFacts,
    "PATCH /tenders/{tender}": t.TenderFacts,
    "GET /tenders/{tender}/notice": t.NoticeDraft,
    "GET /tenders/{tender}/notices": t.SignedNoticeList,
    "GET /tenders/{tender}/preconditions": t.Conditions,
    "GET /tenders/{tender}/questions": t.QuestionList,
    "POST /tenders/{tender}/clarifications/draft": t.ChangeDraft,
    "PUT /tenders/{tender}/documents/{name}": t.DocumentLine,
    "GET /tenders/{tender}/lots/{lot}": t.DraftLot,
    "GET /tenders/{tender}/lots/{lot}/opening-keys": t.OpeningKeys,
    "POST /tenders/{tender}/lots/{lot}/opening-keys": t.OpeningKeys,
    "GET /checks": t.CheckList,
    "GET /officer/seats": t.SeatList,
    "GET /rules/applying": t.Applying,
    "GET /forms/{kind}": t.FormAnswer,
    "GET /lots/{lot}": t.LotPackage,
    "GET /lots/{lot}/questions": t.AnsweredList,
    "POST /lots/{lot}/questions": t.Asked,
    "POST /lots/{lot}/objections": t.Raised,
    "GET /lots/{lot}/reachability": s.Reachability,
    "POST /lots/{lot}/uploads": s.UploadBegun,
    "POST /lots/{lot}/withdraw": s.Withdrawal,
    "POST /lots/{lot}/acks": s.Noted,
    "POST /lots/{lot}/checkin": s.Noted,
    "POST /lots/{lot}/diagnostics": s.Noted,
    "GET /uploads/{upload_id}": s.UploadStatus,
    "PUT /uploads/{upload_id}/{file}/{number}": s.PieceTaken,
    "GET /uploads/{upload_id}/receipt": s.Receipt,
    "GET /uploads/{upload_id}/receipt/proof": s.ReceiptProof,
    "GET /receipts/key": s.ReceiptKeys,
    "GET /receipts/{submission}": s.Receipt,
    "GET /receipts/{submission}/proof": s.ReceiptProof,
    "POST /tickets": s.Drawn,
    "GET /selfcheck/clock": s.ServerClock,
    "POST /selfcheck/bandwidth": s.Bandwidth,
    "POST /selfcheck/certificate": s.CertificateCheck,
    "POST /selfcheck/envelope": s.EnvelopeCheck,
    "GET /verify/{code}": s.RecordFacts,
    "GET /web/release": s.WebRelease,
    "GET /halls": h.HallList,
    "GET /halls/{lot}": h.HallSnapshot,
    "POST /halls/{lot}/commands": h.HallAnswer,
    "POST /halls/{lot}/release": h.HallAnswer,
    "GET /halls/{lot}/bids": h.SealedBidPage,
    "GET /halls/{lot}/wraps/{bid}": h.SealedBid,
    "GET /halls/{lot}/challenge": h.SeatChallenge,
    "GET /halls/{lot}/closed": h.Disclosed,
    "GET /halls/{lot}/opened": h.OpenedBids,
    "GET /halls/{lot}/evidence/{bid}": h.Evidence,
    "GET /halls/{lot}/draw": h.Transcript,
    "GET /halls/{lot}/record/signing": h.Signing,
}
