/**
 * The cases: shell scripts, each with what it is about in its first comment, and a line `# limit: N s`; of those between two
 * hosts some have a line `# hosts: VERSION VERSION`, of those on one some a line `# xen: OPTION...`.
 * @typedef {object} Case
 * @property {string} name the file's, without `.sh`
 * @property {string} path
 * @property {number} limit seconds that it may take
 * @property {string} about
 * @property {[string, string]} [hosts] the versions of Xen that two hosts must have, where it matters which
 * @property {string} [xenOptions] what Xen is to be told of domain 0 when it is booted, where the usual is not to be so
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @param {string} folder @returns {Case[]} in the order of their numbers */
export function findCases(folder) {
  return readdirSync(folder)
    .filter((name) => /^[0-9].*\.sh$/.test(name))
    .sort()
    .map((name) => readCase(join(folder, name), name.slice(0, -'.sh'.length)));
}

/**
 * @param {string} path
 * @param {string} name
 * @returns {Case}
 */
function readCase(path, name) {
  const text = readFileSync(path, 'utf8');
  const [, limit] = /^# limit: ([0-9]+) s$/m.exec(text) ?? [];
  if (limit === undefined) throw new Error(`${path} has no line "# limit: N s"`);
  const [, about = ''] = /^#!.*\n# (.*)$/m.exec(text) ?? [];
  const [, first, second] = /^# hosts: (\S+) (\S+)$/m.exec(text) ?? [];
  const [, xenOptions] = /^# xen: (.+)$/m.exec(text) ?? [];
  return {
    name,
    path,
    limit: Number(limit),
    about,
    ...(first !== undefined && second !== undefined && { hosts: [first, second] }),
    ...(xenOptions !== undefined && { xenOptions }),
  };
}

/**
 * @param {Case[]} cases
 * @param {string[]} wanted names, or how they begin; unless there is one, all but the measurements, whose numbers begin
 *   with 9
 */
export function chooseCases(cases, wanted) {
  if (wanted.length === 0) return cases.filter(({ name }) => !name.startsWith('9'));
  for (const name of wanted) {
    if (!cases.some((one) => one.name.startsWith(name))) throw new Error(`no case is called ${name}`);
  }
  return cases.filter((one) => wanted.some((name) => one.name.startsWith(name)));
}

/**
 * Divides the cases into parts of about equal time limits: the longest case first, each to the part that
 * has least so far.
 * @param {Case[]} cases
 * @param {number} count
 * @returns {Case[][]} none of them empty, each in the order of the cases
 */
export function inParts(cases, count) {
  /** @type {{ seconds: number, cases: Case[] }[]} */
  const parts = Array.from({ length: count }, () => ({ seconds: 0, cases: [] }));
  for (const one of [...cases].sort((a, b) => b.limit - a.limit)) {
    const part = parts.reduce((least, each) => (each.seconds < least.seconds ? each : least));
    part.cases.push(one);
    part.seconds += one.limit;
  }
  return parts
    .map((part) => cases.filter((one) => part.cases.includes(one)))
    .filter(({ length }) => length > 0);
}

/**
 * Groups the cases between two hosts by their versions of Xen.
 * @param {Case[]} cases
 * @param {string} usual version of both, if a case does not say
 * @returns {{ hosts: [string, string], cases: Case[] }[]}
 */
export function byHosts(cases, usual) {
  const groups = inGroups(cases, ({ hosts = [usual, usual] }) => hosts.join(' '));
  return groups.map((group) => ({ hosts: group[0].hosts ?? [usual, usual], cases: group }));
}

/**
 * Groups the cases on one host by Xen's boot options.
 * @param {Case[]} cases
 * @returns {{ xenOptions: string | undefined, cases: Case[] }[]}
 */
export function byXenOptions(cases) {
  return inGroups(cases, ({ xenOptions }) => xenOptions).map((group) => ({
    xenOptions: group[0].xenOptions,
    cases: group,
  }));
}

/**
 * @param {Case[]} cases
 * @param {(one: Case) => string | undefined} keyOf
 * @returns {[Case, ...Case[]][]} those of the same key together, in the order of the first of each
 */
function inGroups(cases, keyOf) {
  /** @type {Map<string | undefined, [Case, ...Case[]]>} */
  const groups = new Map();
  for (const one of cases) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return [...groups.values()];
}
