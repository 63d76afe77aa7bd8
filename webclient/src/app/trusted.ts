// Trusted Types: the page's policy lets scripts and workers be named by this policy alone.

interface ScriptUrlPolicy {
  createScriptURL(url: string): unknown
}
interface Factory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): ScriptUrlPolicy
}

let policy: ScriptUrlPolicy | undefined

/** Only our own built files may run; anything else throws before a browser sees it. */
function checked(url: string): string {
  const found = new URL(url, location.href)
  if (found.origin !== location.origin) throw new TypeError(`not a script of this site: ${found.origin}`)
  return found.href
}

function trusted(url: string): unknown {
  const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes
  if (!factory) return checked(url)
  policy ??= factory.createPolicy('kaibiao', { createScriptURL: checked })
  return policy.createScriptURL(url)
}

/** A module worker from `import url from './x.worker.ts?worker&url'`. */
export function startWorker(url: string, name?: string): Worker {
  return new Worker(trusted(url) as string, { type: 'module', ...(name ? { name } : {}) })
}
