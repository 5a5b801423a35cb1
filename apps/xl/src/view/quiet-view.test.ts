import { expect, test } from 'vitest';
import { KeptLog } from '../output/kept-log.js';
import { Log } from '../output/log.js';
import { QuietView } from './quiet-view.js';

test('only a failure is told, then with what the target has said', () => {
  let text = '';
  const log = new Log((each) => (text += each));
  const view = new QuietView(log);
  const target = new KeptLog(log);
  target.line('migration target: Ready to receive domain.');
  view.event();
  view.note('a remark');
  view.complete();
  expect(text).toBe('');
  view.failed({ message: 'cut', advice: ['it runs here'], exitStatus: 1 });
  target.release();
  target.line('migration target: gone');
  view.note('the transport has ended');
  expect(text.split('\n')).toEqual([
    'Migration failed: cut.',
    'it runs here',
    'migration target: Ready to receive domain.',
    'migration target: gone',
    'the transport has ended',
    '',
  ]);
});
