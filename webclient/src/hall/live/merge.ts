/** JSON merge patch (RFC 7386) as the hall sends it: null removes, lists are replaced, objects are merged. */

type Members = Record<string, unknown>

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * `document` with `patch` merged into it; neither argument is changed.
 *
 * What the patch does not touch stays the same object, and a patch that changes nothing gives the document itself:
 * whoever compares identities (Vue's computed values, row components) sees exactly what changed.
 */
export function merge(document: unknown, patch: unknown): unknown {
  if (!isMembers(patch)) return patch
  const known = isMembers(document) ? document : {}
  let merged = known
  let copied = !isMembers(document)
  for (const key of Object.keys(patch)) {
    // A member of this name would set the prototype instead.
    if (key === '__proto__') continue
    const value = patch[key]
    const before = known[key]
    const after = value === null ? undefined : isMembers(value) ? merge(before, value) : value
    if (after === before) continue
    if (!copied) {
      merged = { ...known }
      copied = true
    }
    if (after === undefined) delete merged[key]
    else merged[key] = after
  }
  return merged
}

/**
 * `after` with every part that equals the one in `before` replaced by it: a whole view that comes anew
 * (a reconnection, a poll) then changes as little as a patch would.
 */
export function share<T>(before: unknown, after: T): T {
  if (before === after || typeof after !== 'object' || after === null) return after
  if (Array.isArray(after)) return shareList(before, after) as T
  if (!isMembers(before)) return after
  const shared: Members = {}
  const keys = Object.keys(after)
  let same = keys.length === Object.keys(before).length
  for (const key of keys) {
    const member = share(before[key], (after as Members)[key])
    same &&= member === before[key]
    shared[key] = member
  }
  return (same ? before : shared) as T
}

function shareList(before: unknown, after: unknown[]): unknown[] {
  if (!Array.isArray(before)) return after
  const shared = after.map((item, n) => share<unknown>(before[n], item))
  return shared.length === before.length && shared.every((item, n) => item === before[n]) ? before : shared
}
