/** Hand a file to the person, through the browser's own download. */
export function saveFile(name: string, data: BlobPart | Uint8Array, type: string): void {
  const address = URL.createObjectURL(new Blob([data as BlobPart], { type }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
