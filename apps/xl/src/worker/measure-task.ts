/** Measures in the worker, which may block; the operator's Ctrl-C ends its waits. */
import type { Host } from '@mig/hypervisor';
import { type Interrupt, pause } from '@mig/posix';
import { type DirtySample, measureDirty } from '@mig/sender/estimate';

export interface MeasureTask {
  readonly kind: 'measure';
  readonly domid: number;
  /** The measuring time in milliseconds. */
  readonly period: number;
}

export function measure(host: Host, { domid, period }: MeasureTask, interrupt: Interrupt): DirtySample {
  const wait = (milliseconds: number) => pause(milliseconds, { interrupt });
  return host.withDirtyLog(domid, (log) => measureDirty(log, { period, wait }));
}
