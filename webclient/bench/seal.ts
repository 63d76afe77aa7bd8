/** The page of `scripts/bench seal-browser`: hands the chosen file to the worker, one measurement at a time. */
import type { Asked, Told } from './seal.worker'

const worker = new Worker(new URL('./seal.worker.ts', import.meta.url), { type: 'module' })

async function measure(asked: Omit<Asked, 'file'>): Promise<Told> {
  const file = document.querySelector('input')?.files?.[0]
  if (!file) throw new Error('no file is chosen')
  return new Promise((done, fail) => {
    worker.onmessage = ({ data }: MessageEvent<Told>) => (data.failed ? fail(new Error(data.failed)) : done(data))
    worker.onerror = (event) => fail(new Error(event.message))
    worker.postMessage({ ...asked, file } satisfies Asked)
  })
}

Object.assign(window, { measure })
