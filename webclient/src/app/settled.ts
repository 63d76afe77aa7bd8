/** When a page has shown what it was opened for. */

/** However busy the page stays: what waits for it is wanted too. */
const AT_LATEST_MS = 1_000

/** Resolves in the first idle moment of the page. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    // Safari has no idle callback yet.
    if (typeof requestIdleCallback === 'function') requestIdleCallback(() => resolve(), { timeout: AT_LATEST_MS })
    else setTimeout(resolve, 200)
  })
}
