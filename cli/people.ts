import { readConfigPart } from '../src/base/config.ts';
import { createSeal } from '../src/base/keys/seal.ts';
import { faultOfPassword, generatePassword, isEmail, normalEmail, personIdOf } from '../src/ledger/people/people.ts';
import { makeTotp } from '../src/ledger/people/sign-in.ts';
import type { CommandContext } from './context.ts';
import { UsageFault } from './faults.ts';

/** How `--password-stdin` is described. */
export const PASSWORD_OPTION = 'take the password from standard input; without it one is made, and printed once';

/** @throws UsageFault for what is no address */
export function readEmail(text: string): string {
  if (!isEmail(text))
    throw new UsageFault('--email must be an e-mail address, without a number that may be a telephone');
  return normalEmail(text);
}

/** The id of a person, given as it is or as the address. */
export const readPersonId = (text: string): string => (text.includes('@') ? personIdOf(text) : text);

/** The password to set, and whether it was made here and must be shown. @throws UsageFault when a chosen one is too short */
export async function readPassword(
  context: CommandContext,
  fromInput: boolean,
): Promise<{ password: string; made: boolean }> {
  if (!fromInput) return { password: generatePassword(), made: true };
  const password = (await context.readSecret?.('Password: ')) ?? '';
  const fault = faultOfPassword(password);
  if (fault !== null) throw new UsageFault(`the password ${fault}`);
  return { password, made: false };
}

/** A secret of one-time passwords under the keys of the installation. */
export function makeTotpHere(context: CommandContext, email: string): { sealed: string; address: string } {
  return makeTotp(createSeal(readConfigPart(context.env, ['LETHE_SEAL_KEYS']).LETHE_SEAL_KEYS), email);
}

/** Shows what is shown once: on standard output the password, then the address for the app. */
export function printOnce(context: CommandContext, password: string | null, totpAddress: string | undefined): void {
  if (password !== null) context.print(password);
  if (totpAddress !== undefined) context.print(totpAddress);
  if (password !== null || totpAddress !== undefined)
    context.note('This is the only time it is shown: only a hash of a password is kept, and the secret is sealed.');
}
