import './design/tokens.css'
import './design/base.css'
import './design/plain.css'
import { lacking, lackingStorage, showLack } from './app/unsupported'
import { openEarly } from './hall/live/early'

// The rest is loaded only where it can work: an old browser must be able to read why not.
const lack = lacking()
if (lack) showLack(lack)
else void begin()

async function begin(): Promise<void> {
  // Both at once: what the hall shows, and what shows it.
  if (openEarly()) void import('./hall/HallPage.vue').catch(() => undefined)
  let leave = (): void => undefined
  try {
    // Where vue-router finds nothing it throws and catches, for which the engine reads all of the script once more.
    sessionStorage['vue-router:scroll'] ??= '{}'
    leave = await (await import('./app/start')).start()
  } finally {
    const without = await lackingStorage()
    if (without) {
      leave()
      showLack(without)
    }
  }
}
