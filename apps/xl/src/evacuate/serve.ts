/** `xl evacuate-status --serve`: a web page of the last run of this host. */
import { spawn } from 'node:child_process';
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { FleetHost } from '@mig/fleet';
import type { Host } from '@mig/hypervisor';
import type { Context } from '../host/context.js';
import { Failure } from '../output/failure.js';
import { heedSignals } from '../output/signals.js';
import { isLoopback, pageAddress, urlHost } from '../run-page/address.js';
import { type OrderAnswer, type PageFiles, PageServer } from '../run-page/server.js';
import { ordersOf, viewOf } from '../run-page/view-of.js';
import type { PageOrder, View } from '../run-page/view.js';
import { Viewers } from '../run-page/viewers.js';
import { OWN } from './attempts.js';
import { HostLooks } from './host-looks.js';
import { lookAt, lookHere, type Silence } from './inventory.js';
import { Journal } from './journal.js';
import { answerOf, HEARD } from './remote.js';
import { lastOf } from './status.js';
import { statusesOf } from './statuses.js';

/** Milliseconds between two looks at the run, while somebody looks at the page. */
const PERIOD = 1000;
/** Milliseconds until a view is sent again that has not changed. */
const AGAIN = 10_000;
/** Time for this host to tell its memory, or to take an order, in milliseconds. */
const TIMEOUT = 60_000;

export interface ServeOptions {
  /** Address to listen at: `[ADDRESS:]PORT`. */
  readonly serve: string;
  readonly control?: true;
}

/** Serves the page until a signal ends it. */
export async function servePage(context: Context, options: ServeOptions): Promise<void> {
  const { control } = options;
  const serve = pageAddress(options.serve);
  const host = await context.openHost();
  const journal = new Journal(host.info().stateFolder);
  const { run } = lastOf(journal);
  const watch = new RunWatch(context, host, journal, control === true);
  const server = new PageServer({
    files: await pageFiles(),
    names: [serve.host, hostname()].map((name) => name.toLowerCase()),
    viewers: watch.viewers,
    obey: control === true ? (id, order) => obey(journal, id, order) : undefined,
  });
  const port = await server.listen(serve);
  const ended = new Promise<void>((resolve) => {
    const endHeed = heedSignals(() => {
      endHeed();
      resolve();
    });
  });
  const name = serve.host === '0.0.0.0' || serve.host === '::' ? hostname() : serve.host;
  const { output, log } = context;
  output.line(`http://${urlHost(name)}:${port}/#${server.token}`);
  output.line(
    `Run ${run.id}: whoever has this address may look${control === true ? ', pause, continue and abort' : ''}. Ctrl-C ends the page, and not the run.`,
  );
  output.flush();
  if (!isLoopback(serve.host)) {
    log.warning(
      'the page is not encrypted: whoever can read the line can use the address; ssh -L reaches a page on loopback',
    );
  }
  await ended;
  watch.stop();
  await server.close();
}

