import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { removeTemporaryFolder, temporaryFolder } from '../temporary-folder.mjs';

/**
 * Events of `xl migrate --json`, as far as they are read here.
 * @typedef {Report | PassEvent | Consulted | Failed} Event
 * @typedef {object} PassEvent
 * @property {'pass'} event
 * @property {string} kind
 * @property {number} dirtyPages
 * @property {number} sentPages
 * @property {number} octets
 * @property {number} milliseconds
 * @typedef {{ code: string, sentence: string }} Reason
 * @typedef {object} Consulted
 * @property {'consulted'} event
 * @property {{ suspendCost: number, estimatedDowntime?: number, elapsedMilliseconds: number }} stats
 * @property {{ reason?: Reason }} answer
 * @typedef {{ event: 'failed', reason?: string }} Failed
 * @typedef {object} Report
 * @property {'complete'} event
 * @property {string} reason why precopy ended
 * @property {number} iterations
 * @property {Omit<PassEvent, 'event'>[]} passes
 * @property {number} octetsSent
 * @property {number} [zeroPages]
 * @property {number} [octetsSavedByCompression]
 * @property {number} [compressionLevel]
 * @property {number} totalMilliseconds
 * @property {number} downtimeMilliseconds
 */
/** @typedef {{ status: number | string, events: Event[], stderr: string }} Attempt */
/**
 * The prediction of `xl migrate --estimate --json` for a policy.
 * @typedef {object} Estimate
 * @property {string} policy
 * @property {string} reason
 * @property {number} iterations
 * @property {number} octets
 * @property {number} totalMilliseconds
 * @property {number} downtimeMilliseconds
 */

/**
 * The program that a user's `xl` links to.
 * @param {string} app
 */
const program = (app) => fileURLToPath(new URL(`../../apps/${app}/bin/${app}.js`, import.meta.url));

/** Timeout in milliseconds of a guest's first tick: far more than it takes. */
const TIMEOUT = 60_000;

/** Two embedded hosts, and a domain that migrates back and forth between them. */
export class TwoHosts {
  #folder = temporaryFolder('mig-bench-');
  #here = join(this.#folder, 'host0');
  #there = join(this.#folder, 'host1');
  /** @type {string[]} */
  #runner;

  /** @param {{ core?: number | undefined }} [where] the only core that everything runs on; any by default */
  constructor({ core } = {}) {
    // Their children stay there, too.
    this.#runner = core === undefined ? [] : ['taskset', '-c', String(core)];
  }

