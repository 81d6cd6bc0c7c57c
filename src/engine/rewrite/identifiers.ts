import type { Mention } from '../../phone/matcher.ts';
import type { Hit } from './walk.ts';

/**
 * Names of what has digits and is no telephone number, though one may stand among them: a subscription, a SIM card, a
 * device (ITU-T E.212 and E.118, 3GPP TS 23.003).
 */
const NAME = /(?:^|[^a-z])(?:imsi|supi|iccid|imei(?:sv)?)s?(?![a-z])/;
/** The same before the digits: `imsi-234150999999123`. */
const WORD = /(?:imsi|iccid|imei(?:sv)?)[-:=_ ]{0,2}$/i;
/** As many as an IMSI or an IMEI has without its check digit. */
const FEWEST_DIGITS = 14;

/** What was found, without digits in the middle of an identifier of a subscription, a SIM card or a device. */
export function withoutIdentifiers(hits: readonly Hit[]): Hit[] {
  return hits.flatMap((hit) => {
    if (hit.kind !== 'string' && hit.kind !== 'number') return [hit];
    const isNamed = NAME.test(nameOf(hit));
    const text = String(hit.value);
    const mentions = hit.mentions.filter((mention) => !isWithinIdentifier(text, mention, isNamed));
    if (mentions.length === hit.mentions.length) return [hit];
    return mentions.length + hit.encoded.length > 0 ? [{ ...hit, mentions }] : [];
  });
}

/** The name of the field, or of the list: `simImei` is `sim_imei`. */
function nameOf({ path }: Hit): string {
  const name = path.findLast((step) => typeof step === 'string') ?? '';
  return String(name)
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** Is it a part of an unbroken row of digits that is longer, and that the field or a word says is no number? */
function isWithinIdentifier(text: string, { start, end }: Mention, isNamed: boolean): boolean {
  const isDigit = (at: number) => /\d/.test(text[at] ?? '');
  let [from, to] = [start, end];
  while (isDigit(from - 1)) from -= 1;
  while (isDigit(to)) to += 1;
  const isLonger = to - from > end - start && to - from >= FEWEST_DIGITS;
  return (
    isLonger && /^\d+$/.test(text.slice(start, end)) && (isNamed || WORD.test(text.slice(Math.max(0, from - 10), from)))
  );
}
