// Unpacks the browser that @sparticuz/chromium carries into the folder named first.
import { execFileSync } from 'node:child_process'
import { createReadStream, createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress } from 'node:zlib'

const out = process.argv[2]
const packed = join(import.meta.dirname, 'node_modules/@sparticuz/chromium/bin')
mkdirSync(out, { recursive: true })
for (const name of ['swiftshader', 'al2023', 'fonts']) {
  const tar = join(out, `${name}.tar`)
  await pipeline(createReadStream(join(packed, `${name}.tar.br`)), createBrotliDecompress(), createWriteStream(tar))
  execFileSync('tar', ['xf', tar, '-C', out])
  rmSync(tar)
}
const browser = createWriteStream(join(out, 'chromium'), { mode: 0o755 })
await pipeline(createReadStream(join(packed, 'chromium.br')), createBrotliDecompress(), browser)
