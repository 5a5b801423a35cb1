import { type Admission, arrivalRefusal, type Arrivals, type ArrivalsNow, type Cordon } from '../arrivals.js';

/** The arrivals of a host in memory. */
export class ModelArrivals implements Arrivals {
  #cordon: Cordon | undefined;
  readonly #underWay = new Set<Admission>();

  now(): ArrivalsNow {
    return { cordon: this.#cordon, underWay: this.#underWay.size };
  }

  admit(most?: number): Admission {
    const refusal = arrivalRefusal(this.now(), most);
    if (refusal !== undefined) throw refusal;
    const admission = { release: () => void this.#underWay.delete(admission) };
    this.#underWay.add(admission);
    return admission;
  }

  cordon(cordon: Cordon): ArrivalsNow {
    this.#cordon = cordon;
    return this.now();
  }

  uncordon(): Cordon | undefined {
    const cordon = this.#cordon;
    this.#cordon = undefined;
    return cordon;
  }
}
