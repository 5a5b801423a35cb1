import type { Host } from '@mig/hypervisor';
import { failed, passed, type PreflightQuestion, unknown } from '@mig/protocol/preflight';
import { expect, test } from 'vitest';
import { refuseTarget } from './refuse-target.js';

const own = JSON.stringify({ c_info: { name: 'busy', uuid: 'its own' } });
const question: PreflightQuestion = { configuration: own, xen: { major: 4, minor: 20 } };
const host = {
  checkDeparture: () => Promise.resolve({ checks: [], question }),
} as unknown as Host;
const route = { sshCommand: 'ssh', host: 'host2', timeout: 1000 };

function refusing(answer: readonly ReturnType<typeof passed>[], configuration: object = {}) {
  let asked: PreflightQuestion | undefined;
  const done = refuseTarget(host, { domid: 7, name: 'busy', configuration }, route, (heard) => {
    asked = heard;
    return Promise.resolve(answer);
  });
  return { done, question: () => asked };
}

test('what is known to fail there is not tried, and all of it is said', async () => {
  const { done } = refusing([
    passed('reach', 'it was reached'),
    failed('version', 'Xen 4.17 cannot load it'),
    unknown('disks', 'nobody knows'),
    failed('memory', 'it is too small'),
  ]);
  await expect(done).rejects.toThrow(
    'host2 would not take busy: Xen 4.17 cannot load it; it is too small. It was not touched; --no-check tries it anyway',
  );
});

test.each([
  ['all is well', [passed('version', 'loads')]],
  ['it does not know', [unknown('version', 'not said')]],
  ['it cannot be asked: the migration says why', [failed('reach', 'no xl answers there')]],
])('it is tried where %s', async (_, answer) => {
  await expect(refusing(answer).done).resolves.toBeUndefined();
});

test('it is asked about what is to be sent', async () => {
  const json = JSON.stringify({ c_info: { name: 'other' } });
  const { done, question } = refusing([], { json, preserveDomid: true });
  await done;
  expect(JSON.parse(question()!.configuration)).toEqual({
    c_info: { name: 'other', uuid: 'its own', domid: 7 },
  });
});

test.each([
  ['cordoned', [failed('cordon', 'it is closed')]],
  ['arrivals-full', [failed('arrivals', 'try again later')]],
  [undefined, [failed('arrivals', 'try again later'), failed('memory', 'it is too small')]],
] as const)(
  'a refusal of any arrival has its code, and no advice that does not help: %s',
  async (refusal, answer) => {
    const error: unknown = await refusing(answer).done.catch((caught: unknown) => caught);
    expect(error).toMatchObject({ refusal, message: expect.stringMatching(/It was not touched$/) as string });
  },
);
