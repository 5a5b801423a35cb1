/** The page's connection to its server: who may look, what is seen, and what is ordered. */
import type { PageOrder, View } from '../src/run-page/view.js';

/** State of the connection. */
export type Connection =
  'connecting' | 'open' | 'lost' /** The page was opened without the address that was printed. */ | 'unknown';

/** Milliseconds before the server is asked again whether it knows this browser. */
const AGAIN = 3000;

/** Gives the token of the address for a cookie, and takes it out of the address. */
async function enter(): Promise<void> {
  const token = location.hash.slice(1);
  if (token === '') return;
  await send('/session', { token });
  history.replaceState(null, '', location.pathname);
}

/** Follows the run for as long as the page is open. */
export async function follow(
  onView: (view: View) => void,
  onConnection: (connection: Connection) => void,
): Promise<never> {
  for (;;) {
    try {
      await enter();
      const { status } = await fetch('/session');
      if (status === 204)
        await listen(
          onView,
          () => onConnection('open'),
          () => onConnection('lost'),
        );
      onConnection(status === 401 ? 'unknown' : 'lost');
    } catch {
      onConnection('lost');
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
  }
}

/** Takes views until the server refuses them; a connection that is lost is made again by the browser. */
function listen(onView: (view: View) => void, onOpen: () => void, onLost: () => void): Promise<void> {
  return new Promise((resolve) => {
    const events = new EventSource('/events');
    events.onopen = onOpen;
    events.onmessage = ({ data }: MessageEvent<string>) => onView(JSON.parse(data) as View);
    events.onerror = () => {
      onLost();
      if (events.readyState === EventSource.CLOSED) resolve();
    };
  });
}

/** Gives an order. @returns the answer in words, and whether the order was taken */
export async function give(run: string, order: PageOrder): Promise<{ isTaken: boolean; message: string }> {
  try {
    const answer = await send('/order', { run, order });
    return { isTaken: answer.ok, message: (await answer.text()).trim() };
  } catch {
    return { isTaken: false, message: 'The server of this page does not answer: nobody has got the order.' };
  }
}

function send(path: string, body: object): Promise<Response> {
  const headers = { 'Content-Type': 'application/json' };
  return fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
}
