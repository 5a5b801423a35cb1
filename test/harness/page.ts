/** The page of a run without a browser. */
import { eventually } from './eventually.js';
import type { Program } from './program.js';

/** Waits until a page is served. @returns the address that is printed */
export function addressOf(server: Program): Promise<string> {
  return eventually(
    () => `the address of the page; it said:\n${server.stdout}${server.stderr}`,
    () => /^http:\S+(?=\n)/.exec(server.stdout)?.[0],
  );
}

/** A session of a page. */
export interface Session {
  /** Sends an order. @returns the status and the words of the answer */
  readonly order: (order: object) => Promise<[number, string]>;
  /** Reads views until there is the one that is looked for. */
  readonly view: (
    what: string,
    isIt: (view: Readonly<Record<string, unknown>>) => boolean,
  ) => Promise<unknown>;
}

/** Enters as the page does. */
export async function enter(url: string): Promise<Session> {
  const { origin, hash } = new URL(url);
  const send = (path: string, body: object, cookie = '') => {
    const headers = { 'Content-Type': 'application/json', Origin: origin, Cookie: cookie };
    return fetch(origin + path, { method: 'POST', headers, body: JSON.stringify(body) });
  };
  const { headers } = await send('/session', { token: hash.slice(1) });
  const cookie = headers.getSetCookie()[0]!.split(';', 1)[0]!;
  return {
    order: async (order) => {
      const answer = await send('/order', order, cookie);
      return [answer.status, await answer.text()];
    },
    view: async (what, isIt) => {
      const end = new AbortController();
      const { body } = await fetch(`${origin}/events`, { headers: { Cookie: cookie }, signal: end.signal });
      const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      const seen = eventually(
        () => `a view: ${what}; the last ones:\n${text.slice(-4000)}`,
        () =>
          text
            .split('\n\n')
            .slice(0, -1)
            .flatMap((event) => /^data: (.*)$/m.exec(event)?.[1] ?? [])
            .map((data) => JSON.parse(data) as Record<string, unknown>)
            .find(isIt),
      );
      void (async () => {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          text += value;
        }
      })().catch(() => undefined);
      try {
        return await seen;
      } finally {
        end.abort();
      }
    },
  };
}
