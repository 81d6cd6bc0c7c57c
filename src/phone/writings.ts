import { FEWEST_DIGITS, interpret, type Reading } from './interpret.ts';
import { isPossibleE164, type PhoneNumber } from './number.ts';
import { type Grouping, type Plan, planOf, splitNumber } from './numbering-plan.ts';
import { readValue } from './read-value.ts';

/** Every usual way a record may hold one number, for equality look-ups on fields that hold nothing else. */
export interface Writings {
  /** Without repeats, and in the same order each time. */
  readonly strings: readonly string[];
  /** Strings that may be this number and another, which is why they are in no erasure: a verification looks for them. */
  readonly doubtful: readonly string[];
  /** Without repeats. The caller queries them as Int32, Int64 and Double alike. */
  readonly integers: readonly bigint[];
}

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

/** Groupings of which every usual writing is listed; of the others, the plainest. */
const MAIN_GROUPINGS = 2;
const MOST_GROUPINGS = 6;

/**
 * Lists every usual writing of a number: some hundred strings, mostly groupings with a space, dash, dot or nothing.
 * A writing that would be read as another person's, or could be, is left out: what is erased for the wrong person cannot
 * be had back.
 * @param callingCodes of the served countries: their numbers only have national writings
 */
export function writingsOf(number: PhoneNumber, callingCodes: readonly string[]): Writings {
  const { countryCode, national } = splitNumber(number);
  const plan = planOf(countryCode);
  // Nobody has it as a number of its country: a national form would be somebody else's.
  if (plan === null || !isPossibleE164(number)) {
    return { strings: [...new Set(plainly(number, []))], doubtful: [], integers: [BigInt(number)] };
  }
  const isServed = callingCodes.includes(countryCode);
  const read = keepReadings(callingCodes);
  const isOwn = (reading: Reading) => reading.kind === 'number' && reading.number === number;
  const strings: string[] = [];
  const doubtful: string[] = [];
  for (const candidate of new Set(candidatesFor(number, plan, isServed))) {
    const reading = read(candidate);
    if (isOwn(reading)) strings.push(candidate);
    else if (reading.kind === 'ambiguous' && reading.numbers.includes(number)) doubtful.push(candidate);
  }
  const { trunk } = plan;
  const integers = [number, ...(isServed ? [national, trunk + national] : []), countryCode + trunk + national]
    .map((digits) => BigInt(digits))
    .filter((value) => value >= SMALLEST_INTEGER && isOwn(read(value)));
  return {
    strings,
    doubtful,
    integers: [...new Set(integers)],
  };
}

/** Most writings are one of a few strings of digits: they are interpreted once. */
function keepReadings(callingCodes: readonly string[]): (value: string | bigint) => Reading {
  const known = new Map<string, Reading>();
  return (value) =>
    readValue(value, (written) => {
      const { digits, plus, bracket, grouped334, numeric } = written;
      const key = `${digits} ${plus} ${bracket?.before} ${bracket?.inside} ${grouped334} ${numeric}`;
      const reading = known.get(key) ?? interpret(written, callingCodes);
      known.set(key, reading);
      return reading;
    });
}

function candidatesFor(number: PhoneNumber, plan: Plan, isServed: boolean): string[] {
  const { countryCode: code, national, international, domestic } = splitNumber(number);
  const { trunk, exit } = plan;
  const { usual, others } = plan.groupings(national);
  const groupings = unique([...usual, ...(COMMON_GROUPINGS[national.length] ?? []), ...others]).filter(
    (grouping) => grouping.length > 1,
  );
  const mayOmitTrunk = trunk === '' || !plan.writesTrunk(national);
  const nationals = isServed ? [...new Set([trunk + national, national])] : [];
  const spaced = isServed ? [international, domestic] : [international];
  const withTrunk = code + trunk + national;

  return [
    ...plainly(number, nationals),
    ...spaced,
    ...[`+${withTrunk}`, withTrunk, `00${withTrunk}`, `+${code} ${trunk}${national}`],
    ...(exit === '' ? [] : [exit + number]),
    ...abroad(code, trunk, [national], true),
    ...groupings.slice(0, MOST_GROUPINGS).flatMap((grouping, rank) => {
      const groups = split(national, grouping);
      const isMain = rank < MAIN_GROUPINGS;
      return [...abroad(code, trunk, groups, isMain), ...(isServed ? atHome(trunk, groups, mayOmitTrunk, isMain) : [])];
    }),
    ...[number, `+${number}`, ...nationals.slice(0, 1), ...spaced].flatMap(soiled),
    ...[number, ...nationals].map((digits) => `${digits}.0`),
  ];
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
    ...[`011${number}`, `0011${number}`, `++${number}`, `+00${number}`, `+ ${number}`],
    ...[`tel:${number}`, `tel:+${number}`, `%2B${number}`, `-${number}`],
    number.replace(/\d(?=(?:\d{3})+$)/g, '$&,'),
    ...['E+', 'e+'].map((sign) => `${number[0]}.${number.slice(1)}${sign}${number.length - 1}`),
    // Full width and Arabic digits.
    ...[0xff10, 0x0660].flatMap((zero) =>
      [number, `+${number}`, ...nationals.slice(0, 1)].map((form) =>
        form.replace(/\d/g, (digit) => String.fromCharCode(zero + Number(digit))),
      ),
    ),
  ];
}

