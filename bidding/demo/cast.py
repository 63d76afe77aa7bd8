"""Who plays in the demonstration. Every name says 演示; the credit codes are valid and belong to nobody."""

from __future__ import annotations

from dataclasses import dataclass

from bidding.people.ids import person_id
from bidding.people.roles import Role
from bidding.rehearse.plan import Organisation, officer_organisation, organisation

PASSWORD = "kaibiao-demo"  # noqa: S105 - printed on purpose: it protects nothing real
QUORUM = 2
CEILING = "5000000.00"
TITLE = "演示：滨河小学教学楼修缮工程（无法律效力）"


@dataclass(frozen=True, slots=True)
class Player:
    """One identity: its folder name, organisation, person, and its officer seat or its price in yuan."""

    key: str
    organisation: Organisation
    person: str
    seat: str = ""
    price: str = ""


OFFICERS = (
    Player("agency", officer_organisation(0), "演示主持人", seat="agency"),
    Player("tenderer", officer_organisation(1), "演示招标人代表", seat="tenderer"),
    Player("supervisor", officer_organisation(2), "演示监督员", seat="supervisor"),
)
BIDDERS = tuple(
    Player(f"bidder-{n}", organisation(name, 100 + n), f"演示授权代表{n}号", price=price)
    for n, (name, price) in enumerate(
        (
            ("演示甲建设有限公司", "4680000.00"),
            ("演示乙建筑工程有限公司", "4725500.50"),
            ("演示丙装饰工程有限公司", "4599000.00"),
            ("演示丁工程有限公司", "4810000.00"),
        ),
        start=1,
    )
)

#: The bidder kept for whoever tries the demonstration: no bid is sealed for it in advance.
VISITOR = BIDDERS[0]
PLAYERS = (*OFFICERS, *BIDDERS)
ROLES = {"agency": Role.AGENCY, "tenderer": Role.TENDERER, "supervisor": Role.SUPERVISOR}


def person(player: Player) -> str:
    """The player's person id, as everybody can derive it from the certificate."""
    return person_id(player.organisation.credit_code, player.person)


def seats(player: Player) -> tuple[str, ...]:
    """The seats a player fills in the hall, the one of the notice before the opening key's."""
    if not player.seat:
        return (f"bidder:{player.organisation.credit_code}",)
    role = "host" if player.seat == "agency" else player.seat
    return (f"{role}:{person(player)}", f"officer:{player.seat}")


def tender_facts() -> dict[str, object]:
    """Body of POST /tenders."""
    tenderer = OFFICERS[1].organisation
    return {
        "regime": "REHEARSAL",
        "type": "works",
        "title": TITLE,
        "tenderer": {"name": tenderer.name, "creditCode": tenderer.credit_code},
    }


def lot_facts(opens_at: str) -> dict[str, object]:
    """Body of POST /tenders/{t}/lots. Windows to act by hand in; the whole fits ten minutes."""
    entries = [("host", OFFICERS[0]), ("tenderer", OFFICERS[1]), ("supervisor", OFFICERS[2])]
    return {
        "title": TITLE,
        "opensAt": opens_at,
        "ceiling": CEILING,
        "k": QUORUM,
        "officers": [{"seat": f"officer:{p.seat}", **_holder(p)} for p in OFFICERS],
        "seats": [{"role": role, **_holder(player)} for role, player in entries],
        "rules": {
            "phase_a_seconds": 300,
            "confirmation_seconds": 120,
            "objection_seconds": 30,
            "signing_seconds": 120,
            "sign_in_opens_seconds": 3600,
        },
    }


def bid_form(player: Player) -> dict[str, str]:
    """The 开标一览表 of one bidder."""
    return {
        "price": player.price,
        "duration_days": "180",
        "quality": "合格",
        "manager": "演示项目经理",
        "manager_certificate": "演示-0001",
    }


def _holder(player: Player) -> dict[str, str]:
    # A seat belongs to a person: the name is the one in the person's certificate.
    return {"name": player.person, "creditCode": player.organisation.credit_code}
