/** Shows an evacuation: lines for people, a table that lives on a terminal, or JSON lines. */
import { figuresOf, isFinal, type PlannedMove, type Run, type RunDomain, type RunFigures } from '@mig/fleet';
import type { OperatorStatus } from '@mig/operator';
import { terminalText } from '@mig/protocol/terminal-text';
import type { Context } from '../host/context.js';
import { millisecondsText, octetsText } from '../output/figures.js';
import { canRedraw, terminalAt } from '../output/terminal.js';
import { OutputClosedError } from '../output/text-output.js';
import { figuresOfMigration } from './ended-migration.js';
import { runTable, summaryWords } from './run-table.js';

/** The version of the JSON lines; schema/evacuate-events.schema.json lists their fields. */
const VERSION = 1;
/** Milliseconds between two drawings of the table. */
const PERIOD = 250;

export interface Display {
  plan(run: Run, moves: readonly PlannedMove[]): void;
  cannotMove(domains: readonly { readonly domain: RunDomain; readonly why: string }[]): void;
  /** Shows what has become of the domains; draws them anew where they are drawn. */
  update(run: Run, statusOf: (uuid: string) => OperatorStatus | undefined): void;
  note(text: string): void;
  refused(code: string, message: string): void;
  end(run: Run, exitStatus: number, milliseconds: number): void;
}

/** @param figures returns what is known of the domains by now */
export function createDisplay(context: Context, json: boolean, figures: () => RunFigures) {
  if (json) return new JsonLines(context, figures);
  return canRedraw(1) ? new LiveTable(context, figures) : new Lines(context, figures);
}

abstract class Changes {
  readonly #told = new Map<string, string>();

  constructor(
    protected readonly context: Context,
    protected readonly figures: () => RunFigures,
  ) {}

  /** Picks the domains of which there is news. */
  protected news({ domains }: Run): RunDomain[] {
    return domains.filter(({ uuid, state, target, why }) => {
      // One that waits has no target yet.
      const now = `${state} ${state === 'waiting' ? '' : target} ${why}`;
      const before = this.#told.get(uuid) ?? 'waiting  undefined';
      this.#told.set(uuid, now);
      return now !== before;
    });
  }

  /** Writes now; a reader that has gone must not end what is under way. */
  protected line(text: string): void {
    try {
      this.context.output.line(text);
      this.context.output.flush();
    } catch (error) {
      if (!(error instanceof OutputClosedError)) throw error;
    }
  }
}

class JsonLines extends Changes implements Display {
  #began = false;

  #event(event: string, fields: object): void {
    if (!this.#began) this.line(JSON.stringify({ event: 'schema', of: 'xl evacuate', version: VERSION }));
    this.#began = true;
    this.line(JSON.stringify({ event, ...fields }));
  }

  plan({ id, domains }: Run, moves: readonly PlannedMove[]): void {
    const named = new Map(domains.map((domain) => [domain.uuid, domain]));
    this.#event('plan', {
      run: id,
      domains: moves.map(({ uuid, ...move }) => {
        const { name, memory } = named.get(uuid)!;
        return { uuid, domain: name, memory, ...move };
      }),
    });
  }

  cannotMove(domains: readonly { readonly domain: RunDomain; readonly why: string }[]): void {
    const all = domains.map(({ domain: { uuid, name }, why }) => ({ uuid, domain: name, why }));
    this.#event('cannot-move', { domains: all });
  }

  update(run: Run): void {
    for (const { uuid, name, state, target, why } of this.news(run)) {
      const { downtimeMilliseconds, migration: ended } = figuresOf(this.figures(), uuid);
      const migration = ended && figuresOfMigration(ended);
      this.#event('domain', { uuid, domain: name, state, target, why, downtimeMilliseconds, migration });
    }
  }

  note(text: string): void {
    this.#event('note', { text });
  }

  refused(code: string, message: string): void {
    this.#event('refused', { code, message });
  }

  end({ id, domains }: Run, exitStatus: number, milliseconds: number): void {
    const count = (wanted: string) => domains.filter(({ state }) => state === wanted).length;
    const unfinished = domains.filter(({ state }) => !isFinal(state)).length;
    this.#event('end', {
      run: id,
      moved: count('moved'),
      stayed: count('stayed'),
      gone: count('gone'),
      person: count('person'),
      unfinished,
      milliseconds,
      exitStatus,
    });
  }
}

