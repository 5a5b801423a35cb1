import { type Deviation, PushDecoder, StreamDecoder } from '@mig/protocol';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { configurationOf, NOT_LIVE, openHost, save } from './hosts.test-support.js';

it('the stream of a domain departs from the specification nowhere', () => {
  const source = openHost();
  const domid = source.host.create(configurationOf('one', 'idle'), { paused: true });
  const path = join(source.folder, 'stream');
  save(source, domid, path, NOT_LIVE);
  const deviations: Deviation[] = [];
  const onDeviation = (deviation: Deviation) => deviations.push(deviation);
  const decoder = new PushDecoder(new StreamDecoder({ start: 'libxl', strictness: 'verify', onDeviation }));
  const types: string[] = [];
  for (const event of decoder.push(readFileSync(path))) {
    if (event.kind === 'record') types.push(event.record.type);
    if (event.kind === 'pages') types.push('PAGE_DATA');
  }
  decoder.end();
  expect(deviations).toEqual([]);
  expect(types).toEqual(['LIBXC_CONTEXT', 'STATIC_DATA_END', 'PAGE_DATA', 'END', 'EMULATOR_CONTEXT', 'END']);
});
