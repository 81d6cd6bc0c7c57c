import type mongoose from 'mongoose';

/** How a collection or an index compares texts, as MongoDB describes it; undefined: byte by byte. */
export interface Collation {
  readonly locale?: string;
  /** 1 compares letters alone, 2 accents as well, 3 case as well (MongoDB manual, "Collation"). */
  readonly strength?: number;
}

/** A collection as the server lists it; engines differ in further keys. */
export interface CollectionInfo {
  readonly name: string;
  readonly type?: string;
  readonly options?: {
    readonly capped?: boolean;
    readonly validator?: object;
    readonly validationAction?: string;
    readonly collation?: Collation;
  };
}

/** Lists the collections of a database by name, views among them. MongoDB's own (`system.`) are left out. */
export async function listCollections(db: mongoose.mongo.Db): Promise<CollectionInfo[]> {
  const infos: CollectionInfo[] = [];
  for await (const info of db.listCollections({}, { nameOnly: false }))
    if (!info.name.startsWith('system.')) infos.push(info as CollectionInfo);
  return infos.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Does it hold documents of its own? A view shows those of another one. */
export const isStored = ({ type }: CollectionInfo) => type !== 'view';

/** Is it one of Lethe's own collections? */
export const isLethes = (name: string) => name.startsWith('lethe_');
