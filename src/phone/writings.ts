import { FEWEST_DIGITS, interpret, type Reading } from './interpret.ts';
import type { PhoneNumber } from './number.ts';
import { planOf, splitNumber } from './numbering-plan.ts';
import { readValue } from './read-value.ts';

/** Every usual way a record may hold one number, for equality look-ups on fields that hold nothing else. */
export interface Writings {
  /** Without repeats, and in the same order each time. */
  readonly strings: readonly string[];
  /** Without repeats. The caller queries them as Int32, Int64 and Double alike. */
  readonly integers: readonly bigint[];
}

/** How a national number is grouped: `[4, 6]`. */
type Grouping = readonly number[];

/** What people write where the plan's formats say nothing, or something else. */
const COMMON_GROUPINGS: Readonly<Record<number, readonly Grouping[]>> = {
  7: [
    [3, 4],
    [3, 2, 2],
  ],
  8: [
    [4, 4],
    [2, 2, 2, 2],
    [2, 3, 3],
  ],
  9: [
    [3, 3, 3],
    [2, 3, 4],
    [3, 2, 2, 2],
    [1, 2, 2, 2, 2],
  ],
  10: [
    [3, 3, 4],
    [4, 3, 3],
    [4, 6],
    [5, 5],
    [2, 4, 4],
    [3, 3, 2, 2],
    [3, 7],
  ],
  11: [
    [2, 5, 4],
    [3, 4, 4],
    [3, 8],
    [4, 7],
  ],
};

/** Groupings of which every usual writing is listed; those after them are rarer. */
const MAIN_GROUPINGS = 2;

/**
 * Lists every usual writing of a number, of which some have one string in several ways. A writing that would be read as
 * another person's, or could be, is left out: what is erased for the wrong person cannot be had back.
 * @param callingCodes of the served countries: their numbers only have national writings
 */
export function writingsOf(number: PhoneNumber, callingCodes: readonly string[]): Writings {
  const { countryCode, national } = splitNumber(number);
  const plan = planOf(countryCode);
  if (plan === null) {
    return { strings: [...new Set(plainly(number, []))], integers: [BigInt(number)] };
  }
  const { trunk } = plan;
  const isServed = callingCodes.includes(countryCode);
  const main = plan.groupings(national);
  const groupings = unique([...main, ...(COMMON_GROUPINGS[national.length] ?? [])]).filter((one) => one.length > 1);
  const mayOmitTrunk = trunk === '' || !plan.writesTrunk(national);

  const nationals = isServed ? [trunk + national, ...(trunk === '' ? [] : [national])] : [];
  const candidates = [
    ...plainly(number, nationals),
    ...[`${countryCode}${trunk}${national}`].flatMap((all) => [
      `+${all}`,
      all,
      `00${all}`,
      `+${countryCode} ${trunk}${national}`,
    ]),
    ...(plan.exit === '' ? [] : [plan.exit + number]),
    ...groupings.flatMap((grouping, rank) => {
      const groups = split(national, grouping);
      const isMain = rank < MAIN_GROUPINGS;
      return [
        ...abroad(countryCode, trunk, groups, isMain),
        ...(isServed ? atHome(trunk, groups, mayOmitTrunk, isMain) : []),
      ];
    }),
    ...[[national]].flatMap((groups) => abroad(countryCode, trunk, groups, true)),
  ];
  const usual = groupings[0] === undefined ? [] : split(national, groupings[0]);
  const spaced =
    usual.length === 0 ? [] : [`+${countryCode} ${usual.join(' ')}`, ...(isServed ? [trunk + usual.join(' ')] : [])];
  candidates.push(...spaced, ...[number, `+${number}`, `00${number}`, ...nationals, ...spaced].flatMap(soiled));

  const known = new Map<string, Reading>();
  const isOwn = (value: string | bigint) => {
    const reading = readValue(value, (written) => {
      const key = JSON.stringify(written);
      const reading = known.get(key) ?? interpret(written, callingCodes);
      known.set(key, reading);
      return reading;
    });
    return reading.kind === 'number' && reading.number === number;
  };
  const strings = [...new Set(candidates)].filter(
    (value) => value === number || value === `+${number}` || isOwn(value),
  );
  const integers = [number, ...(isServed ? [national, trunk + national] : []), countryCode + trunk + national]
    .map((digits) => BigInt(digits))
    .filter((value) => value >= SMALLEST_INTEGER && (String(value) === number || isOwn(value)));
  return { strings, integers: [...new Set(integers)] };
}

const SMALLEST_INTEGER = 10n ** BigInt(FEWEST_DIGITS - 1);

function unique(groupings: readonly Grouping[]): Grouping[] {
  return [...new Map(groupings.map((grouping) => [grouping.join(), grouping])).values()];
}

function split(national: string, grouping: Grouping): string[] {
  let from = 0;
  return grouping.map((length) => {
    from += length;
    return national.slice(from - length, from);
  });
}

