/** The manual pages mig(1) and xl-save-helper(8), in mdoc. */
import { readFileSync } from 'node:fs';
import { OURS } from '../../apps/xl/dist/stock/stock-command.js';
import { escapeRoff, sectionOf, toMdoc } from './mdoc.mjs';
import { commandSections, globalOptions } from './reference.mjs';

/** @import { CommandEntry } from './commands.mjs' */

/** @param {CommandEntry} program */
export function migPage(program) {
  const document = read('docs/xl.md');
  return page('MIG', 1, [
    ['NAME', '.Nm mig\n.Nd live migration for Xen domains'],
    ['SYNOPSIS', '.Nm\n.Op Fl vfNtT\n.Ar command\n.Op Ar argument ...'],
    [
      'DESCRIPTION',
      toMdoc(`
mig manages the domains of this host, and migrates running domains to other hosts. Its commands, options, messages and exit
statuses are those of \`xl\`(1), where \`xl\` has them.

On a Xen host mig is installed as \`mig\`, and also as \`xl\` if you ask for that. There mig runs the commands \`${OURS.join('`, `')}\`
itself; write their names in full. It passes all other commands to the stock \`xl\`; their descriptions below apply only where mig
runs its embedded hypervisor.

Name a domain by its name or its domain ID. \`mig help COMMAND\` and \`mig COMMAND -h\` describe a command.

${globalOptions(program)}`),
    ],
    ['COMMANDS', toMdoc(commandSections(program, 'mig'))],
    ['ENVIRONMENT AND FILES', toMdoc(sectionOf(document, 'Files and environment'))],
    ['EXIT STATUS', toMdoc(sectionOf(document, 'Exit statuses'))],
    ['SEE ALSO', `.Xr ssh 1 ,\n.Xr xl 1 ,\n.Xr xl.cfg 5 ,\n.Xr xl-save-helper 8\n${documents()}`],
  ]);
}

/** Makes xl-save-helper(8) of the README of its package. */
export function helperPage() {
  // Who reads the page has it installed.
  const readme = read('apps/xl-save-helper/README.md')
    .replace(/^# .*\n/, '')
    .replace(/^## Install\n.*?(?=^## )/ms, '');
  return page('XL-SAVE-HELPER', 8, [
    ['NAME', '.Nm xl-save-helper\n.Nd live migration by mig, under the stock xl and libvirt'],
    ['SYNOPSIS', '.Nm\n.Fl -save-domain\n.Ar argument ...\n.Nm\n.Fl -restore-domain\n.Ar argument ...'],
    [
      'DESCRIPTION',
      `libxl starts this program with these arguments.\nYou do not run it yourself.\n.Pp\n${toMdoc(readme)}`,
    ],
    ['SEE ALSO', `.Xr mig 1 ,\n.Xr xl 1\n${documents()}`],
  ]);
}

/** Says where the documents are that the pages refer to. */
function documents() {
  return `.Pp\n${toMdoc("`docs/` is a folder of mig's repository; the Debian package has it as `/usr/share/doc/mig/docs`.")}`;
}

/**
 * @param {string} title
 * @param {number} section of the manual
 * @param {[heading: string, content: string][]} sections
 */
function page(title, section, sections) {
  const { version } = JSON.parse(read('apps/xl/package.json'));
  const date = new Date().toLocaleDateString('en-US', { month: 'long', day: 'numeric', year: 'numeric' });
  return [
    `.\\" Made by pnpm man from the program's own options.`,
    `.Dd ${date}`,
    `.Dt ${title} ${section}`,
    `.Os ${escapeRoff(`mig ${version}`)}`,
    ...sections.map(([heading, content]) => `.Sh ${heading}\n${content}`),
    '',
  ].join('\n');
}

/** @param {string} path */
function read(path) {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}
