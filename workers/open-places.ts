/** An account is at work for so long after its last turn: its next one may be on its way through another queue. */
const AT_WORK_MS = 2_000;

interface AccountAtWork {
  turns: number;
  /** The most turns it had side by side since it is at work. */
  most: number;
  /** When its last turn ended; of no meaning while one goes on. */
  endedAt: number;
}

/** How many places of a queue are open, by who is at work. */
export interface OpenPlaces {
  /** A turn of an account begins. @returns to be called when it ends */
  begin(account: string): () => void;
}

/**
 * One account may have all places, and so may several that all have much to do. While one of them asks for little beside
 * others that ask for much there are so many for each: more turns side by side than the database has hands for make
 * every turn longer, and whoever asks for little waits for nothing else.
 * @param all the queue's places
 * @param each places for each account then; who has had fewer turns side by side asks for little
 * @param open told how many places there are from now on
 * @param clock milliseconds
 */
export function createOpenPlaces(
  all: number,
  each: number,
  open: (places: number) => void,
  clock: () => number = () => performance.now(),
): OpenPlaces {
  const accounts = new Map<string, AccountAtWork>();
  const tell = () => {
    const since = clock() - AT_WORK_MS;
    for (const [account, { turns, endedAt }] of accounts) if (turns === 0 && endedAt < since) accounts.delete(account);
    const modest = [...accounts.values()].filter(({ most }) => most < each).length;
    const isMixed = modest > 0 && modest < accounts.size;
    open(isMixed ? Math.min(all, each * accounts.size) : all);
  };
  return {
    begin(account) {
      const at = accounts.get(account) ?? { turns: 0, most: 0, endedAt: 0 };
      accounts.set(account, at);
      at.turns += 1;
      at.most = Math.max(at.most, at.turns);
      tell();
      return () => {
        at.turns -= 1;
        at.endedAt = clock();
        tell();
      };
    },
  };
}
