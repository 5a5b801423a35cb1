/** The table of domains. */
import type { Row } from '../src/run-page/view.js';
import { clock } from './times.js';

export function Domains({ domains, note }: { domains: readonly Row[]; note: string | undefined }) {
  return (
    <section aria-labelledby="domains">
      <h2 id="domains">Domains</h2>
      {note !== undefined && <p class="remark">{note}</p>}
      <table aria-labelledby="domains">
        <thead>
          <tr>
            <th scope="col">Domain</th>
            <th scope="col">State</th>
            <th scope="col">Progress</th>
            <th scope="col">Downtime</th>
          </tr>
        </thead>
        <tbody>
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
    <tr class={state}>
      <th scope="row">
        {name} <small>{memory}</small>
      </th>
      <td>
        <span class="words">{words}</span>
        {why !== undefined && <small class="why">{why}</small>}
        {again !== undefined && <small>again at {clock(again)}</small>}
      </td>
      <td>
        {pass !== undefined && (
          <>
            <progress max={100} value={pass.percent} aria-label={`Pass of ${name}`} />
            <small>{pass.words}</small>
          </>
        )}
        {rate !== undefined && <small>{rate}</small>}
        {estimate !== undefined && <small>{estimate}</small>}
      </td>
      <td>{downtime}</td>
    </tr>
  );
}