/** Looks at the run while anybody looks at the page: all of them together cost one look at a time. */
class RunWatch {
  readonly viewers = new Viewers({ onFirst: () => this.#begin() });
  readonly #hosts: HostLooks;
  readonly #stopped = new AbortController();
  #isWatching = false;

  constructor(
    private readonly context: Context,
    private readonly host: Host,
    private readonly journal: Journal,
    private readonly control: boolean,
  ) {
    this.#hosts = new HostLooks((name, { name: own, sshCommand }) =>
      name === own ? lookAtOwn(host, own) : lookAt(sshCommand, name),
    );
  }

  stop(): void {
    this.#stopped.abort();
  }

  #begin(): void {
    if (!this.#isWatching) void this.#watch();
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopped;
    this.#isWatching = true;
    let shown = '';
    let shownAt = -Infinity;
    do {
      const view = await this.#look();
      const text = JSON.stringify({ ...view, now: undefined });
      if (text !== shown || performance.now() - shownAt >= AGAIN || this.viewers.isWaiting) {
        this.viewers.show(view);
        shown = text;
        shownAt = performance.now();
      }
      await setTimeout(PERIOD, undefined, { signal }).catch(() => undefined);
    } while (this.viewers.count > 0 && !signal.aborted);
    this.#isWatching = false;
  }

  async #look(): Promise<View> {
    const { context, host, journal, control } = this;
    try {
      // The controller first: one that ends meanwhile has then written down the end of its run.
      const isControlled = journal.controller() !== undefined;
      const evacuation = lastOf(journal);
      const { run } = evacuation;
      const wanted = journal.wanted(run.id);
      const statuses = await statusesOf(context, host);
      const hosts = this.#hosts.of(evacuation);
      const statusOf = (uuid: string) => statuses.get(uuid);
      return viewOf({ ...evacuation, wanted, isControlled, statusOf, hosts, control, now: Date.now() });
    } catch (error) {
      // A page that says so is worth more than none: the next look may succeed.
      return { kind: 'problem', message: `The run cannot be read: ${(error as Error).message}` };
    }
  }
}

/** Looks at this host, whose memory its own `xl info` tells. */
async function lookAtOwn(host: Host, name: string): Promise<FleetHost | Silence> {
  const { stdout, words } = await answerOf(spawn(process.execPath, [...OWN, 'info'], HEARD), TIMEOUT);
  const field = (key: string) => Number(new RegExp(`^${key} *: (.*)$`, 'm').exec(stdout)?.[1] ?? NaN);
  const { source } = lookHere(host, name);
  const look = { ...source, totalMemory: field('total_memory'), freeMemory: field('free_memory') };
  return Number.isNaN(look.freeMemory) ? { why: `its memory is unknown${words && `: ${words}`}` } : look;
}

/** Carries out an order for a run, as `evacuate-pause`, `evacuate-continue` and `evacuate-abort` do. */
export async function obey(journal: Journal, id: string, order: PageOrder): Promise<OrderAnswer> {
  const refused = (message: string): OrderAnswer => ({ isTaken: false, message });
  const isControlled = journal.controller() !== undefined;
  const { run, ended } = lastOf(journal);
  if (run.id !== id) return refused(`Another run has begun since: ${run.id}.`);
  if (ended !== undefined) return refused('The run is over.');
  try {
    const wanted = journal.wanted(id);
    // A second viewer, or a double press, may order what the page does not offer any more.
    if (!ordersOf({ ended, isControlled, wanted }).includes(order)) return refused(asItIs[wanted]);
    journal.want(id, order);
  } catch (error) {
    if (error instanceof Failure) return refused(asItIs.abort);
    return refused(`The order cannot be written down: ${(error as Error).message}.`);
  }
  if (order !== 'abort' || journal.controller() !== undefined) return { isTaken: true, message: done[order] };
  // Nobody is at work who would end it.
  const child = spawn(process.execPath, [...OWN, 'evacuate-abort'], HEARD);
  const { status, words } = await answerOf(child, TIMEOUT);
  return status === 0
    ? { isTaken: true, message: done.abort }
    : refused(words || 'The run could not be aborted.');
}

/** Reasons why an order is refused, by what is wanted already. */
const asItIs: Readonly<Record<'go' | PageOrder, string>> = {
  pause: 'The run is paused already.',
  go: 'The run goes on already.',
  abort: 'The run is being aborted.',
};

const done: Readonly<Record<PageOrder, string>> = {
  pause: 'Running migrations go on, no other begins.',
  go: 'The run goes on.',
  abort: 'The run is aborted: what is still here stays.',
};

/** Loads the files of the page, which the build has put into one module. */
async function pageFiles(): Promise<PageFiles> {
  const { href } = new URL('../page.mjs', import.meta.url);
  try {
    return ((await import(href)) as { files: PageFiles }).files;
  } catch (cause) {
    throw new Failure('the files of the page are not installed', undefined, { cause });
  }
}
