/** The recovery sheet (恢复单) on paper: the page prints this alone. Nothing of it is sent or kept. */
import { lang } from '@/i18n'

export interface Sheet {
  tender: string
  lot: string
  bid: string
  code: string
  title: string
}

const LINES = {
  zh: { head: '投标恢复单', title: '项目', tender: '项目编号', lot: '标段编号', bid: '投标编号', code: '恢复码', keep: '本码可代替密钥文件解密该投标。请妥善保管，勿与他人分享，勿与电脑存放在一起。' },
  en: { head: 'Recovery sheet of a sealed bid', title: 'Tender', tender: 'Tender id', lot: 'Lot id', bid: 'Bid id', code: 'Recovery code', keep: 'This code opens the bid in place of its key file. Keep it secret, and away from the computer.' },
}

export function printSheet(sheet: Sheet): void {
  const words = LINES[lang.value]
  const page = document.createElement('section')
  page.className = 'kb-print-only'
  const add = (tag: string, text: string): void => {
    const element = document.createElement(tag)
    element.textContent = text
    page.append(element)
  }
  add('h1', words.head)
  for (const name of ['title', 'tender', 'lot', 'bid', 'code'] as const) add(name === 'code' ? 'h2' : 'p', `${words[name]}  ${sheet[name]}`)
  add('p', words.keep)
  document.body.append(page)
  document.documentElement.dataset['printing'] = 'sheet'
  const done = (): void => {
    page.remove()
    delete document.documentElement.dataset['printing']
  }
  addEventListener('afterprint', done, { once: true })
  print()
}
