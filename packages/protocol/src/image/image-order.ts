/** The order of records in an image: applies the phases of the rows. Receiver and verifier share it. */
import type { Fault } from '../layer/deviations.js';
import type { DomainHeader, ImageHeader } from './image-header.js';
import type { AnyRecordName, ImageKind, ImagePhase, ImageState } from './image-kind.js';
import { specificationOf } from '../layer/record-kind.js';
import type { ImageRecord } from '../layer/records.js';

const LAYOUT = 'libxc specification, "Layout"';

export class ImageOrder {
  phase: ImagePhase = 'static-data';
  readonly state: ImageState;
  readonly #checkpointed: boolean;
  readonly #seen = new Set<string>();

  constructor(image: ImageHeader, domain: DomainHeader, checkpointed: boolean) {
    this.state = { version: image.version, guest: domain.type, guestWidth: 8, lastPfn: -1 };
    this.#checkpointed = checkpointed;
  }

  /** Returns what is wrong with a record of this kind at this place, and moves to the next phase. */
  next(kind: ImageKind<AnyRecordName>): Fault[] {
    if (!kind.guests.includes(this.state.guest)) return [this.#foreign(kind)];
    const faults = [...this.#place(kind), ...this.#dependencies(kind)];
    this.#seen.add(kind.name);
    if (kind.name === 'STATIC_DATA_END' || (this.state.version === 2 && kind.infersStaticDataEnd === true)) {
      this.phase = 'content';
    }
    return faults;
  }

  /** Remembers the facts of a record against which later ones are checked. */
  learn(record: ImageRecord): void {
    if (record.type === 'X86_PV_INFO') this.state.guestWidth = record.guestWidth === 4 ? 4 : 8;
    if (record.type === 'X86_PV_P2M_FRAMES') this.state.lastPfn = Math.max(this.state.lastPfn, record.endPfn);
  }

  /**
   * Makes the fault for a record without meaning for this guest: to stock's receiver it is an unknown record.
   */
  #foreign(kind: ImageKind<AnyRecordName>): Fault {
    const message = `${kind.name} in an image of ${this.state.guest === 'x86-pv' ? 'a PV' : 'an HVM'} domain`;
    const specification = specificationOf('libxc', kind);
    return { code: 'unknown-mandatory-record', refused: true, message, specification };
  }

  #place(kind: ImageKind<AnyRecordName>): Fault[] {
    const { name } = kind;
    const { version } = this.state;
    const specification = specificationOf('libxc', kind);
    const misplaced = (message: string, refused: boolean): Fault => {
      return { code: 'out-of-order', refused, message, specification };
    };
    if (name === 'CHECKPOINT' && !this.#checkpointed) {
      return [{ ...misplaced('CHECKPOINT in a stream without checkpoints', true), fatal: true }];
    }
    const faults: Fault[] = [];
    if (kind.since > version) faults.push(misplaced(`${name} in an image of version ${version}`, false));
    if (kind.once === true && this.#seen.has(name)) faults.push(misplaced(`a second ${name}`, true));
    const verdict = kind.phases[this.phase];
    // Version 2 has no record that ends static data, so no record can stand wrongly before it.
    const unmarked = version === 2 && this.phase === 'static-data' && kind.phases.content === 'right';
    if (verdict !== 'right' && !unmarked) {
      faults.push(misplaced(where(kind, this.phase), verdict === 'refused'));
    }
    return faults;
  }

  #dependencies(kind: ImageKind<AnyRecordName>): Fault[] {
    const faults: Fault[] = [];
    for (const { record, verdict, guest } of kind.after ?? []) {
      if (this.#seen.has(record) || (guest !== undefined && guest !== this.state.guest)) continue;
      const message = `${kind.name} before any ${record}`;
      if (verdict === 'wrong' || verdict === 'refused') {
        faults.push({ code: 'out-of-order', refused: verdict === 'refused', message, specification: LAYOUT });
      } else {
        faults.push({ tolerated: verdict, message });
      }
    }
    const { records, verdict } = kind.notAfter ?? { records: [], verdict: 'wrong' };
    const earlier = records.find((record) => this.#seen.has(record));
    if (earlier !== undefined) {
      const message = `${kind.name} after ${earlier}`;
      faults.push({ code: 'out-of-order', refused: verdict === 'refused', message, specification: LAYOUT });
    }
    return faults;
  }
}

function where(kind: ImageKind<AnyRecordName>, phase: ImagePhase): string {
  if (kind.channel === 'back') return `${kind.name} travels from the target to the source only`;
  return phase === 'static-data'
    ? `${kind.name} before STATIC_DATA_END`
    : `${kind.name} after STATIC_DATA_END`;
}
