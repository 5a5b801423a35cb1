/** Announcements of a run for screen readers: few, and not often. */
import type { RunView } from './view.js';

/** Milliseconds between two announcements of progress alone. */
const PROGRESS_PERIOD = 30_000;

/** The last announcement. */
export interface Announced {
  readonly run: string;
  readonly stage: RunView['stage'];
  readonly moved: number;
  /** UUIDs of the domains that need a person, are gone or stay. */
  readonly bad: readonly string[];
  /** Time of the announcement in milliseconds. */
  readonly at: number;
}

/**
 * Tells what is worth saying since the last announcement: a new stage, and trouble, at once; progress now and then.
 * @returns the words, absent if there is nothing to say, and what counts as announced
 */
export function announcement(
  view: RunView,
  before: Announced | undefined,
  at: number,
): { readonly words?: string; readonly announced: Announced } {
  const { run, stage, moved, total, words } = view;
  const troubled = view.domains.filter(({ state }) => ['person', 'gone', 'stayed'].includes(state));
  const now: Announced = { run, stage, moved, bad: troubled.map(({ uuid }) => uuid), at };
  const progress = `${moved} of ${total} domains moved`;
  // At first the page itself is read.
  if (before === undefined) return { announced: now };
  if (before.run !== run) return { words: `${view.title}. ${words}. ${progress}.`, announced: now };
  const isNewStage = before.stage !== stage;
  const news = troubled.filter(({ uuid }) => !before.bad.includes(uuid));
  const isDue = moved !== before.moved && at - before.at >= PROGRESS_PERIOD;
  if (!isNewStage && news.length === 0 && !isDue) return { announced: before };
  const trouble = news.length > 3 ? [`${news.length} domains did not move`] : news.map(sentence);
  return { words: `${[...(isNewStage ? [words] : []), ...trouble, progress].join('. ')}.`, announced: now };
}

function sentence({ name, words, why }: RunView['domains'][number]): string {
  return `${name} ${words}${why === undefined ? '' : `: ${why}`}`;
}
