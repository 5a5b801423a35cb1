import { AT_NIGHT_ONLY, DAY, FONT, NIGHT, NIGHT_RULES } from './ink.js';

/** The style of the HTML page. In print it is light and needs no colour, plots are not split, and nothing scrolls. */
export const STYLE = `
:root { ${DAY} color: var(--text); background: var(--paper); font: 15px/1.5 ${FONT}; }
${AT_NIGHT_ONLY} {
:root { ${NIGHT} }
${NIGHT_RULES}
}
body { max-width: 820px; margin: 0 auto; padding: 28px 20px 48px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 12px; }
h2 { font-size: 17px; margin: 0 0 6px; }
.verdict { margin: 0 0 18px; padding: 10px 14px; border: 1px solid var(--grid); border-left: 6px solid var(--dark); }
.verdict p { margin: 0; white-space: pre-wrap; }
.verdict.missed, .verdict.failed, .verdict.unknown { border-left: 6px double var(--orange); }
dl { margin: 0; }
dl.figures { display: grid; grid-template-columns: repeat(4, 1fr); gap: 10px; }
@media (max-width: 620px) { dl.figures { grid-template-columns: repeat(2, 1fr); } }
dl.figures > div { border: 1px solid var(--grid); border-radius: 6px; padding: 8px 12px; }
dl.figures dt { color: var(--quiet); font-size: 13px; }
dl.figures dd { margin: 0; font-size: 17px; font-weight: 600; white-space: nowrap; }
dl.circumstances { margin-top: 18px; border-bottom: 1px solid var(--grid); }
dl.circumstances > div { display: flex; gap: 12px; padding: 3px 0; border-top: 1px solid var(--grid); }
dl.circumstances dt { flex: 0 0 90px; color: var(--quiet); }
dl.circumstances dd { margin: 0; overflow-wrap: anywhere; }
.option { white-space: nowrap; }
figure { margin: 34px 0 0; }
figure svg { display: block; width: 100%; min-width: 640px; height: auto; }
section { margin-top: 38px; }
.wide { overflow-x: auto; }
.table { margin: 0 0 26px; }
.wide:focus-visible { outline: 2px solid var(--blue); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 0 0 6px; }
.note { margin: 4px 0 0; font-size: 13px; color: var(--quiet); }
h2 + .note { margin-bottom: 14px; }
th, td { padding: 4px 10px 4px 0; text-align: left; vertical-align: top; border-top: 1px solid var(--grid); font-weight: 400; }
thead th { border-top: 0; border-bottom: 1px solid var(--quiet); color: var(--quiet); }
tbody th, td { white-space: nowrap; }
.number { text-align: right; }
td:not(.number) + td.number, .number + :not(.number) { padding-left: 10px; }
@media print {
  @page { margin: 14mm; }
  :root { font-size: 10pt; }
  body { max-width: none; padding: 0; }
  figure, dl.figures, tr { break-inside: avoid; }
  h1, h2, caption, thead, figcaption { break-after: avoid; }
  figure { margin-top: 18px; }
  section { margin-top: 22px; }
  figure svg { min-width: 0; }
  thead { display: table-header-group; }
  .wide { overflow: visible; }
  table, .note { font-size: 8pt; }
  td:not(.number) { white-space: normal; }
  th, td { padding-right: 6px; }
  dl.figures { grid-template-columns: repeat(4, 1fr); gap: 6px; }
  dl.figures > div { padding: 5px 8px; }
  dl.figures dd { font-size: 11pt; }
  * { print-color-adjust: exact; }
}
`;
