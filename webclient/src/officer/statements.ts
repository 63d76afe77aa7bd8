/** What officers sign about their seats (bidding/tenders/statements.py). */

export const handover = (tender: string, lot: string, seat: string, from: string, to: string) => ({
  label: 'kaibiao/seat-handover/v1',
  tender,
  lot,
  seat,
  from,
  to,
})

export const destruction = (tender: string, lot: string, seat: string) => ({
  label: 'kaibiao/opening-key-destroyed/v1',
  tender,
  lot,
  seat,
})
