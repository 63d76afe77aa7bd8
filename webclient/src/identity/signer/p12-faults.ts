/** What can be wrong with a .p12, for its owner. None of it has anything to do with a bid already handed in. */
import { problem, type Problem } from '@/api/problem'

const SAFE_ZH = '没有登录，文件和密码都没有离开本机；已提交的投标不受影响。'
const SAFE_EN =
  'You are not signed in, and neither file nor password left this computer. Bids already submitted are not affected.'

export function wrongPassword(): Problem {
  return problem(
    'p12-password',
    {
      what: '密码不正确。',
      meaning: SAFE_ZH,
      do: '请重新输入导出证书时设置的密码，注意大小写和中英文输入法；次数不限。',
    },
    {
      what: 'The password is not right.',
      meaning: SAFE_EN,
      do: 'Type the password set when the certificate was exported; mind capitals and the input method. Try as often as you like.',
    },
  )
}

export function unreadable(detail = ''): Problem {
  return problem(
    'p12-unreadable',
    {
      what: '这不是可用的证书文件（.p12 或 .pfx）。',
      meaning: SAFE_ZH,
      do: '请选择从证书颁发机构取得或导出的 .p12/.pfx 文件；.cer、.crt 只有证书、没有私钥，不能登录。',
    },
    {
      what: 'This is not a usable certificate file (.p12 or .pfx).',
      meaning: SAFE_EN,
      do: 'Choose the .p12 or .pfx that your authority gave you or that you exported. A .cer or .crt holds no private key and cannot sign you in.',
    },
    detail ? { detail } : {},
  )
}

export function tooLarge(): Problem {
  return problem(
    'p12-too-large',
    { what: '文件太大，不像证书文件。', meaning: SAFE_ZH, do: '证书文件通常只有几 KB，请核对所选文件。' },
    {
      what: 'The file is far larger than a certificate file.',
      meaning: SAFE_EN,
      do: 'Certificate files have a few kilobytes; check which file you chose.',
    },
  )
}

export function withoutKey(certificates: number): Problem {
  return problem(
    'p12-without-key',
    {
      what: certificates ? '文件里只有证书，没有与之配套的私钥。' : '文件里没有证书和私钥。',
      meaning: SAFE_ZH,
      do: '请重新导出，并选择“连同私钥一起导出”。',
    },
    {
      what: certificates
        ? 'The file holds certificates, but no private key that belongs to one.'
        : 'The file holds neither certificate nor key.',
      meaning: SAFE_EN,
      do: 'Export it again and choose to include the private key.',
    },
  )
}

export function withoutSigningKey(): Problem {
  return problem(
    'certificate-key-usage',
    {
      what: '文件里只有加密证书，没有可以签名的证书。',
      meaning: SAFE_ZH,
      do: '双证书用户请选择含签名证书的文件，或把两份证书导出到同一个 .p12。',
    },
    {
      what: 'The file holds an encryption certificate only, and none that may sign.',
      meaning: SAFE_EN,
      do: 'Holders of a pair choose the file with the signing certificate, or export both into one .p12.',
    },
  )
}

export function expired(until: string): Problem {
  return problem(
    'certificate-expired',
    {
      what: `证书已于 ${until} 过期。`,
      meaning: '不能用它登录；有效期内提交的投标不受影响，开标时可用恢复码解密。',
      do: '请向证书颁发机构办理更新，再用新证书登录。',
    },
    {
      what: `The certificate expired on ${until}.`,
      meaning:
        'It cannot sign you in. Bids submitted while it was valid are not affected; the recovery code releases them at the opening.',
      do: 'Renew it with its authority and sign in with the new one.',
    },
    { until },
  )
}

export function notYetValid(from: string): Problem {
  return problem(
    'certificate-not-yet-valid',
    {
      what: `证书从 ${from} 起才生效。`,
      meaning: '现在不能用它登录；已提交的投标不受影响。',
      do: '请在生效后再试；如果今天应当已经生效，请向证书颁发机构核对。',
    },
    {
      what: `The certificate is valid from ${from} on only.`,
      meaning: 'It cannot sign you in yet. Bids already submitted are not affected.',
      do: 'Try again once it is valid; if it should be by now, ask its authority.',
    },
    { from },
  )
}
