// Hosts in network namespaces of their own, on a switch with lines of a given rate, each of which can be cut. A command at
// one host runs one at another through a program in place of ssh, as over a Line.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { writeScript } from '../demo/hosts.mjs';

/** @import { ChildProcess } from 'node:child_process' */

const PORT = 7000;
const NETWORK = '10.213.78.';
/** Milliseconds of octets that a line keeps before it drops some. */
const QUEUE = 20;
const server = fileURLToPath(new URL('line.mjs', import.meta.url));

/** @param {string[]} words */
function run(...words) {
  const [command = '', ...args] = words;
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${words.join(' ')}: ${error?.message ?? stderr.trim()}`);
}

/** The ways of cutting a line: its ends see it, as of a cable; or they do not, as of a switch that fails. */
export const cuts = /** @type {const} */ (['cable', 'silence']);

export class Network {
  #name = `mig-net-${process.pid}`;
  /** @type {ChildProcess[]} */
  #servers = [];

  /**
   * @param {readonly string[]} places
   * @param {string} rate of each line, as tc(8) has it, such as 200mbit
   */
  constructor(places, rate) {
    this.places = places;
    try {
      run('ip', 'netns', 'add', this.#name);
      run('ip', '-n', this.#name, 'link', 'add', 'switch', 'type', 'bridge');
      run('ip', '-n', this.#name, 'link', 'set', 'switch', 'up');
      for (const place of places) {
        const [space, port] = [this.#spaceOf(place), this.#portOf(place)];
        run('ip', 'netns', 'add', space);
        run(
          ...['ip', '-n', space, 'link', 'add', 'line', 'type', 'veth', 'peer', 'name', port],
          'netns',
          this.#name,
        );
        run('ip', '-n', space, 'address', 'add', `${this.addressOf(place)}/24`, 'dev', 'line');
        for (const device of ['lo', 'line']) run('ip', '-n', space, 'link', 'set', device, 'up');
        run('ip', '-n', this.#name, 'link', 'set', port, 'master', 'switch', 'up');
        for (const [at, device] of [
          [space, 'line'],
          [this.#name, port],
        ]) {
          const shape = ['root', 'tbf', 'rate', rate, 'burst', '64k', 'latency', `${QUEUE}ms`];
          run('ip', 'netns', 'exec', at ?? '', 'tc', 'qdisc', 'add', 'dev', device ?? '', ...shape);
        }
      }
    } catch (error) {
      this.close();
      throw new Error('this needs root, ip(8) with bridges, and tc(8) with its tbf', { cause: error });
    }
  }

  /** @param {string} place */
  #spaceOf(place) {
    return `${this.#name}-${place}`;
  }

  /** @param {string} place */
  #portOf(place) {
    return `p${this.places.indexOf(place)}`;
  }

  /** @param {string} place */
  addressOf(place) {
    return `${NETWORK}${this.places.indexOf(place) + 1}`;
  }

  /**
   * Starts a program at a place.
   * @param {string} place
   * @param {string[]} words
   * @param {NodeJS.ProcessEnv} env
   */
  start(place, words, env) {
    return spawn('ip', ['netns', 'exec', this.#spaceOf(place), ...words], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Begins to take commands at a place. @param {string} place @param {NodeJS.ProcessEnv} env */
  async serve(place, env) {
    const child = this.start(place, [process.execPath, server, this.addressOf(place), String(PORT)], env);
    this.#servers.push(child);
    child.stderr.pipe(process.stderr);
    await once(child.stdout, 'data');
  }

  /** Writes a program in place of ssh: a host, and a command for it. @param {string} path */
  writeSsh(path) {
    const connect = `
      const [address, ...words] = process.argv.slice(1);
      const socket = require('node:net').connect({ host: address, port: ${PORT}, allowHalfOpen: true }, () => {
        socket.write(JSON.stringify(words) + '\\n');
        process.stdin.pipe(socket);
        socket.pipe(process.stdout);
      });
      socket.on('error', (error) => { process.stderr.write(error.message + '\\n'); process.exit(255); });
      socket.on('end', () => process.exit(0));
      process.stdout.on('error', () => process.exit(255));`.replace(/\s+/g, ' ');
    const cases = this.places.map((place) => `${place}) to=${this.addressOf(place)};;`).join(' ');
    writeScript(
      path,
      `case $1 in ${cases} esac\nexec '${process.execPath}' -e "${connect.trim()}" -- "$to" "$@"`,
    );
  }

  /** Cuts the line of a place. @param {string} place @param {typeof cuts[number]} how */
  cut(place, how) {
    const port = this.#portOf(place);
    if (how === 'cable') run('ip', '-n', this.#name, 'link', 'set', port, 'down');
    else run('ip', '-n', this.#name, 'link', 'set', port, 'nomaster');
  }

  /** Mends the line of a place. @param {string} place */
  mend(place) {
    run('ip', '-n', this.#name, 'link', 'set', this.#portOf(place), 'master', 'switch', 'up');
  }

  close() {
    for (const child of this.#servers) child.kill();
    for (const each of [...this.places.map((place) => this.#spaceOf(place)), this.#name]) {
      spawnSync('ip', ['netns', 'delete', each]);
    }
  }
}
