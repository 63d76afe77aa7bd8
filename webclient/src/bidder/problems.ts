/** What this desk itself finds wrong, in the words of a bidder: what happened, is the bid safe, what to do. */
import { problem, type Problem } from '@/api/problem'

export const ciphertextGone = (): Problem =>
  problem(
    'ciphertext-gone',
    {
      what: '本机保存的加密文件不见了（浏览器数据可能被清理过）。',
      meaning: '未传完的这一份无法继续，平台不会把它当作投标；已取得回执的投标不受影响。',
      do: '请重新选择文件加密并上传；若已传完并有回执，无需任何操作。',
    },
    {
      what: 'The sealed files kept in this browser are gone (its data may have been cleared).',
      meaning: 'This unfinished upload cannot go on and is no bid; bids with a receipt are not affected.',
      do: 'Choose the files again, seal and upload. If you hold a receipt there is nothing to do.',
    },
  )

export const notEnoughRoom = (needed: string, free: string): Problem =>
  problem(
    'storage-quota',
    {
      what: `本机给浏览器的空间不够：加密后需要 ${needed}，现有 ${free}。`,
      meaning: '还没有加密，也没有上传任何内容；已有的投标不受影响。',
      do: '请清理磁盘（或退出无痕窗口）后重试；也可以换一台电脑，填写的内容需重新录入。',
    },
    {
      what: `This computer gives the browser too little room: sealing takes ${needed}, there are ${free}.`,
      meaning: 'Nothing was sealed or uploaded; bids you have already submitted are not affected.',
      do: 'Free some disk space (or leave the private window) and try again, or use another computer.',
    },
    { needed, free },
  )

export const noRoomLeft = (): Problem =>
  problem(
    'storage-quota',
    {
      what: '加密时本机给浏览器的空间用完了。',
      meaning: '这次加密已作废，什么都没有上传；已有的投标不受影响。',
      do: '请清理磁盘（或退出无痕窗口）后重新加密；也可以换一台电脑。',
    },
    {
      what: 'This computer ran out of room for the browser while sealing.',
      meaning: 'This sealing was thrown away and nothing was uploaded; bids already submitted are not affected.',
      do: 'Free some disk space (or leave the private window) and seal again, or use another computer.',
    },
  )

export const fileChanged = (name: string): Problem =>
  problem(
    'file-changed',
    {
      what: `文件“${name}”在加密过程中被改动了。`,
      meaning: '这次加密已作废，什么都没有上传；已有的投标不受影响。',
      do: '请关闭正在编辑它的程序（或等网盘同步完成），重新选择文件再加密。',
    },
    {
      what: `The file “${name}” was changed while it was being sealed.`,
      meaning: 'This sealing was thrown away and nothing was uploaded; bids already submitted are not affected.',
      do: 'Close the program that edits it (or let the cloud drive finish), choose the files again and seal anew.',
    },
    { name },
  )

export const fileGone = (name: string): Problem =>
  problem(
    'file-unreadable',
    {
      what: `文件“${name}”读不出来：它可能被移动、删除，或所在的移动硬盘、网盘已断开。`,
      meaning: '这次加密已作废，什么都没有上传；已有的投标不受影响。',
      do: '请确认文件还在原处并能打开，然后重新选择文件再加密。',
    },
    {
      what: `The file “${name}” cannot be read: it was moved or deleted, or its drive is gone.`,
      meaning: 'This sealing was thrown away and nothing was uploaded; bids already submitted are not affected.',
      do: 'Make sure that the file is there and opens, then choose the files again and seal anew.',
    },
    { name },
  )

export const noTicket = (): Problem =>
  problem(
    'no-ticket',
    {
      what: '本机没有可用的上传凭证。',
      meaning: '加密好的投标文件保存在本机，尚未上传。',
      do: '请先登录（登录时自动领取本月凭证），再点“继续上传”。',
    },
    {
      what: 'There is no upload ticket left in this browser.',
      meaning: 'The sealed bid is kept in this browser and not yet uploaded.',
      do: 'Sign in (this month’s tickets are drawn by itself), then press “Continue the upload”.',
    },
  )

export const noWebCrypto = (): Problem =>
  problem(
    'browser-unfit',
    {
      what: '这个浏览器缺少加密或本机存储功能。',
      meaning: '不能在这里加密投标文件；已有的投标不受影响。',
      do: '请用较新版本的 Chrome、Edge、Firefox 或 Safari，通过 https 打开本站，不要使用无痕窗口。',
    },
    {
      what: 'This browser lacks encryption or storage that sealing needs.',
      meaning: 'A bid cannot be sealed here; bids already submitted are not affected.',
      do: 'Use a recent Chrome, Edge, Firefox or Safari over https, not in a private window.',
    },
  )

export const otherTab = (): Problem =>
  problem(
    'other-tab-works',
    {
      what: '另一个标签页正在处理本标段的投标。',
      meaning: '那边的进度不受影响，本页只显示进度。',
      do: '请回到那个标签页操作；关闭它以后可以在这里继续。',
    },
    {
      what: 'Another tab is working on the bid for this lot.',
      meaning: 'Its work goes on; this page only shows it.',
      do: 'Go on in that tab, or close it and continue here.',
    },
  )

export const secretsElsewhere = (): Problem =>
  problem(
    'bid-secrets-cancelled',
    {
      what: '没有提供本投标的密钥。',
      meaning: '什么都没有发出，投标不受影响。',
      do: '准备好密钥文件和口令，或恢复单上的恢复码，再试一次。',
    },
    {
      what: 'The bid’s key was not given.',
      meaning: 'Nothing was sent and the bid is not affected.',
      do: 'Have the key file with its passphrase, or the code on the recovery sheet, and try again.',
    },
  )

export const keyFileForeign = (): Problem =>
  problem(
    'key-file-foreign',
    {
      what: '这个密钥文件（或恢复码）属于另一份投标。',
      meaning: '没有使用它，也没有任何改变。',
      do: '请核对恢复单上的投标编号，选择与本标段对应的密钥文件。',
    },
    {
      what: 'This key file (or recovery code) belongs to another bid.',
      meaning: 'It was not used and nothing was changed.',
      do: 'Compare the bid id on the recovery sheet and choose the key file of this lot.',
    },
  )

export const receiptInvalid = (): Problem =>
  problem(
    'receipt-invalid',
    {
      what: '平台给出的回执没有通过本机验证。',
      meaning: '它不能作为递交证明；投标可能尚未被接受。',
      do: '请保存页面上的回执文件并立即联系平台；截止前可以重新加密递交。',
    },
    {
      what: 'The receipt does not verify on this computer.',
      meaning: 'It proves nothing; the bid may not have been accepted.',
      do: 'Keep the receipt file, tell the platform at once, and submit again while there is time.',
    },
  )
