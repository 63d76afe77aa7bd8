// Names the part that every page loads next in the page itself, so that it is not fetched one step later.
import type { Plugin } from 'vite'

export function preloadBase(): Plugin {
  return {
    name: 'kaibiao-preload-base',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle }) {
        const parts = Object.values(bundle ?? {}).filter((one) => one.type === 'chunk' && one.name === 'base')
        return parts.map(({ fileName }) => ({
          tag: 'link',
          attrs: { rel: 'modulepreload', nonce: '__CSP_NONCE__', crossorigin: true, href: `/${fileName}` },
          injectTo: 'head' as const,
        }))
      },
    },
  }
}
