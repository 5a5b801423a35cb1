import type { DirtySample } from '@mig/sender/estimate';
import type { Context } from '../host/context.js';
import { runTask, TaskError } from '../worker/run-task.js';
import { Failure } from '../output/failure.js';
import { PERIOD_DEFAULT } from '../options/period.js';

/**
 * Measures what a domain writes; the domain keeps running, and its log-dirty mode is off afterwards.
 * @throws Failure
 */
export async function measured(
  context: Context,
  { domid, name }: { domid: number; name: string },
  period = PERIOD_DEFAULT,
): Promise<DirtySample> {
  context.log.line(`Measuring what ${name} writes, for ${period / 1000} s`);
  try {
    return await runTask(context, { kind: 'measure', domid, period });
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    const { message, exitStatus } = error.failure;
    throw new Failure(`what ${name} writes was not measured: ${message}`, exitStatus, { cause: error });
  }
}
