/** The receipt key of a bid in this browser, proven to the hall. */
import { problem } from '@/api/http'
import { receiptProof } from '@/bidder/secrets'

export async function proveReceiptSeat(lot: string, bid: string): Promise<{ challenge: string; sig: string }> {
  const proof = await receiptProof(lot, bid)
  if (proof) return { challenge: proof.challenge, sig: proof.sig }
  throw problem(
    'receipt-key-elsewhere',
    {
      what: '这个浏览器里没有该投标的回执密钥。',
      meaning: '投标文件安全，不受影响；只是不能在这里以该回执的席位入场。',
      do: '请在当时加密投标文件的电脑上打开，或用数字证书登录入场；也可以公众身份旁听。',
    },
    {
      what: 'This browser does not hold the receipt key of that bid.',
      meaning: 'The bid is safe and not affected; you cannot take its seat from here.',
      do: 'Open the hall on the computer on which the bid was sealed, or sign in with your certificate. You may also watch as the public.',
    },
  )
}
