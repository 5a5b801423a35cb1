/** The transitions of a vCPU, as data. It runs if it is neither paused nor suspended nor crashed. */
import type { DomainState } from '@mig/hypervisor';

export type VcpuEvent = 'pause' | 'unpause' | 'suspend' | 'resume' | 'crash';

export interface Transition {
  /** The required state before. A flag that is missing does not matter. */
  readonly from: Partial<DomainState>;
  readonly to: Partial<DomainState>;
  /** The error message for any other state. */
  readonly otherwise: string;
}

export const CREATED: DomainState = { paused: true, suspended: false, crashed: false };

export const transitions: Readonly<Record<VcpuEvent, Transition>> = {
  pause: { from: { crashed: false }, to: { paused: true }, otherwise: 'the guest has crashed' },
  unpause: { from: { crashed: false }, to: { paused: false }, otherwise: 'the guest has crashed' },
  // Also from paused: the hypervisor suspends it without the guest's help.
  suspend: {
    from: { crashed: false, suspended: false },
    to: { suspended: true },
    otherwise: 'the guest has crashed, or is suspended already',
  },
  resume: {
    from: { crashed: false, suspended: true },
    to: { suspended: false },
    otherwise: 'the guest is not suspended',
  },
  crash: { from: {}, to: { crashed: true }, otherwise: '' },
};

/** @returns the state after, or undefined if the event is not allowed */
export function after(state: DomainState, event: VcpuEvent): DomainState | undefined {
  const { from, to } = transitions[event];
  for (const [flag, value] of Object.entries(from)) {
    if (state[flag as keyof DomainState] !== value) return undefined;
  }
  return { ...state, ...to };
}

export function runs(state: DomainState): boolean {
  return !state.paused && !state.suspended && !state.crashed;
}
