/** pdf.js as this site's policy allows it: its worker from our own origin, no WebAssembly, no inline styles. Loaded lazily. */
import { getDocument, GlobalWorkerOptions, type PDFDocumentLoadingTask, TextLayer } from 'pdfjs-dist'
import workerUrl from 'pdfjs-dist/build/pdf.worker.min.mjs?worker&url'
import { startWorker } from '@/app/trusted'

export { TextLayer }
export type { PDFDocumentProxy, PDFPageProxy } from 'pdfjs-dist'

/** How simplified Chinese files that embed no font name their characters; fetched only when such a file asks. */
const CMAPS = import.meta.glob<string>('../../../node_modules/pdfjs-dist/cmaps/{GB,UniGB,Adobe-GB1}*.bcmap', {
  query: '?url',
  import: 'default',
  eager: true,
})
const BY_NAME = new Map(Object.entries(CMAPS).map(([path, url]) => [path.slice(path.lastIndexOf('/') + 1), url]))

class OwnFiles {
  async fetch({ filename }: { kind: string; filename: string }): Promise<Uint8Array> {
    const url = BY_NAME.get(filename)
    if (!url) throw new Error(`not kept here: ${filename}`)
    const answer = await fetch(url, { credentials: 'omit' })
    if (!answer.ok) throw new Error(`${filename}: ${answer.status}`)
    return new Uint8Array(await answer.arrayBuffer())
  }
}

let port: Worker | null = null

/** Begin to read a document; large ones come by ranges as pages are looked at. */
export function openPdf(source: { url: string } | { data: Uint8Array }): PDFDocumentLoadingTask {
  port ??= startWorker(workerUrl, 'pdf')
  GlobalWorkerOptions.workerPort = port
  return getDocument({
    ...source,
    BinaryDataFactory: OwnFiles,
    // Only its last character matters: `OwnFiles` knows where its files are.
    cMapUrl: '/',
    useWasm: false,
    useWorkerFetch: false,
    disableWorkerRendering: true,
    enableXfa: false,
    disableAutoFetch: true,
    disableStream: true,
    rangeChunkSize: 1 << 18,
  } as Parameters<typeof getDocument>[0])
}
