/** Where ciphertexts lie until the platform has them: the origin's private file system, one folder per bid. */

async function root(): Promise<FileSystemDirectoryHandle> {
  const origin = await navigator.storage.getDirectory()
  return origin.getDirectoryHandle('bids', { create: true })
}

/** The file of a part. */
export const partFile = (part: string): string => `part-${part}.ct`

export async function bidFolder(bid: string): Promise<FileSystemDirectoryHandle> {
  return (await root()).getDirectoryHandle(bid, { create: true })
}

/** A part's ciphertext as a file on disk; its slices are not read until they are sent. */
export async function openPart(bid: string, part: string): Promise<File> {
  const folder = await (await root()).getDirectoryHandle(bid)
  return (await folder.getFileHandle(partFile(part))).getFile()
}

export async function removeParts(bid: string): Promise<void> {
  try {
    await (await root()).removeEntry(bid, { recursive: true })
  } catch (fault) {
    if (!(fault instanceof DOMException && fault.name === 'NotFoundError')) throw fault
  }
}

/** Free bytes as the browser tells; null where it does not. */
export async function freeBytes(): Promise<number | null> {
  const told = await navigator.storage?.estimate?.()
  if (told?.quota === undefined) return null
  return Math.max(0, told.quota - (told.usage ?? 0))
}
