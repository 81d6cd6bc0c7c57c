/** How far the reading of one collection has come. */
interface Progressing {
  /** What is read: a collection's name. */
  readonly place: string;
  readonly read: number;
  /** About how many there are; 0: unknown. */
  readonly total: number;
}

export type OnProgress = (progress: Progressing) => void;
