import { z } from 'zod';
import { version2 } from './version-2.ts';

/** What a file of version 2 may say, as JSON Schema: editors complete and check a map by it. */
export function mapAsJsonSchema(): object {
  return {
    title: 'Data map of Lethe, version 2',
    ...z.toJSONSchema(version2, { io: 'input', unrepresentable: 'any' }),
  };
}
