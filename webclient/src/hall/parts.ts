/** Parts of a bid (双信封) as people call them; a part that the notice named itself is called by that name. */
import { words } from '@/i18n'

const t = words(
  'hallParts',
  { main: '投标文件', technical: '技术标', price: '价格标', business: '商务标' },
  { main: 'Bid', technical: 'Technical part', price: 'Price part', business: 'Commercial part' },
)
const KNOWN: ReadonlySet<string> = new Set(['main', 'technical', 'price', 'business'])

export const partName = (part: string): string => (KNOWN.has(part) ? t(part as 'main') : part)
