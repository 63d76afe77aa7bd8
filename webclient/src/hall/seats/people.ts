/** Officials as people: one person may fill several seats of the notice. Pure. */
import type { SeatView } from '../wire'

export interface Official {
  key: string
  name: string
  organisation: string
  roles: string[]
  present: boolean
}

export function peopleOf(seats: Record<string, SeatView> | undefined): Official[] {
  const found = new Map<string, Official>()
  for (const [key, seat] of Object.entries(seats ?? {})) {
    const who = `${seat.name} ${seat.organisation}`
    const role = seat.host ? 'host' : seat.role
    const known = found.get(who)
    if (!known) found.set(who, { key, name: seat.name, organisation: seat.organisation, roles: [role], present: Boolean(seat.signedInAt) })
    else {
      if (!known.roles.includes(role)) known.roles.push(role)
      known.present ||= Boolean(seat.signedInAt)
    }
  }
  return [...found.values()]
}
