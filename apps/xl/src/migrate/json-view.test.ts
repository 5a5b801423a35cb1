import { expect, test } from 'vitest';
import { OutputClosedError, TextOutput } from '../output/text-output.js';
import { JsonView } from './json-view.js';

test('each event is a line of its own, written at once', () => {
  const written: string[] = [];
  const view = new JsonView(new TextOutput((octets) => written.push(new TextDecoder().decode(octets))));
  view.event({ event: 'source-state', state: 'precopy' });
  view.note('for people');
  view.failed({
    message: 'cut',
    advice: ['it runs here'],
    exitStatus: 1,
    state: 'precopy',
    outcome: 'keeps-running',
  });
  expect(written.map((line) => JSON.parse(line) as unknown)).toEqual([
    { event: 'schema', of: 'xl migrate', version: 1 },
    { event: 'source-state', state: 'precopy' },
    {
      event: 'failed',
      message: 'cut',
      advice: ['it runs here'],
      exitStatus: 1,
      state: 'precopy',
      outcome: 'keeps-running',
    },
  ]);
});

test('a reader that goes away does not end what is being told', () => {
  let attempts = 0;
  const output = new TextOutput(() => {
    attempts++;
    throw new OutputClosedError('the output was closed');
  });
  const view = new JsonView(output);
  view.event({ event: 'source-state', state: 'precopy' });
  view.event({ event: 'source-state', state: 'suspending' });
  expect(attempts).toBe(1);
});
