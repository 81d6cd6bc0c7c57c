import { readConfig } from '../../src/base/config.ts';
import { createCore } from '../../src/core.ts';
import type { Filter } from '../../src/engine/filter.ts';
import { selectAnywhere, selectChangeable } from '../../src/engine/selections.ts';
import { type AccountValue, inEveryWriting, numberSubject } from '../../src/engine/subject.ts';
import type { PhoneNumber } from '../../src/phone/number.ts';
import { sideBySide } from './world.ts';

/** The question this process answers, with the seconds it took. */
export interface BareErasures {
  readonly concurrency: number;
  /** In how many writings the records are looked for in the end: all that can be listed where no scan reads them. */
  readonly writings: 'usual' | 'every';
  readonly subjects: readonly { readonly account: AccountValue; readonly number: PhoneNumber }[];
}

/** Records a batch and step: what the worker asks for at first. */
const AT_ONCE = 125;

const core = createCore(readConfig(process.env), { poolSize: 24 });
await core.db.command({ ping: 1 });

type Subjects = BareErasures['subjects'];

/** One person's records found, changed and looked for again: one call after the other, each awaited. */
async function erase({ account, number }: Subjects[number], writings: BareErasures['writings']): Promise<void> {
  const subject = numberSubject(number, account, 'none');
  for (const rule of core.plan.rules) {
    const collection = core.db.collection(rule.entry.collection);
    const filter = { ...selectChangeable(rule, subject), ...rule.only };
    const found = await collection
      .find(filter, { projection: { _id: 1 } })
      .limit(AT_ONCE)
      .toArray();
    if (found.length === 0) continue;
    const these: Filter = { _id: { $in: found.map((row) => row._id) } };
    const change = rule.change(subject);
    if (change.kind === 'delete') await collection.deleteMany(these);
    else {
      // By hand nobody looks at what the fields hold.
      const texts = change.fields.map(({ path, by }) => [path, by.text === 'unset' ? null : by.text.set]);
      if (texts.length > 0) await collection.updateMany(these, { $set: Object.fromEntries(texts) });
      for (const { update, arrayFilters } of change.elements)
        await collection.updateMany(these, update, { arrayFilters: [...arrayFilters] });
    }
  }
  const wide = writings === 'every' ? inEveryWriting(subject) : subject;
  for (const rule of core.plan.rules) {
    const filter = { ...selectAnywhere(rule, wide), ...rule.only };
    const left = await core.db.collection(rule.entry.collection).findOne(filter, { projection: { _id: 1 } });
    if (left) throw new Error(`a record is left at ${rule.key}`);
  }
}

process.on('message', async ({ concurrency, writings, subjects }: BareErasures) => {
  const start = performance.now();
  await sideBySide(subjects, concurrency, (subject) => erase(subject, writings));
  process.send?.({ seconds: (performance.now() - start) / 1000 });
});
process.on('disconnect', () => core.close());
