// A process of its own for each run of jazzer.js, which a finding may end.
//
// usage: node tooling/fuzz/under-jazzer.mjs CASE ... -- what libFuzzer is told
//
// jazzer.js runs this file again where it needs processes of its own, with options of its own before the --.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { loadWithOlderNames } from './older-glibc.mjs';

loadWithOlderNames();
const { OptionsManager, OptionSource, startFuzzing } = createRequire(import.meta.url)('@jazzer.js/core');

process.env['MIG_FUZZ_CASE'] = process.argv[2];
const repository = fileURLToPath(new URL('../../', import.meta.url));
const options = new OptionsManager(OptionSource.DefaultCLIOptions).merge(
  {
    fuzzTarget: fileURLToPath(new URL('./fuzz-target.mjs', import.meta.url)),
    fuzzerOptions: process.argv.slice(process.argv.indexOf('--') + 1),
    // mig's own, and the libraries that decode for it; koffi is given addresses, and has nothing to find.
    includes: [`${repository}packages/`, `${repository}apps/`, '/msgpackr/', '/protobufjs/'],
    excludes: ['/koffi/'],
    // Of what jazzer.js can watch for, what octets could do to mig: it runs no commands and no SQL for them.
    disableBugDetectors: ['^(?!prototype-pollution)'],
    sync: true,
    // Milliseconds of the clock: what hangs. What is slow has said so before.
    timeout: 60_000,
  },
  OptionSource.CommandLineArguments,
);
const { returnCode } = await startFuzzing(options);
process.exit(returnCode);