/** White space, quotes and direction marks around a plain form; spaces that do not break. */
function soiled(form: string): string[] {
  return [
    ...[' ', '\ufeff', '\u200b', "'"].map((before) => before + form),
    ...[' ', '\t', '\r', '\n', '\r\n', '\u200b'].map((after) => form + after),
    ...[` ${form} `, `"${form}"`, `\u202a${form}\u202c`],
    ...(form.includes(' ') ? [form.replaceAll(' ', '\u00a0')] : []),
  ];
}

/** International writings of a grouped number. */
function abroad(code: string, trunk: string, groups: readonly string[], isMain: boolean): string[] {
  const [area = '', ...rest] = groups;
  const spaced = groups.join(' ');
  const dashed = groups.join('-');
  const joined = groups.join('');
  const found: string[] = [];
  for (const separator of [' ', '-', '.']) found.push(`+${code}${separator}${groups.join(separator)}`);
  for (const head of [`00${code}`, code, ...(isMain ? [`(+${code})`, `00 ${code}`] : [])]) {
    found.push(`${head} ${spaced}`, ...(isMain ? [`${head}-${dashed}`, head + spaced] : []));
  }
  found.push(`+${code} ${dashed}`, `+${code}${spaced}`);
  // As libraries write it for a link (RFC 3966).
  if (isMain) found.push(`tel:+${code}-${dashed}`);
  if (groups.length > 3) found.push(`+${code} ${groups.slice(0, -1).join(' ')}-${groups.at(-1)}`);
  if (rest.length > 0) {
    for (const head of isMain ? [`+${code}`, code, `00${code}`] : [`+${code}`]) {
      found.push(`${head} (${area}) ${rest.join(' ')}`, `${head} (${area}) ${rest.join('-')}`);
      found.push(`${head} ${area} ${rest.join('-')}`, `${head}(${area})${rest.join('')}`);
      if (isMain) found.push(`${head}(${area})${rest.join('-')}`, `${head} (${area})${rest.join('')}`);
    }
  }
  // `+44 (0)7700 900123`: a trunk prefix that is not dialled from abroad.
  if (!trunk.startsWith('0')) return found;
  for (const body of isMain ? [spaced, dashed, joined] : [spaced]) {
    found.push(`+${code} (${trunk})${body}`, `+${code}(${trunk})${body}`, `+${code} (${trunk}) ${body}`);
    if (isMain) found.push(`+${code}(${trunk}) ${body}`, `00${code} (${trunk})${body}`, `00${code}(${trunk})${body}`);
  }
  found.push(`+${code} ${trunk}${spaced}`);
  return found;
}

/** National writings of a grouped number. */
function atHome(trunk: string, groups: readonly string[], mayOmitTrunk: boolean, isMain: boolean): string[] {
  const [area = '', ...rest] = groups;
  const found: string[] = [];
  for (const first of new Set([trunk + area, ...(mayOmitTrunk ? [area] : [])])) {
    for (const separator of [' ', '-', '.']) found.push([first, ...rest].join(separator));
    for (const separator of isMain ? [' ', '-', '.', ''] : [' ', '-']) found.push(`(${first}) ${rest.join(separator)}`);
    for (const separator of isMain ? [' ', '-', ''] : []) found.push(`(${first})${rest.join(separator)}`);
    found.push(`${first} ${rest.join('-')}`, `${first} ${rest.join('')}`, `${first}-${rest.join('')}`);
    found.push(
      `${first}/${rest.join('')}`,
      ...(isMain ? [`${first}/${rest.join(' ')}`, `${first}-${rest.join(' ')}`] : []),
    );
  }
  if (!mayOmitTrunk && isMain) found.push(groups.join(' '), groups.join('-'));
  // A trunk prefix of its own: `8 (495) 123-45-67`, `1-201-555-0123`, `06 30 123 4567`.
  if (trunk === '' || trunk === '0') return found;
  for (const separator of [' ', '-', '.']) found.push([trunk, ...groups].join(separator));
  found.push(`${trunk} ${groups.join('')}`, `${trunk} ${area} ${rest.join('-')}`);
  for (const separator of isMain ? [' ', '-', ''] : ['-']) {
    found.push(`${trunk} (${area}) ${rest.join(separator)}`, `${trunk}(${area})${rest.join(separator)}`);
    found.push(`${trunk} (${area})${rest.join(separator)}`, `(${trunk} ${area}) ${rest.join(separator)}`);
  }
  return found;
}
