// Feeds damaged streams, messages, files and programs to everything that reads them. Status 0 only if every oracle was
// content. docs/fuzzing.md has more.
import { parseArgs } from 'node:util';
import { cases } from './cases.mjs';
import { caseOf, readInput } from './corpus.mjs';
import { findings } from './findings.mjs';
import { fuzzGuided } from './guided.mjs';
import { judge } from './judge.mjs';
import { fuzzAlongStructure } from './structural.mjs';
import { Violation } from './violation.mjs';

const usage = `usage: pnpm fuzz [--guided [--keep] [--jobs J]] [--seed S] [--runs N | --minutes M] [--only CASE]
       pnpm fuzz FILE ...

  --guided     changes what the corpus holds, guided by coverage; else each case is made along the structure, from its seed
  --keep       keeps what reached more in the corpus, and there no more than is needed
  --jobs J     so many cases at a time; as there are processors unless given
  --seed S     1 unless given
  --runs N     3000 in all unless given; with --guided 2000 of each case
  --minutes M  in all
  --only CASE  ${Object.keys(cases).join(', ')}
  FILE         from the corpus, or any other in a folder with the name of a case: judged alone`;

function fail(message) {
  console.error(`${message}\n${usage}`);
  process.exit(2);
}

function commandLine() {
  const text = { type: 'string' };
  const flag = { type: 'boolean', default: false };
  const numbers = { seed: text, runs: text, minutes: text, jobs: text };
  let parsed;
  try {
    parsed = parseArgs({
      options: { ...numbers, only: text, guided: flag, keep: flag },
      allowPositionals: true,
    });
  } catch (error) {
    fail(error.message);
  }
  const { values, positionals } = parsed;
  for (const name of Object.keys(numbers)) {
    if (values[name] === undefined) continue;
    if (!(Number(values[name]) > 0)) fail(`--${name} takes a number`);
    values[name] = Number(values[name]);
  }
  if (values.only !== undefined && !(values.only in cases)) fail(`there is no case ${values.only}`);
  if (!values.guided && (values.keep || values.jobs !== undefined))
    fail('--keep and --jobs go with --guided');
  return { seed: 1, ...values, files: positionals };
}

function replay(file) {
  const name = caseOf(file);
  if (!(name in cases)) fail(`${file}: its folder has the name of no case`);
  const result = judge(name, readInput(file));
  console.log(`${file}: ${result}`);
  if (result instanceof Violation) process.exitCode = 1;
}

const { files, guided, ...options } = commandLine();
if (files.length > 0) files.forEach(replay);
else if (guided) await fuzzGuided(options);
else fuzzAlongStructure(options);
if (findings() > 0) process.exitCode = 1;
