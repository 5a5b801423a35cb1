// The function that jazzer.js calls. It is imported by jazzer.js alone: the modules under test are instrumented by then.
import jazzer from '@jazzer.js/core';
import { judge } from './judge.mjs';
import { Violation } from './violation.mjs';

// What every object has, in case a word from elsewhere is looked up in one.
jazzer.addDictionary('"__proto__"', '"constructor"', '"length"', '"toString"', '"valueOf"');

export function fuzz(data) {
  const result = judge(process.env.MIG_FUZZ_CASE, new Uint8Array(data));
  if (result instanceof Violation) throw result;
}
