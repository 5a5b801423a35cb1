/** Tests of the page's server with real requests. */
import { once } from 'node:events';
import { type IncomingMessage, request, type RequestOptions } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type PageAddress } from './address.js';
import { PageServer, type PageServerOptions } from './server.js';
import type { PageOrder } from './view.js';
import { Viewers, type ViewersOptions } from './viewers.js';

const address: PageAddress = { host: '127.0.0.1', port: 0 };
const files = { '/': { type: 'text/html', text: 'the page' } };
const UNTIL = { timeout: 150_000 };

let onFirst: () => void;
let viewers: Viewers;
let server: PageServer;
let port: number;
let orders: [string, PageOrder][];

async function open(
  options: Partial<PageServerOptions> = {},
  looks: Partial<ViewersOptions> = {},
): Promise<void> {
  viewers = new Viewers({ onFirst: () => onFirst(), ...looks });
  const obey = (run: string, order: PageOrder) => {
    orders.push([run, order]);
    return Promise.resolve({ isTaken: run === '1', message: 'words' });
  };
  server = new PageServer({ files, names: ['host.example'], viewers, obey, ...options });
  port = await server.listen(address);
}

beforeEach(async () => {
  orders = [];
  onFirst = () => undefined;
  await open();
});
afterEach(() => server.close());

async function ask(path: string, options: RequestOptions = {}, body?: string): Promise<IncomingMessage> {
  const asked = request({ host: '127.0.0.1', port, path, agent: false, ...options });
  asked.on('error', () => undefined);
  asked.end(body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return response;
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of response.setEncoding('utf8') as AsyncIterable<string>) text += piece;
  return text;
}

async function statusOf(
  path: string,
  options: RequestOptions = {},
  body?: string,
): Promise<number | undefined> {
  const response = await ask(path, options, body);
  response.resume();
  return response.statusCode;
}

/** The headers that a browser sends from the page. */
const own = () => ({ 'content-type': 'application/json', origin: `http://127.0.0.1:${port}` });

function post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  return ask(path, { method: 'POST', headers: { ...own(), ...headers } }, JSON.stringify(body));
}

async function enter(): Promise<{ cookie: string }> {
  const { statusCode, headers } = await post('/session', { token: server.token });
  expect(statusCode).toBe(204);
  const [cookie = ''] = headers['set-cookie'] ?? [];
  expect(cookie).toMatch(/^mig-run-\d+=[\w-]{22}; Path=\/; HttpOnly; SameSite=Strict$/);
  expect(cookie).not.toContain(server.token);
  return { cookie: cookie.split(';', 1)[0]! };
}