class Lines extends Changes implements Display {
  plan(run: Run, moves: readonly PlannedMove[]): void {
    for (const each of planLines(run, moves)) this.line(each);
  }

  cannotMove(domains: readonly { readonly domain: RunDomain; readonly why: string }[]): void {
    this.line(`${domains.length} ${domains.length === 1 ? 'domain' : 'domains'} cannot move:`);
    for (const { domain, why } of domains) this.line(`  ${domain.name}: ${why}`);
    // Signs that a pattern or a shell would read otherwise.
    const names = domains.map(({ domain }) => domain.name.replace(/[,*']/g, '?')).join(',');
    this.line(`Nothing was moved. Correct that, or go on without them: --leave '${names}'`);
  }

  update(run: Run, _statusOf: (uuid: string) => OperatorStatus | undefined): void {
    for (const domain of this.news(run)) this.line(sentence(domain, this.figures().downtimes[domain.uuid]));
  }

  note(text: string): void {
    this.line(text);
  }

  /** Reports nothing: the failure that follows has the message. */
  refused(): void {
    return undefined;
  }

  end(run: Run, _status: number, milliseconds: number): void {
    this.line(`${summaryWords(run)}, in ${millisecondsText(milliseconds)}.`);
  }
}

/** Draws the table anew in place; lines that stay appear above it. */
class LiveTable extends Lines {
  #drawn = 0;
  #last = 0;

  override update(run: Run, statusOf: (uuid: string) => OperatorStatus | undefined): void {
    const news = this.news(run).length > 0;
    if (!news && performance.now() - this.#last < PERIOD) return;
    this.#last = performance.now();
    const { width } = terminalAt(1);
    const rows = Math.max((process.stdout.rows || 24) - 2, 3);
    const table = runTable(run, { statusOf, downtimes: this.figures().downtimes, width, rows });
    const erase = this.#drawn === 0 ? '' : `\u001b[${this.#drawn}A`;
    this.#drawn = table.length;
    this.#text(`${erase}${table.map((line) => `${terminalText(line)}\u001b[K\n`).join('')}\u001b[J`);
  }

  override note(text: string): void {
    // The table is drawn below it next time.
    this.#drawn = 0;
    super.note(text);
  }

  #text(text: string): void {
    try {
      this.context.output.text(text);
      this.context.output.flush();
    } catch (error) {
      if (!(error instanceof OutputClosedError)) throw error;
    }
  }
}

function sentence({ name, state, target, why }: RunDomain, downtime: number | undefined): string {
  const because = why === undefined ? '' : `: ${why}`;
  switch (state) {
    case 'waiting':
      return `${name} waits${because}`;
    case 'moving':
      return `${name} moves to ${target}`;
    case 'asking':
      return `${name}: its migration did not say how it ended; the hosts are asked`;
    case 'moved': {
      const stood = downtime === undefined ? '' : `, after a downtime of ${millisecondsText(downtime)}`;
      return `${name} runs at ${target}${stood}${because}`;
    }
    case 'stayed':
      return `${name} stays where it is${because}`;
    case 'gone':
      return `${name} is gone${because}`;
    case 'person':
      return `${name}: a person must look${because}`;
  }
}

function planLines({ domains }: Run, moves: readonly PlannedMove[]): string[] {
  return moves.map((move) => {
    const domain = domains.find(({ uuid }) => uuid === move.uuid)!;
    const { target, why, startMilliseconds: start, totalMilliseconds: total, downtimeMilliseconds } = move;
    const size = octetsText(domain.memory * 2 ** 20);
    if (target === undefined) return `${domain.name} (${size}) stays: ${why}`;
    const when = start === undefined ? '' : `, after ${millisecondsText(start)}`;
    const time = total === undefined ? '' : `${when}, for ${millisecondsText(total)}`;
    const down =
      downtimeMilliseconds === undefined ? '' : `, downtime ${millisecondsText(downtimeMilliseconds)}`;
    return `${domain.name} (${size}) to ${target}${time}${down}`;
  });
}
