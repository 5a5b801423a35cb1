/** Hosts as columns of memory. */
import type { Block, Column } from '../src/run-page/view.js';

export function Hosts({ hosts }: { hosts: readonly Column[] }) {
  return (
    <section aria-labelledby="hosts">
      <h2 id="hosts">Memory of the hosts</h2>
      <ul class="hosts">
        {hosts.map((host) => (
          <Host key={`${host.role} ${host.name}`} host={host} />
        ))}
      </ul>
      <ul class="legend" aria-hidden="true">
        {legend.map(([kind, words]) => (
          <li key={kind}>
            <i class={`block ${kind}`} /> {words}
          </li>
        ))}
      </ul>
    </section>
  );
}

const legend = [
  ['waiting', 'to be moved'],
  ['leaving', 'moving'],
  ['arriving', 'on its way'],
  ['arrived', 'has moved'],
  ['staying', 'stays'],
  ['resident', 'not in this run'],
  ['other', "the host's own"],
] as const;

function Host({ host: { name, role, words, note, blocks, height } }: { host: Column }) {
  return (
    <li class={`host ${role}`}>
      <h3>
        {name} <small>{role === 'from' ? 'domains leave' : 'domains arrive'}</small>
      </h3>
      {words.map((each) => (
        <p key={each} class="memory">
          {each}
        </p>
      ))}
      {note !== undefined && <p class="note">{note}</p>}
      {/* The table below says the same in words. */}
      <div class="shaft" aria-hidden="true">
        <div class="column" style={{ height: `${(height * 100).toFixed(2)}%` }}>
          {[...blocks].reverse().map((block) => (
            <Memory key={`${block.kind} ${block.id}`} block={block} />
          ))}
        </div>
      </div>
    </li>
  );
}

function Memory({ block: { kind, name, words, share, isCut, done } }: { block: Block }) {
  return (
    <div class={`block ${kind}${isCut ? ' cut' : ''}`} style={{ flexGrow: share }} title={words}>
      {done !== undefined && <div class="done" style={{ height: `${(done * 100).toFixed(1)}%` }} />}
      <span>{name}</span>
    </div>
  );
}
