/** Whether this browser can do the work, told before anything else is loaded; and the plain page that says so. */

export interface Lack {
  code: string
  zh: { what: string; do: string }
  en: { what: string; do: string }
}

const BROWSER: Lack = {
  code: 'browser-too-old',
  zh: {
    what: '这个浏览器太旧，不能在本机加密投标文件。',
    do: '请用近两年版本的 Chrome、Edge、Firefox、Safari 或 360 极速模式、统信/麒麟自带浏览器打开本页。不需要安装任何插件或驱动。',
  },
  en: {
    what: 'This browser is too old to seal bids on this computer.',
    do: 'Open this page in Chrome, Edge, Firefox or Safari of the last two years. No plug-in and no driver is needed.',
  },
}
const ORIGIN: Lack = {
  code: 'insecure-origin',
  zh: {
    what: '本页不是通过 https 打开的，浏览器因此不提供加密功能。',
    do: '请把地址栏开头改为 https:// 再打开；若仍打不开，请联系平台运维为本站配置证书。',
  },
  en: {
    what: 'This page was not opened over https, so the browser withholds its cryptography.',
    do: 'Change the address to begin with https://. If that does not open, ask the platform’s operator to give the site a certificate.',
  },
}
const STORAGE: Lack = {
  code: 'no-storage',
  zh: {
    what: '浏览器不允许本站保存数据（常见于无痕窗口）。',
    do: '请改用普通窗口打开本页。您的密钥和上传进度需要暂存在本机。',
  },
  en: {
    what: 'The browser does not let this site keep data (often in a private window).',
    do: 'Open this page in an ordinary window: your key and the state of an upload are kept on this computer.',
  },
}

/** What is missing here that shows at once, or null. */
export function lacking(): Lack | null {
  if (!globalThis.isSecureContext) return ORIGIN
  const enough =
    typeof crypto?.subtle?.encrypt === 'function' &&
    typeof Worker === 'function' &&
    typeof WebSocket === 'function' &&
    typeof structuredClone === 'function' &&
    typeof HTMLDialogElement === 'function' &&
    typeof Array.prototype.at === 'function'
  return enough ? null : BROWSER
}

/** What is missing that only a trial shows, or null. */
export async function lackingStorage(): Promise<Lack | null> {
  return (await canStore()) ? null : STORAGE
}

function canStore(): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      const asked = indexedDB.open('kb-probe')
      asked.onsuccess = () => {
        asked.result.close()
        resolve(true)
      }
      asked.onerror = () => resolve(false)
    } catch {
      resolve(false)
    }
  })
}

/** Show the plain page. Built node by node: this must work where the rest does not. */
export function showLack(lack: Lack): void {
  const main = document.createElement('main')
  main.className = 'kb-plain'
  const add = (tag: string, text: string, language: string): void => {
    const element = document.createElement(tag)
    element.textContent = text
    element.lang = language
    main.append(element)
  }
  add('h1', lack.zh.what, 'zh-CN')
  add('p', lack.zh.do, 'zh-CN')
  add('p', '已收到回执的投标文件都安全地保存在平台上。', 'zh-CN')
  add('h2', lack.en.what, 'en')
  add('p', lack.en.do, 'en')
  add('p', 'Every bid you hold a receipt for is safe on the platform.', 'en')
  add('p', lack.code, 'en')
  document.getElementById('app')?.replaceChildren(main)
}
