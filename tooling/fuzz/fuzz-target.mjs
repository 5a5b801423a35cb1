// The function that jazzer.js calls. Only jazzer.js imports it: by then the modules under test are
// instrumented.
import jazzer from '@jazzer.js/core';
import { isCase } from './cases.mjs';
import { judge } from './judge.mjs';
import { Violation } from './violation.mjs';

/** The case, which under-jazzer.mjs names. */
const { MIG_FUZZ_CASE = '' } = process.env;
if (!isCase(MIG_FUZZ_CASE)) throw new Error(`there is no case ${MIG_FUZZ_CASE}`);
const name = MIG_FUZZ_CASE;

// Properties of every object, in case an untrusted word is looked up in one.
jazzer.addDictionary('"__proto__"', '"constructor"', '"length"', '"toString"', '"valueOf"');

/** @param {Buffer} data */
export function fuzz(data) {
  const result = judge(name, new Uint8Array(data));
  if (result instanceof Violation) throw result;
}
