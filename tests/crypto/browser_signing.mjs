// What the browser does with a .p12, run in node: reads one JSON task from stdin, answers one JSON.
// Node's WebCrypto is the same interface; the page's own modules run unchanged.
import { readFileSync, writeFileSync } from 'node:fs'

const root = process.argv[2]
const { createServer } = await import(`file://${root}/node_modules/vite/dist/node/index.js`)
const server = await createServer({
  root,
  configFile: `${root}/vite.config.ts`,
  server: { middlewareMode: true, hmr: false, ws: false },
  optimizeDeps: { noDiscovery: true, include: [] },
  appType: 'custom',
  logLevel: 'error',
})
const load = (path) => server.ssrLoadModule(`/src/identity/signer/${path}.ts`)
const b64 = (bytes) => Buffer.from(bytes).toString('base64')
const un64 = (text) => new Uint8Array(Buffer.from(text, 'base64'))

async function sign({ p12, password, data, digest, at, pades }) {
  const { openP12 } = await load('p12')
  const { signerFrom } = await load('signer')
  const candidates = await openP12(new Uint8Array(readFileSync(p12)), password)
  const answers = []
  for (const { material, facts } of candidates) {
    const signer = signerFrom(material)
    const content = digest ? { digest: un64(digest) } : un64(data)
    const cms = await signer.detachedCms(content, { at: at ? new Date(at) : null, pades })
    answers.push({
      cms: b64(cms),
      certificate: b64(signer.certificate),
      chain: signer.chain.map(b64),
      encryption: signer.encryption && b64(signer.encryption),
      extractable: material.key.extractable,
      facts: { ...facts, keyUsage: [...facts.keyUsage] },
    })
  }
  return answers
}

async function apply({ organisation, creditCode, person }) {
  const { makeRequest } = await load('csr')
  const { pair, csr } = await makeRequest({ organisation, creditCode, person })
  return { csr: b64(csr), key: b64(await crypto.subtle.exportKey('pkcs8', pair.privateKey)) }
}

async function save({ key, certificate, chain, password, name, to }) {
  const { writeP12 } = await load('p12-write')
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const privateKey = await crypto.subtle.importKey('pkcs8', un64(key), algorithm, true, ['sign'])
  const file = await writeP12({ privateKey, certificate: un64(certificate), chain: chain.map(un64), password, name })
  writeFileSync(to, file)
  return {}
}

async function agree({ p12, password, point }) {
  const { openP12 } = await load('p12')
  const { signerFrom } = await load('signer')
  const [first] = await openP12(new Uint8Array(readFileSync(p12)), password)
  return { shared: b64(await signerFrom(first.material).agree(un64(point))) }
}

const tasks = { sign, apply, save, agree }
const answers = []
for (const { task, ...facts } of JSON.parse(readFileSync(0, 'utf8'))) {
  try {
    answers.push({ ok: await tasks[task](facts) })
  } catch (fault) {
    answers.push({ problem: fault.code ?? 'fault', text: String(fault.stack ?? fault) })
  }
}
process.stdout.write(JSON.stringify(answers))
await server.close()
process.exit(0)
