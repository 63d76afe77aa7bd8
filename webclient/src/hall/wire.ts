/** What the hall's server says: the shapes generated from `opening_hall/shapes.py`. */
export type * from '@/wire/hall'
export type { CommandName as Command, HallAnswer as Answer } from '@/wire/hall'
