/** The page: the state of the run, its orders, its hosts and its domains. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { announcement, type Announced } from '../src/run-page/announce.js';
import type { RunView, View } from '../src/run-page/view.js';
import type { Connection } from './connection.js';
import { Domains } from './domains.js';
import { Hosts } from './hosts.js';
import { Orders } from './orders.js';
import { clock, duration } from './times.js';

const connectionWords: Readonly<Record<Exclude<Connection, 'open'>, string>> = {
  connecting: 'Connecting …',
  lost: 'The connection is lost; it is tried again. What is shown may be old.',
  unknown: "Open the page by the address that 'evacuate-status --serve' printed.",
};

export function Page({ view, connection }: { view: View | undefined; connection: Connection }) {
  const run = view?.kind === 'run' ? view : undefined;
  useEffect(() => {
    document.title = run === undefined ? 'mig' : `${run.moved}/${run.total} ${run.title}`;
  });
  return (
    <>
      {connection !== 'open' && (
        <p class="connection" role="alert">
          {connectionWords[connection]}
          {connection === 'lost' && run !== undefined && ` It is of ${clock(run.now)}.`}
        </p>
      )}
      {view?.kind === 'problem' && (
        <p class="connection" role="alert">
          {view.message}
        </p>
      )}
      {run !== undefined && <Run view={run} isOld={connection !== 'open'} />}
      <Announcer view={run} />
    </>
  );
}

function Run({ view, isOld }: { view: RunView; isOld: boolean }) {
  const { title, run, stage, words, isBad, moved, total, summary, began, ended, now, limits, deadline } =
    view;
  return (
    <div class={isOld ? 'old' : ''}>
      <header>
        <h1>{title}</h1>
        <p class={`stage ${stage} ${isBad ? 'bad' : ''}`}>{words}</p>
        <div class="progress">
          <progress max={Math.max(total, 1)} value={moved} aria-label="Domains moved" />
          <p>
            <strong>
              {moved} of {total} moved
            </strong>
            {summary !== '' && <span>{summary}</span>}
          </p>
        </div>
        <Orders run={run} orders={view.orders} />
        <dl class="facts">
          <Fact name="Run" value={run} />
          <Fact name="Time" value={duration((ended ?? now) - began)} />
          {limits.map(([name, value]) => (
            <Fact key={name} name={name} value={value} />
          ))}
          {deadline !== undefined && <Fact name="Deadline" value={clock(deadline)} />}
        </dl>
      </header>
      <main>
        <Hosts hosts={view.hosts} />
        <Domains domains={view.domains} note={view.note} />
      </main>
    </div>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** Tells a screen reader what is worth an interruption of nothing. */
function Announcer({ view }: { view: RunView | undefined }) {
  const announced = useRef<Announced | undefined>(undefined);
  const [words, setWords] = useState('');
  useEffect(() => {
    if (view === undefined) return;
    const news = announcement(view, announced.current, performance.now());
    announced.current = news.announced;
    if (news.words !== undefined) setWords(news.words);
  }, [view]);
  return (
    <p class="unseen" role="status">
      {words}
    </p>
  );
}
