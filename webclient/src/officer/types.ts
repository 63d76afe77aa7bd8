/** What the platform says about officers' seats (bidding/tenders/officer_api.py, console_api.py). */
export type { Officer as OfficerLine, OpeningKeys, SeatLine } from '@/wire/api'