test('the page is for everybody, and says nothing of the run', async () => {
  const response = await ask('/');
  expect(response.statusCode).toBe(200);
  expect(response.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': expect.stringContaining("default-src 'none'; script-src 'self'") as unknown,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  });
  expect(response.headers['content-security-policy']).not.toContain('unsafe');
  expect(await textOf(response)).toBe('the page');
});

describe('the token', () => {
  test('has 128 random bits, each time others', async () => {
    expect(Buffer.from(server.token, 'base64url')).toHaveLength(16);
    const { token } = server;
    await server.close();
    await open();
    expect(server.token).not.toBe(token);
  });

  test.for([['wrong'], [''], [undefined], [1], [{}]])('is needed: %j is not enough', async ([token]) => {
    const { statusCode, headers } = await post('/session', { token });
    expect(statusCode).toBe(403);
    expect(headers['set-cookie']).toBeUndefined();
  });

  test.for(['/events', '/session'])('%s is for those who have given it', async (path) => {
    expect(await statusOf(path)).toBe(401);
    expect(await statusOf(path, { headers: { cookie: `mig-run-${port}=${server.token}` } })).toBe(401);
    const headers = await enter();
    const response = await ask(path, { headers: { cookie: `other=1; ${headers.cookie}` } });
    expect(response.statusCode).toBe(path === '/events' ? 200 : 204);
    response.destroy();
  });

  test('is needed for an order', async () => {
    expect((await post('/order', { run: '1', order: 'pause' })).statusCode).toBe(401);
    expect(orders).toEqual([]);
  });
});

describe('other sites', () => {
  test.for([
    'evil.example',
    'evil.example:80',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'evil.example@127.0.0.1.nip.example',
  ])('cannot lead a browser here under another name: %j', async (host) => {
    expect(await statusOf('/', { headers: { host } })).toBe(421);
  });

  test.for(['localhost:9', '127.0.0.1', '[::1]:9', '192.0.2.1:9', 'host.example:9', 'HOST.example'])(
    '%s is this host, also at another port, as with ssh -L',
    async (host) => {
      expect(await statusOf('/', { headers: { host } })).toBe(200);
    },
  );

  test.for([
    { origin: 'http://evil.example' },
    { origin: 'http://127.0.0.1:1' },
    { origin: 'http://localhost' },
    { origin: 'null' },
    { origin: '' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('can send nothing, even with the cookie: %j', async (headers) => {
    const { cookie } = await enter();
    const { statusCode } = await post('/order', { run: '1', order: 'abort' }, { cookie, ...headers });
    expect(statusCode).toBe(403);
    expect((await post('/session', { token: server.token }, headers)).statusCode).toBe(403);
    expect(orders).toEqual([]);
  });

  test('nor can what sends no origin', async () => {
    const headers = { 'content-type': 'application/json', ...(await enter()) };
    expect(await statusOf('/order', { method: 'POST', headers }, '{"run":"1","order":"abort"}')).toBe(403);
    expect(orders).toEqual([]);
  });

  test('a proxy in front may speak TLS', async () => {
    const headers = { ...(await enter()), host: 'host.example', origin: 'https://host.example' };
    expect((await post('/order', { run: '1', order: 'go' }, headers)).statusCode).toBe(200);
  });
});

describe('an order', () => {
  test('is given, and answered in words', async () => {
    const headers = await enter();
    const taken = await post('/order', { run: '1', order: 'pause' }, headers);
    expect([taken.statusCode, await textOf(taken)]).toEqual([200, 'words\n']);
    expect((await post('/order', { run: '2', order: 'abort' }, headers)).statusCode).toBe(409);
    expect(orders).toEqual([
      ['1', 'pause'],
      ['2', 'abort'],
    ]);
  });

  test('is refused where the page is read-only', async () => {
    await server.close();
    await open({ obey: undefined });
    const { statusCode } = await post('/order', { run: '1', order: 'pause' }, await enter());
    expect(statusCode).toBe(403);
  });

  test.for([
    ['no JSON', '{', 400],
    ['no object', '1', 400],
    ['an order that there is not', '{"run":"1","order":"destroy"}', 400],
    ['an order without its run', '{"order":"abort"}', 400],
    ['long', JSON.stringify({ run: 'x'.repeat(2000), order: 'abort' }), 413],
  ] as const)('that is %s is refused', async ([, body, status]) => {
    const headers = { ...own(), ...(await enter()) };
    expect(await statusOf('/order', { method: 'POST', headers }, body)).toBe(status);
    expect(orders).toEqual([]);
  });

  test('that is too long is answered before all of it is there, and the connection closed', async () => {
    const headers = { ...own(), ...(await enter()) };
    const asked = request({ host: '127.0.0.1', port, path: '/order', method: 'POST', agent: false, headers });
    asked.write('x'.repeat(2000));
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    expect([response.statusCode, response.headers.connection]).toEqual([413, 'close']);
    const closed = once(asked, 'close');
    asked.end('x'.repeat(100_000));
    expect(await textOf(response)).toBe('That is too long.\n');
    await closed;
    expect(orders).toEqual([]);
  });

  test('that a form could send is refused', async () => {
    const headers = { ...own(), ...(await enter()), 'content-type': 'text/plain' };
    const body = '{"run":"1","order":"abort"}';
    expect(await statusOf('/order', { method: 'POST', headers }, body)).toBe(415);
    expect(orders).toEqual([]);
  });
});

test.for([
  ['GET', '/none', 404],
  ['GET', '/..%2f..%2fetc/passwd', 404],
  ['GET', '/constructor', 404],
  ['GET', '/__proto__', 404],
  ['POST', '/', 405],
  ['DELETE', '/', 405],
  ['GET', '/order', 405],
  ['PUT', '/order', 405],
  ['HEAD', '/', 200],
] as const)('%s %s is answered with %i', async ([method, path, status]) => {
  expect(await statusOf(path, { method, headers: own() })).toBe(status);
});

describe('views', () => {
  const data = (text: string) =>
    [...text.matchAll(/^data: (.*)$/gm)].map(([, each]) => JSON.parse(each!) as unknown);

  /** Looks at the page, and collects what is shown. */
  async function look(): Promise<{ response: IncomingMessage; seen: () => unknown[] }> {
    const response = await ask('/events', { headers: await enter() });
    expect(response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    let text = '';
    response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    response.on('error', () => undefined);
    return { response, seen: () => data(text) };
  }

  test('go to all, the latest to whoever comes later or again', async () => {
    const first = await look();
    viewers.show({ number: 1 });
    await vi.waitFor(() => expect(first.seen()).toEqual([{ number: 1 }]), UNTIL);
    const second = await look();
    await vi.waitFor(() => expect(second.seen()).toEqual([{ number: 1 }]), UNTIL);
    viewers.show({ number: 2 });
    await vi.waitFor(() => expect([first, second].map(({ seen }) => seen().length)).toEqual([2, 2]), UNTIL);
    second.response.destroy();
    await vi.waitFor(() => expect(viewers.count).toBe(1), UNTIL);
    const third = await look();
    await vi.waitFor(() => expect(third.seen()).toEqual([{ number: 2 }]), UNTIL);
  });

  test('are looked up anew when nobody has looked for a while', async () => {
    let firsts = 0;
    onFirst = () => firsts++;
    const before = await look();
    viewers.show({ number: 1 });
    before.response.destroy();
    await vi.waitFor(() => expect(viewers.count).toBe(0), UNTIL);
    const after = await look();
    expect([firsts, viewers.isWaiting]).toEqual([2, true]);
    viewers.show({ number: 2 });
    await vi.waitFor(() => expect(after.seen()).toEqual([{ number: 2 }]), UNTIL);
  });

  test('are for so many at once', async () => {
    await server.close();
    await open({}, { most: 2 });
    await look();
    await look();
    expect(await statusOf('/events', { headers: await enter() })).toBe(503);
    expect(await statusOf('/')).toBe(200);
  });

  /** More than a connection holds that nobody reads. */
  const large = 'x'.repeat(32 << 20);

  /** Looks at the page without reading. */
  async function stare(): Promise<Socket> {
    const { cookie } = await enter();
    const socket = connect(port, '127.0.0.1').pause();
    socket.on('error', () => undefined);
    socket.write(`GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ${cookie}\r\n\r\n`);
    await vi.waitFor(() => expect(viewers.count).toBe(1), UNTIL);
    return socket;
  }

  test('that are not read are not kept: one that reads late gets the latest', async () => {
    const socket = await stare();
    viewers.show({ number: 1, large });
    for (let number = 2; number < 100; number++) viewers.show({ number });
    let text = '';
    socket.setEncoding('latin1').on('data', (piece: string) => (text += piece.replace(/x+/, '')));
    socket.resume();
    await vi.waitFor(() => expect(text).toContain('"number":99'), UNTIL);
    expect(text.match(/"number":\d+/g)).toEqual(['"number":1', '"number":99']);
    socket.destroy();
  });

  test('drop one that reads nothing for long', async () => {
    await server.close();
    await open({}, { patience: 0 });
    const socket = await stare();
    const closed = once(socket, 'close');
    viewers.show({ large });
    await vi.waitFor(() => {
      viewers.show({});
      expect(viewers.count).toBe(0);
    }, UNTIL);
    socket.resume();
    await closed;
  });
});

test('the end of the server ends those who look, and those who say nothing', async () => {
  const silent = connect(port, '127.0.0.1').resume();
  silent.on('error', () => undefined);
  await once(silent, 'connect');
  const response = await ask('/events', { headers: await enter() });
  response.on('error', () => undefined).resume();
  const ended = [once(silent, 'close'), once(response, 'close')];
  await server.close();
  await Promise.all(ended);
  await open();
});

test('a port that is taken is named', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const taken = (other.address() as { port: number }).port;
  const second = new PageServer({ files, names: [], viewers, obey: undefined });
  await expect(second.listen({ host: '127.0.0.1', port: taken })).rejects.toThrow(
    `--serve: 127.0.0.1:${taken} is taken: another port, or 0 for any that is free`,
  );
  other.close();
});
