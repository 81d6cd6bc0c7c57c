import { createHash } from 'node:crypto';
import type { Account } from '../../src/ledger/accounts/accounts.ts';
import type { ReceiptClaims } from '../../src/ledger/receipts/receipt.ts';
import type { VerifiedReceipt } from '../../src/ledger/receipts/verify.ts';

/** One page of A4 or Letter, in black on white. */
const STYLE = `
:root { color-scheme: light; }
body { font: 11pt/1.4 Georgia, 'Times New Roman', serif; color: #111; background: #fff; margin: 2rem auto; max-width: 44rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
h2 { font-size: 1rem; margin: 1.1rem 0 .3rem; border-bottom: 1px solid #999; }
p { margin: .3rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.25rem; margin: 0; }
dt { color: #444; }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: .1rem 1.5rem .1rem 0; font-weight: normal; }
th + td, th + th { text-align: right; padding-right: 0; font-variant-numeric: tabular-nums; }
thead th { color: #444; }
.many { columns: 2; column-gap: 2rem; }
.many table { width: 100%; }
.many th { overflow-wrap: anywhere; }
code { font: 8pt/1.3 ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
p.signed { line-height: 1.2; }
@page { margin: 12mm; }
@media print {
  html { font-size: 9pt; }
  body { margin: 0; max-width: none; padding: 0; font-size: 9pt; line-height: 1.25; }
  h2 { margin: .6rem 0 .2rem; break-after: avoid; }
  dl { row-gap: 0; }
  th, td { padding-top: 0; padding-bottom: 0; }
  .many { columns: 3; column-gap: 1.5rem; font-size: 7.5pt; line-height: 1.15; }
  .many tbody th { width: 100%; padding-right: .5rem; }
  p.signed, p.signed code { font-size: 6pt; line-height: 1.1; }
  .many ~ p.signed, .many ~ p.signed code { font-size: 5.5pt; line-height: 1.05; }
}
`;

/** The page's one style sheet is allowed by its hash; it loads nothing and runs nothing. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;

const MARKS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const asMarkup = (text: string) => text.replace(/[&<>"']/g, (mark) => MARKS[mark] ?? '');

/** With more collections than this the list stands in columns: it would not fit on one page. */
const ONE_COLUMN = 12;

/** A receipt as a page for people who do not know Lethe. Times are UTC. */
export function printReceipt(
  { claims, keyId, hash }: VerifiedReceipt,
  account: Pick<Account, 'name'>,
  jws: string,
): string {
  const rows = (pairs: readonly (readonly [string, string])[]) =>
    `<dl>${pairs.map(([term, what]) => `<dt>${asMarkup(term)}</dt><dd>${asMarkup(what)}</dd>`).join('')}</dl>`;
  const counts = Object.entries(claims.erased).map(
    ([name, count]) => `<tr><th scope="row">${asMarkup(name)}</th><td>${count.toLocaleString('en')}</td></tr>`,
  );
  const isLong = counts.length > ONE_COLUMN;
  const erased =
    counts.length === 0
      ? '<p>No record held the number any more.</p>'
      : `<div${isLong ? ' class="many"' : ''}><table><thead><tr><th scope="col">collection</th><th scope="col">${isLong ? 'records' : 'records erased or masked'}</th></tr></thead><tbody>${counts.join('')}</tbody></table></div>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Receipt ${asMarkup(claims.reference)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Receipt of erasure</h1>
<p>The personal data of one telephone number was erased. The number itself does not stand here: it is not kept.</p>
<h2>Request</h2>
${rows([
  ['Reference', claims.reference],
  ['Account', `${account.name} (${claims.account})`],
  ['Accepted', moment(claims.accepted)],
  ['Due', moment(claims.due)],
  ['Completed', `${moment(claims.completed)}, ${inTime(claims)}`],
  ...(claims.follows === undefined ? [] : [['Follows', followed(claims.follows)] as const]),
])}
<h2>What was erased</h2>
${erased}
${claims.elsewhere > 0 ? `<p>In ${claims.elsewhere.toLocaleString('en')} other places only the digits of the number were masked.</p>` : ''}
<h2>How it was established that nothing is left</h2>
${rows(looksOf(claims))}
<h2>Proof</h2>
${rows([
  ['Stands for the number', claims.token],
  ['Signed with key', `${keyId} (Ed25519)`],
  ['Receipt', `no. ${claims.serial} of this account, SHA-256 ${hash}`],
  ['Receipt before', claims.previous ?? 'none: it is the first'],
  ['Audit at that moment', `entry ${claims.audit.entry}, ${claims.audit.mac}`],
  ['Rules', `profile ${claims.profile.name} ${claims.profile.digest}, data map ${claims.data_map}`],
  ['Made by', `Lethe ${claims.lethe}`],
])}
<p>To check it: save the text below as a file, and run <code>lethe receipt verify FILE --jwks JWKS</code> with the public keys of
<code>/.well-known/jwks.json</code>. It is a JSON Web Signature (RFC 7515), which other programs check, too.</p>
<p class="signed"><code>${asMarkup(jws)}</code></p>
</main>
</body>
</html>
`;
}

const moment = (iso: string) => `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;

function inTime({ completed, due }: ReceiptClaims): string {
  return Date.parse(completed) <= Date.parse(due) ? 'within the deadline' : 'after the deadline';
}

function followed({ reference, before }: NonNullable<ReceiptClaims['follows']>): string {
  return `${reference}: records from before ${moment(before)} that came later or came back`;
}

function looksOf({ looks, suppressed, files_missing: missing }: ReceiptClaims): [string, string][] {
  const scan = {
    made: `made: every record of the account was read${looks.scanned === undefined ? '' : `, until ${moment(looks.scanned)}`}`,
    off: 'not made: it is turned off for this account',
    none: 'not part of this request',
  }[looks.scan];
  return [
    [
      'Search by index',
      looks.indexed === 'made' ? 'made: no mapped place holds the number' : 'not part of this request',
    ],
    ['Scan', scan + (looks.not_scanned.length === 0 ? '' : `; not of ${looks.not_scanned.join(', ')}`)],
    [
      'Recording files',
      (looks.files === 'made' ? 'removed' : 'left alone: no storage is configured') +
        (missing > 0 ? `; ${missing} references led to no file` : ''),
    ],
    ['Report files', looks.reports === 'made' ? 'those that held the number were removed' : 'not part of this request'],
    ...(suppressed === undefined
      ? []
      : [
          [
            'Suppression',
            suppressed ? 'the number stays on the list, as a keyed hash' : 'the number was taken off the list',
          ] as [string, string],
        ]),
  ];
}
