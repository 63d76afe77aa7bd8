/** What the platform says about officers' seats (bidding/tenders/officer_api.py, console_api.py). */

export interface SeatLine {
  tender: string
  tenderTitle: string
  rehearsal: boolean
  lot: string
  title: string
  state: string
  opensAt: string
  seat: string
  index: number
  k: number
  n: number
  name: string
  registered: boolean
  openingKey: string | null
  certificateNotAfter: string | null
  destroyed: boolean
  /** Whether it is this very person's seat, not a colleague's. */
  own: boolean
}

export interface OfficerLine {
  seat: string
  index: number
  name: string
  organisation: string
  creditCode: string
  registered: boolean
  holder?: { name: string; creditCode: string; certificate: string }
}

export interface OpeningKeys {
  tender: string
  lot: string
  title: string
  state: string
  opensAt: string
  k: number
  officers: OfficerLine[]
  destroyed: string[]
  /** The canonical keyset, base64url, once every seat has registered. */
  keyset: string | null
}