/** Unbroken writings, and the rarest dirt of the international ones. */
function plainly(number: PhoneNumber, nationals: readonly string[]): string[] {
  return [
    ...[number, `+${number}`, `00${number}`, ...nationals],
    ...[
      `011${number}`,
      `0011${number}`,
      `++${number}`,
      `+00${number}`,
      `+ ${number}`,
      `tel:${number}`,
      `tel:+${number}`,
    ],
    ...[`%2B${number}`, `-${number}`, number.replace(/\d(?=(?:\d{3})+$)/g, '$&,')],
    ...['E+', 'e+'].map((sign) => `${number[0]}.${number.slice(1)}${sign}${number.length - 1}`),
    ...[0xff10, 0x0660, 0x06f0].flatMap((zero) =>
      [number, `+${number}`, ...nationals].map((form) =>
        form.replace(/\d/g, (digit) => String.fromCharCode(zero + Number(digit))),
      ),
    ),
  ];
}

/** White space, quotes and direction marks around a plain form, the fraction of a data frame, spaces that do not break. */
function soiled(form: string): string[] {
  return [
    ...[' ', '\t', '\ufeff', '\u200b', '\u200e', '\u202a', "'", '"'].map((before) => before + form),
    ...[' ', '  ', '\r', '\n', '\r\n', '\t', '\u202c', '\u200b', '.0', ';', ','].map((after) => form + after),
    ...[` ${form} `, `"${form}"`, `'${form}'`, `\u202a${form}\u202c`, `\u200e${form}\u200e`],
    ...(form.includes(' ') ? [form.replaceAll(' ', '\u00a0'), form.replaceAll(' ', '%20')] : []),
  ];
}

/** International writings of a grouped number. */
function abroad(code: string, trunk: string, groups: readonly string[], isMain: boolean): string[] {
  const [area = '', ...rest] = groups;
  const found: string[] = [];
  for (const head of [`+${code}`, `00${code}`, code, `(+${code})`, `00 ${code}`]) {
    const isPlus = head === `+${code}`;
    for (const separator of isMain || isPlus ? [' ', '-', '.'] : [' ']) {
      found.push(head + separator + groups.join(separator));
    }
    if (!isMain && !isPlus) continue;
    found.push(`${head} ${groups.join('-')}`, head + groups.join(' '), `${head} ${groups.join('')}`);
    if (rest.length === 0) continue;
    found.push(
      `${head} ${area} ${rest.join('-')}`,
      `${head} (${area}) ${rest.join(' ')}`,
      `${head} (${area}) ${rest.join('-')}`,
    );
    found.push(
      `${head}(${area})${rest.join('-')}`,
      `${head} (${area})${rest.join('')}`,
      `${head}(${area})${rest.join('')}`,
    );
  }
  // `+44 (0)7700 900123`: a trunk prefix that is not dialled from abroad.
  if (!trunk.startsWith('0') && trunk !== '8') return found;
  for (const head of [`+${code}`, `00${code}`, code]) {
    for (const body of new Set([groups.join(' '), groups.join('-'), groups.join('')])) {
      found.push(
        `${head} (${trunk})${body}`,
        `${head}(${trunk})${body}`,
        `${head} (${trunk}) ${body}`,
        `${head}(${trunk}) ${body}`,
      );
    }
    found.push(`${head} ${trunk}${groups.join(' ')}`);
  }
  return found;
}

/** National writings of a grouped number. */
function atHome(trunk: string, groups: readonly string[], mayOmitTrunk: boolean, isMain: boolean): string[] {
  const [area = '', ...rest] = groups;
  const found: string[] = [];
  const firsts = new Set([trunk + area, ...(mayOmitTrunk || isMain ? [area] : [])]);
  for (const first of firsts) {
    for (const separator of [' ', '-', '.']) found.push([first, ...rest].join(separator));
    found.push(
      `${first} ${rest.join('-')}`,
      `${first} ${rest.join('')}`,
      `${first}-${rest.join('')}`,
      `${first}-${rest.join(' ')}`,
    );
    found.push(`${first}/${rest.join('')}`, `${first}/${rest.join(' ')}`, `${first} / ${rest.join(' ')}`);
    for (const separator of [' ', '-', '.', '']) {
      found.push(`(${first}) ${rest.join(separator)}`, `(${first})${rest.join(separator)}`);
    }
    found.push(`(${first})-${rest.join('-')}`);
  }
  if (trunk === '') return found;
  for (const separator of [' ', '-', '.']) found.push([trunk, ...groups].join(separator));
  found.push(`${trunk} ${groups.join('')}`, `${trunk}-${groups.join('')}`, `${trunk} ${area} ${rest.join('-')}`);
  for (const separator of [' ', '-', '']) {
    found.push(`${trunk} (${area}) ${rest.join(separator)}`, `${trunk}(${area})${rest.join(separator)}`);
    found.push(`(${trunk}) ${area} ${rest.join(separator)}`, `(${trunk} ${area}) ${rest.join(separator)}`);
    found.push(`(${trunk})${area} ${rest.join(separator)}`, `${trunk}-(${area})-${rest.join(separator)}`);
  }
  return found;
}
