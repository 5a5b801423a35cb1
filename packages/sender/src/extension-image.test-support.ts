/** Images of a model's memory for a target that has offered features of mig's extension. */
import type { Memory } from '@mig/hypervisor';
import { Recording } from '@mig/hypervisor/model';
import { simplePolicy } from './policies/index.js';
import { saveImage, type SaveImageOptions } from './save-image.js';

/** Saves a memory, and reads what was sent into the versions of another. */
export function savedImage(memory: Memory, options: Partial<SaveImageOptions>) {
  const recording = new Recording();
  const report = saveImage(memory, recording.output, { policy: simplePolicy(1), ...options });
  const versions = new Uint32Array(memory.pageCount).fill(0xdead);
  const events = recording.events(versions);
  return { report, versions, events, octets: recording.output.contents() };
}
