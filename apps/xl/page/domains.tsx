/** The table of domains. */
import type { Row } from '../src/run-page/view.js';
import { clock } from './times.js';

export function Domains({ domains, note }: { domains: readonly Row[]; note: string | undefined }) {
  return (
    <section aria-labelledby="domains">
      <h2 id="domains">Domains</h2>
      {note !== undefined && <p class="remark">{note}</p>}
      {/* The roles stay where a small screen shows its rows as lists. */}
      <table role="table" aria-labelledby="domains">
        <thead role="rowgroup">
          <tr role="row">
            {['Domain', 'State', 'Progress', 'Downtime'].map((name) => (
              <th key={name} scope="col" role="columnheader">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {domains.map((row) => (
            <Domain key={row.uuid} row={row} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Domain({
  row: { name, memory, state, words, why, again, pass, rate, estimate, downtime },
}: {
  row: Row;
}) {
  return (
    <tr class={state} role="row">
      <th scope="row" role="rowheader">
        {name} <small>{memory}</small>
      </th>
      <td role="cell" class="state">
        <span class="words">{words}</span>
        {why !== undefined && <small class="why">{why}</small>}
        {again !== undefined && <small>again at {clock(again)}</small>}
      </td>
      <td role="cell" class="pass">
        {pass !== undefined && (
          <>
            <progress max={100} value={pass.percent} aria-label={`Pass of ${name}`} />
            <small>{pass.words}</small>
          </>
        )}
        {rate !== undefined && <small>{rate}</small>}
        {estimate !== undefined && <small>{estimate}</small>}
      </td>
      <td role="cell" class="downtime">
        {downtime}
      </td>
    </tr>
  );
}
