/** What this browser is, coarsely: enough to explain a failure, too little to tell one bidder from another. */
export function environment(): Record<string, string> {
  const agent = navigator.userAgent
  const found = /(Firefox|Edg|Chrome)\/(\d+)/.exec(agent) ?? /(Version)\/(\d+).*Safari/.exec(agent)
  const system = /Windows|Mac OS X|Android|iPhone|iPad|Linux/.exec(agent)?.[0] ?? 'other'
  const name = { Edg: 'Edge', Version: 'Safari' }[found?.[1] ?? ''] ?? found?.[1] ?? 'other'
  return { browser: `${name} ${found?.[2] ?? ''}`.trim(), system, secure: String(isSecureContext) }
}
