/** Plans a return: what a run has moved, and from where it comes back. */
import { type RunDomain, waiting } from '@mig/fleet';
import type { Host } from '@mig/hypervisor';
import { Failure } from '../output/failure.js';
import type { EvacuateOptions } from './evacuate-options.js';
import { askedFor } from './go-on.js';
import { lookAt } from './inventory.js';
import type { Evacuation, Journal } from './journal.js';
import { openAgain } from './run-cordon.js';

/** Makes a run that brings back what another has moved. */
export async function newReturn(
  host: Host,
  journal: Journal,
  back: string,
  options: EvacuateOptions,
): Promise<Evacuation> {
  const before = /^[\w-]+$/.test(back) ? journal.read(back) : undefined;
  if (before === undefined)
    throw new Failure(`there is no run ${back}: ${journal.ids().join(', ') || 'none is kept'}`);
  const here = new Set(host.list().flatMap(({ uuid, standing }) => (standing === 'free' ? [uuid] : [])));
  const moved = before.run.domains.filter(({ uuid, state }) => state === 'moved' && !here.has(uuid));
  const places = new Set(moved.flatMap(({ target }) => target ?? []));
  const looks = await Promise.all([...places].map((place) => lookAt(options.s, place)));
  const silent = looks.flatMap((look) => ('why' in look ? [look.why] : []));
  if (silent.length > 0 && silent.length === looks.length) {
    throw new Failure(`${silent.join('; ')}. Nothing was begun`);
  }
  openAgain(host, back);
  const { cordon } = host.arrivals.now();
  if (cordon !== undefined) throw new Failure("this host is cordoned: 'mig uncordon' first");
  const name = options.name ?? before.name;
  const domains: RunDomain[] = moved.map((domain) => ({ ...waiting(domain), target: name }));
  const { link = before.run.options.link, maxDowntime, order } = options;
  const limits = { out: options.out, in: options.in, order, leave: [] };
  return {
    schema: 1,
    name,
    asked: askedFor(options),
    names: [],
    sshCommand: options.s,
    back,
    from: Object.fromEntries(
      moved.flatMap(({ uuid, target }) => (target === undefined ? [] : [[uuid, target]])),
    ),
    cordoned: false,
    downtimes: {},
    run: {
      id: journal.newId(new Date()),
      options: {
        ...limits,
        targets: [name],
        ...(link !== undefined && { link }),
        ...(maxDowntime !== undefined && { maxDowntime }),
      },
      began: Date.now(),
      resting: {},
      domains,
    },
  };
}
