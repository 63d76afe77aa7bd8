import './design/tokens.css'
import './design/base.css'
import './design/plain.css'
import { lacking, showLack } from './app/unsupported'

// The rest is loaded only where it can work: an old browser must be able to read why not.
void lacking().then(async (lack) => {
  if (lack) showLack(lack)
  else await (await import('./app/start')).start()
})
