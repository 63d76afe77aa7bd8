/**
 * Where this tab stands: as a visitor, or as one identity under `/as/{slot}/`.
 *
 * The slot is part of the path so that one browser can hold several identities side by side,
 * each with its own cookie (RFC 6265 5.1.4).
 */
const found = /^\/as\/([A-Za-z0-9_-]{8,64})(?=\/|$)/.exec(globalThis.location?.pathname ?? '/')

/** The identity's slot of this tab, or null for a visitor. */
export const slot: string | null = found?.[1] ?? null
/** What every path of this tab begins with: `/as/{slot}` or nothing. */
export const site: string = slot ? `/as/${slot}` : ''

/** The address of a page as another identity (or as a visitor with null): a full navigation. */
export function pageAs(other: string | null, path: string): string {
  return (other ? `/as/${other}` : '') + path
}
