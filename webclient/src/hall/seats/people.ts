/** Officials as people: one person may fill several seats of the notice. Pure. */
import type { SeatView } from '../wire'

export interface Official {
  key: string
  name: string
  organisation: string
  roles: string[]
  present: boolean
}

/** The notice may leave the organisation out, or repeat the person's name for it. */
function organisationOf(seat: SeatView): string {
  return seat.organisation === seat.name ? '' : seat.organisation
}

export function peopleOf(seats: Record<string, SeatView> | undefined): Official[] {
  const found: Official[] = []
  for (const [key, seat] of Object.entries(seats ?? {})) {
    const organisation = organisationOf(seat)
    // Whoever is named as host and has handed the duty over stands in the hall as a deputy.
    const role = seat.host ? 'host' : seat.role === 'host' ? 'deputy' : seat.role
    const known = found.find((one) => one.name === seat.name && (!one.organisation || !organisation || one.organisation === organisation))
    if (!known) {
      found.push({ key, name: seat.name, organisation, roles: [role], present: Boolean(seat.signedInAt) })
      continue
    }
    if (!known.roles.includes(role)) known.roles.push(role)
    known.organisation ||= organisation
    known.present ||= Boolean(seat.signedInAt)
  }
  return found
}
