/** `xl evacuate-status --serve`: a web page of the last run of this host, or of one at an engine. */
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { Context } from '../host/context.js';
import { Failure } from '../output/failure.js';
import { heedSignals } from '../output/signals.js';
import { isLoopback, pageAddress, urlHost } from '../run-page/address.js';
import { type PageFiles, PageServer } from '../run-page/server.js';
import { viewOf } from '../run-page/view-of.js';
import type { View } from '../run-page/view.js';
import { Viewers } from '../run-page/viewers.js';
import { type EngineOptions, nameAtEngine, withEngine } from './engine.js';
import { HostLooks } from './host-looks.js';
import type { RunSource } from './run-source.js';

/** Milliseconds between two looks at the run, while somebody looks at the page. */
const PERIOD = 1000;
/** Milliseconds until a view is sent again that has not changed. */
const AGAIN = 10_000;

export interface ServeOptions extends EngineOptions {
  /** Address to listen at: `[ADDRESS:]PORT`. */
  readonly serve: string;
  readonly control?: true;
  /** Reaches the hosts of a run of an engine. */
  readonly s?: string;
}

/** Serves the page until a signal ends it. */
export async function servePage(context: Context, options: ServeOptions): Promise<void> {
  if (options.engine === undefined) {
    const { JournalSource } = await import('./journal-source.js');
    return serveFrom(context, await JournalSource.open(context), options);
  }
  const { EngineSource } = await import('./engine-source.js');
  await withEngine(options.engine, async (engine) => {
    const source = await EngineSource.open(context, engine, nameAtEngine(options), options.s ?? 'ssh');
    await serveFrom(context, source, options);
  });
}

async function serveFrom(context: Context, source: RunSource, options: ServeOptions): Promise<void> {
  const { control } = options;
  const serve = pageAddress(options.serve);
  const { run } = (await source.look()).evacuation;
  const watch = new RunWatch(source, control === true);
  const server = new PageServer({
    files: await pageFiles(),
    names: [serve.host, hostname()].map((name) => name.toLowerCase()),
    viewers: watch.viewers,
    obey: control === true ? (id, order) => source.obey(id, order) : undefined,
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
    private readonly source: RunSource,
    private readonly control: boolean,
  ) {
    this.#hosts = new HostLooks((name, evacuation) => source.lookAt(name, evacuation));
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
    const { source, control } = this;
    try {
      const seen = await source.look();
      const { evacuation, wanted, isControlled, note } = seen;
      const statuses = await source.statuses(seen);
      const hosts = this.#hosts.of(evacuation);
      const statusOf = (uuid: string) => statuses.get(uuid);
      const { keeper } = source;
      const shown = { ...evacuation, wanted, isControlled, keeper, note };
      return viewOf({ ...shown, statusOf, hosts, control, now: Date.now() });
    } catch (error) {
      // A page that says so is worth more than none: the next look may succeed.
      return { kind: 'problem', message: `The run cannot be read: ${(error as Error).message}` };
    }
  }
}

/** Loads the files of the page, which the build has put into one module. */
async function pageFiles(): Promise<PageFiles> {
  const { href } = new URL('../page.mjs', import.meta.url);
  try {
    return ((await import(href)) as { files: PageFiles }).files;
  } catch (cause) {
    throw new Failure('the files of the page are not installed', undefined, { cause });
  }
}
