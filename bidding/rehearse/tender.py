"""The rehearsed tender as the agency drafts it: regime REHEARSAL, everything marked 演示."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bidding.rehearse.plan import Plan, officer_organisation, officer_seat

if TYPE_CHECKING:
    from bidding.rehearse.driver import Staging


#: Names of the people as in their certificates (CN); a seat belongs to the person of that name.
PEOPLE = {
    "host": "演示主持人",
    "deputy": "演示副主持人",
    "tenderer": "演示招标人代表",
    "supervisor": "演示监督员",
}
OFFICER = "演示开标人员"


def tender_facts(plan: Plan) -> dict[str, Any]:
    """Body of POST /tenders."""
    tenderer = plan.officers[1] if len(plan.officers) > 1 else officer_organisation(1)
    return {
        "regime": "REHEARSAL",
        "type": "works",
        "title": plan.title,
        "tenderer": {"name": tenderer.name, "creditCode": tenderer.credit_code},
    }


def lot_facts(plan: Plan, number: int, staging: Staging) -> dict[str, Any]:
    """Body of POST /tenders/{t}/lots, but for the opening time."""
    title = plan.title if plan.lots == 1 else f"{plan.title} {number + 1} 标段"
    officers = [
        {
            "seat": f"officer:{officer_seat(n)}",
            "name": OFFICER,
            "organisation": officer.name,
            "creditCode": officer.credit_code,
        }
        for n, officer in enumerate(plan.officers)
    ]
    return {
        "title": title,
        "ceiling": plan.ceiling,
        "k": plan.quorum,
        "officers": officers,
        "seats": seats(plan),
        "form": form(),
        "rules": rules(plan, staging),
    }


def seats(plan: Plan) -> list[dict[str, Any]]:
    """Host and deputy from the agency, a tenderer's representative and a supervisor."""
    roles = (
        ["host", "deputy", "tenderer", "supervisor"]
        if plan.deputy_host
        else ["host", "tenderer", "supervisor"]
    )
    number = {"host": 0, "deputy": 0, "tenderer": 1, "supervisor": 2}
    found = []
    for role in roles:
        n = number[role]
        organisation = plan.officers[n] if n < len(plan.officers) else officer_organisation(n)
        who = {"organisation": organisation.name, "creditCode": organisation.credit_code}
        found.append({"role": role, "name": PEOPLE[role], **who})
    return found


def form() -> list[dict[str, Any]]:
    """The columns of a works tender's 开标一览表 (rule book 2.5), in short."""
    return [
        {
            "name": "price",
            "zh": "投标报价",
            "en": "price",
            "kind": "money",
            "required": True,
            "unit": "元",
            "choices": [],
        },
        {
            "name": "duration",
            "zh": "工期",
            "en": "duration",
            "kind": "integer",
            "required": True,
            "unit": "日历天",
            "choices": [],
        },
        {
            "name": "quality",
            "zh": "质量",
            "en": "quality",
            "kind": "text",
            "required": True,
            "unit": "",
            "choices": [],
        },
        {
            "name": "manager",
            "zh": "项目经理",
            "en": "project manager",
            "kind": "text",
            "required": True,
            "unit": "",
            "choices": [],
        },
    ]


def rules(plan: Plan, staging: Staging) -> dict[str, Any]:
    """The hall's rule row in the rehearsal regime: windows of seconds, every one ending early when all
    have acted.
    """
    return {
        "phase_a_seconds": staging.phase_a_seconds,
        "confirmation_seconds": 30,
        "objection_seconds": 2,
        "signing_seconds": 30,
        "line_seconds": 0,
        "sign_in_opens_seconds": 3600,
        **staging.pace.get("rules", {}),
    }
