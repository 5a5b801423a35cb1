// A process of its own for each run of jazzer.js, which a finding may end.
//
// usage: node tooling/fuzz/under-jazzer.mjs CASE ... -- LIBFUZZER-OPTIONS
//
// jazzer.js runs this file again for processes of its own, with its options before the --.
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
    // mig's code, and the libraries that decode for it; koffi gets addresses, and has nothing to find.
    includes: [`${repository}packages/`, `${repository}apps/`, '/msgpackr/', '/protobufjs/'],
    excludes: ['/koffi/'],
    // Of jazzer.js's detectors only one applies: mig runs no commands and no SQL for these octets.
    disableBugDetectors: ['^(?!prototype-pollution)'],
    sync: true,
    // Wall clock time in milliseconds, for hangs. Slow cases are reported before.
    timeout: 60_000,
  },
  OptionSource.CommandLineArguments,
);
const { returnCode } = await startFuzzing(options);
process.exit(returnCode);
