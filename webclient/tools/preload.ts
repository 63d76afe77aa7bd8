// Names the part that every page loads next in the page itself, so that it is not fetched one step later.
import type { HtmlTagDescriptor, Plugin } from 'vite'

export function preloadBase(): Plugin {
  return {
    name: 'kaibiao-preload-base',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle }) {
        const parts = Object.values(bundle ?? {}).filter((one) => one.type === 'chunk' && one.name === 'base')
        return parts.flatMap((one) => [
          tag('modulepreload', one.fileName),
          ...[...(one.viteMetadata?.importedCss ?? [])].map((file) => tag('stylesheet', file)),
        ])
      },
    },
  }
}

function tag(rel: string, file: string): HtmlTagDescriptor {
  return { tag: 'link', attrs: { rel, nonce: '__CSP_NONCE__', crossorigin: true, href: `/${file}` }, injectTo: 'head' }
}

/** What a part loads beside itself, without what the page named or began with: looking for that again takes time. */
export function notInEveryPage(_file: string, others: string[]): string[] {
  return others.filter((name) => !/\/(?:base|loader|index|rolldown-runtime)-[^/]+\.js$/.test(name))
}