  /**
   * Starts `xl` at the domain's host.
   * @param {string[]} args
   */
  #start(...args) {
    const env = { ...process.env, MIG_HOST_DIR: this.#here };
    const [command = '', ...words] = [...this.#runner, process.execPath, program('xl'), ...args];
    const child = spawn(command, words, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    /** The result, however it ends. */
    const outcome = once(child, 'close').then(([status, signal]) => ({
      status: status ?? signal,
      stdout,
      stderr,
    }));
    const ended = outcome.then(({ status }) => {
      if (status !== 0) throw new Error(`xl ${args.join(' ')}: ${stdout}${stderr}`);
      return stdout;
    });
    // A caller may look at only one of the two.
    ended.catch(() => undefined);
    return { child, outcome, ended };
  }

  /**
   * @param {object} guest
   * @param {number} guest.memory MiB
   * @param {string} [guest.command] its command line
   * @param {string} [guest.kernel]
   * @param {RegExp} [guest.until] the console's text once its pages are filled
   */
  async create({ memory, command = '', kernel = 'wss', until = /written=[1-9]/ }) {
    const file = join(this.#folder, 'bench.cfg');
    // Pages of zeros are hardly sent: they have a measurement of their own.
    const full = kernel === 'wss' && !command.includes('memory=') ? `${command} memory=full` : command;
    const lines = [
      'name="bench"',
      'type="wasm"',
      `kernel="${kernel}"`,
      `memory=${memory}`,
      `cmdline="${full}"`,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    await this.#start('create', file).ended;
    await this.#reads(until);
  }

  /**
   * Waits for a text on the console.
   * @param {RegExp} text
   * @param {AbortSignal} [signal]
   * @throws if the console ends before, or the time
   */
  async #reads(text, signal) {
    const { child, outcome } = this.#start('console', '-f', 'bench');
    let seen = '';
    child.stdout.on('data', (more) => (seen += more));
    const ended = outcome.then(({ status, stderr }) => {
      throw new Error(`xl console ended with ${status}: ${stderr}`);
    });
    // Its end after the text is expected.
    ended.catch(() => undefined);
    try {
      while (!text.test(seen)) await Promise.race([once(child.stdout, 'data', signal && { signal }), ended]);
    } finally {
      child.kill();
    }
  }

  #receiver() {
    return `MIG_HOST_DIR=${this.#there} exec ${process.execPath} ${program('xl-receive')}`;
  }

  /**
   * @param {string[]} options
   * @returns the last line of `--json`, parsed
   */
  async migrate(...options) {
    const { status, events, stderr } = await this.attempt(...options);
    const last = events.at(-1);
    if (status !== 0 || last?.event !== 'complete')
      throw new Error(`xl migrate ${options.join(' ')} ended with ${status}: ${stderr}`);
    return last;
  }

  /**
   * Attempts a migration that may fail: if it is aborted, the domain stays.
   * @param {string[]} options
   * @returns {Promise<Attempt>}
   */
  async attempt(...options) {
    const { outcome } = this.#start('migrate', '--json', ...options, '-s', '', 'bench', this.#receiver());
    const { status, stdout, stderr } = await outcome;
    if (status === 0) [this.#here, this.#there] = [this.#there, this.#here];
    const lines = stdout.split('\n').filter((line) => line !== '');
    return { status, events: lines.map((line) => JSON.parse(line)), stderr };
  }

  /** @throws if the guest reports damaged memory: the measurement would be void */
  async checkHealth() {
    // A guest that has just arrived may not have run yet.
    await this.#reads(/^(?:tick |error|crash)/m, AbortSignal.timeout(TIMEOUT)).catch((cause) => {
      throw new Error('the guest does not tick', { cause });
    });
    const said = await this.#start('console', '--lines', '100', 'bench').ended;
    const wrong = said.match(/^(?:error|crash).*|^tick .* errors=[1-9].*/m);
    if (wrong !== null) throw new Error(`the guest was damaged: ${wrong[0]}`);
  }

  /**
   * Estimates the migration: `xl migrate --estimate --json`, parsed.
   * @param {string[]} options
   * @returns {Promise<{ estimates: Estimate[] }>}
   */
  async estimate(...options) {
    const words = ['migrate', '--estimate', '--json', ...options, '-s', '', 'bench', this.#receiver()];
    return JSON.parse(await this.#start(...words).ended);
  }

  /** Path of the file that is the domain's RAM. */
  ram() {
    const domains = join(this.#here, 'domains');
    const [domid = ''] = readdirSync(domains);
    const { pid } = JSON.parse(readFileSync(join(domains, domid, 'process.json'), 'utf8'));
    const descriptors = `/proc/${pid}/fd`;
    const number = readdirSync(descriptors).find((fd) =>
      readlinkSync(join(descriptors, fd)).startsWith('/memfd:'),
    );
    if (number === undefined) throw new Error('the domain has no RAM');
    return join(descriptors, number);
  }

  /**
   * The end that a process belongs to during the migration, `source` or `target`, by its environment.
   * @param {string} environment
   */
  endOf(environment) {
    return environment.includes(`MIG_HOST_DIR=${this.#here}`) ? 'source' : 'target';
  }

  /** Processes of both ends: `xl migrate`, the target end, the domain at either. */
  processes() {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(this.#folder);
        } catch {
          return false;
        }
      });
  }

  /** Destroys the domain, too, wherever it is. */
  close() {
    removeTemporaryFolder(this.#folder);
  }
}
