import { expect, test } from 'vitest';
import { misfit } from './misfit.js';

const json = (creation: object = {}, build: object = {}) =>
  JSON.stringify({
    c_info: { type: 'wasm', name: 'busy', ...creation },
    b_info: { max_memkb: 4096, kernel: 'idle', ...build },
  });

test.each([
  ['itself', json(), json()],
  ['another name', json(), json({ name: 'other' })],
  ['another UUID', json(), json({ uuid: '4f0b14c9-e38c-4207-a785-36f2278714c4' })],
  ['another command line', json(), json({}, { cmdline: 'pages=1' })],
  ['the memory as a target', json(), json({}, { max_memkb: undefined, target_memkb: 4096 })],
  ['what nobody can compare', json({}, { kernel: undefined }), json()],
  ['what nobody can read', 'no JSON', json()],
])('%s fits', (_, own, other) => {
  expect(misfit(own, other)).toBeUndefined();
});

test.each([
  ['memory', json({}, { max_memkb: 8192 }), 'memory is 8 MiB, and the domain has 4'],
  ['guest', json({}, { kernel: 'wss' }), 'kernel is "wss", and the domain runs "idle"'],
  ['type', json({ type: 'pvh' }), 'this is a PVH domain; the embedded hypervisor runs WebAssembly domains'],
  ['vcpus', json({}, { max_vcpus: 2 }), 'b_info.max_vcpus must be 1'],
  ['nothing', '[]', 'the configuration is not a JSON object'],
])('another %s does not', (_, other, problem) => {
  expect(misfit(json(), other)).toBe(problem);
});

test('a domain of another type has none that fits', () => {
  expect(misfit(json({ type: 'pvh' }), json())).toMatch(/^this is a PVH domain/);
});
