// Packs every text file of the build beside itself, so that the platform only hands bytes out.
import { existsSync } from 'node:fs'
import { readFile, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Plugin } from 'vite'

const TEXT = /\.(?:js|mjs|css|svg|json|wasm|bcmap)$/
/** Smaller files gain nothing. */
const SMALLEST = 512
/** Of larger ones the last percent takes longest; they are fetched rarely. */
const LARGE = 400_000
const brotli = promisify(brotliCompress)
const zip = promisify(gzip)

export function packed(): Plugin {
  let out = ''
  return {
    name: 'kaibiao-packed',
    apply: 'build',
    configResolved(config) {
      out = join(config.root, config.build.outDir)
      if (config.build.outDir.startsWith('/')) out = config.build.outDir
    },
    async closeBundle() {
      // After a failed build there is nothing to pack, and its own message must not be hidden.
      if (!existsSync(join(out, 'index.html'))) return
      const entries = await readdir(out, { recursive: true, withFileTypes: true })
      const files = entries
        .filter((entry) => entry.isFile() && TEXT.test(entry.name) && !entry.parentPath.includes('.vite'))
        .map((entry) => join(entry.parentPath, entry.name))
      await Promise.all(files.map(pack))
      // A server that runs on this folder looks at the page's time: now everything is there.
      await utimes(join(out, 'index.html'), new Date(), new Date())
    },
  }
}

async function pack(path: string): Promise<void> {
  const data = await readFile(path)
  if (data.length < SMALLEST) return
  // The best takes seconds: worth it for what is handed out, not for every trial build.
  const quality = process.env['CI'] ? (data.length < LARGE ? 11 : 9) : 5
  const params = { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: data.length }
  await writeFile(`${path}.br`, await brotli(data, { params }))
  await writeFile(`${path}.gz`, await zip(data, { level: 9 }))
}
