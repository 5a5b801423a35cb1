// A line of a given rate between two network namespaces. A command of the one place runs one at the other through a
// program in place of ssh: a connection of its own for each, as ssh has it, without a cipher.
//
// usage, below the namespace of the hosts that commands are for: node line.mjs ADDRESS PORT
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { writeScript } from '../demo/hosts.mjs';

const PORT = 7000;
const addresses = ['10.213.77.1', '10.213.77.2'];
/** Milliseconds of octets that the line keeps before it drops some. */
const QUEUE = 20;

/** @param {string[]} words */
function run(...words) {
  const [command = '', ...args] = words;
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${words.join(' ')}: ${error?.message ?? stderr.trim()}`);
}

export class Line {
  #name = `mig-line-${process.pid}`;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #server;

  /** @param {string} rate as tc(8) has it, such as 200mbit */
  constructor(rate) {
    const [here, there] = this.#namespaces;
    try {
      for (const each of this.#namespaces) run('ip', 'netns', 'add', each);
      run('ip', '-n', here, 'link', 'add', 'line', 'type', 'veth', 'peer', 'name', 'line', 'netns', there);
      this.#namespaces.forEach((each, i) => {
        run('ip', '-n', each, 'address', 'add', `${addresses[i]}/24`, 'dev', 'line');
        for (const device of ['lo', 'line']) run('ip', '-n', each, 'link', 'set', device, 'up');
        const shape = ['root', 'tbf', 'rate', rate, 'burst', '64k', 'latency', `${QUEUE}ms`];
        run('ip', 'netns', 'exec', each, 'tc', 'qdisc', 'add', 'dev', 'line', ...shape);
      });
    } catch (error) {
      this.close();
      throw new Error('a line needs root, ip(8) and tc(8) with its tbf', { cause: error });
    }
  }

  /** The namespaces of both places. @returns {[here: string, there: string]} */
  get #namespaces() {
    return [`${this.#name}-0`, `${this.#name}-1`];
  }

  /** Begins to take commands at the other place. @param {NodeJS.ProcessEnv} env */
  async open(env) {
    const [, there] = this.#namespaces;
    const program = [process.execPath, fileURLToPath(import.meta.url), addresses[1] ?? '', String(PORT)];
    this.#server = spawn('ip', ['netns', 'exec', there, ...program], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(this.#server.stdout ?? this.#server, 'data');
  }

  /**
   * Starts a program at this place.
   * @param {string[]} words
   * @param {NodeJS.ProcessEnv} env
   */
  start(words, env) {
    return spawn('ip', ['netns', 'exec', this.#namespaces[0], ...words], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /**
   * Writes a program in place of ssh: a host, and a command for it.
   * @param {string} path
   */
  writeSsh(path) {
    const connect = `
      const socket = require('node:net').connect(${PORT}, '${addresses[1]}', () => {
        socket.write(JSON.stringify(process.argv.slice(1)) + '\\n');
        process.stdin.pipe(socket);
        socket.pipe(process.stdout);
      });`.replace(/\s+/g, ' ');
    writeScript(path, `exec '${process.execPath}' -e "${connect.trim()}" -- "$@"`);
  }

  close() {
    this.#server?.kill();
    for (const each of this.#namespaces) spawnSync('ip', ['netns', 'delete', each]);
  }
}

/**
 * Runs the command of each connection, whose first line has the host and the command.
 * @param {string} address
 * @param {number} port
 */
function serve(address, port) {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let head = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    const take = (/** @type {Buffer} */ octets) => {
      head = Buffer.concat([head, octets]);
      const end = head.indexOf('\n');
      if (end < 0) return;
      socket.off('data', take);
      socket.pause();
      const [host = '', ...words] = /** @type {string[]} */ (JSON.parse(head.toString('utf8', 0, end)));
      const env = { ...process.env, MIG_HOST_DIR: `${process.env['MIG_HOSTS']}/${host}` };
      const child = spawn('/bin/sh', ['-c', words.join(' ')], { env, stdio: ['pipe', 'pipe', 'ignore'] });
      child.stdin.on('error', () => undefined);
      child.stdin.write(head.subarray(end + 1));
      socket.pipe(child.stdin);
      child.stdout.pipe(socket);
      // A connection that is lost ends what the command reads and writes, as with ssh.
      socket.once('close', () => {
        child.stdin.destroy();
        child.stdout.destroy();
      });
    };
    socket.on('data', take);
  });
  server.listen(port, address, () => console.log('ready'));
}

const [, program, address, port] = process.argv;
if (program === fileURLToPath(import.meta.url) && address !== undefined) serve(address, Number(port));
