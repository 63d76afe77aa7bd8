/** Whether this computer has type for Chinese: ideographs are one em wide in every font, the boxes that stand for them are not. */
export function hasChineseType(): boolean {
  const pen = document.createElement('canvas').getContext('2d')
  if (!pen) return true
  pen.font = '100px sans-serif'
  return Math.abs(pen.measureText('永国').width - 200) < 1
}
