import type { Order } from '@mig/fleet';

/** Options of `xl evacuate`. */
export interface EvacuateOptions {
  readonly host?: string;
  readonly name?: string;
  readonly to?: readonly string[];
  readonly s: string;
  readonly out: number;
  readonly in: number;
  readonly link?: number;
  readonly maxDowntime?: number;
  readonly deadline?: string;
  readonly order: Order;
  readonly leave?: readonly string[];
  readonly ignoreApart?: true;
  readonly back?: string;
  readonly dryRun?: true;
  readonly json?: true;
  readonly engine?: string;
}
