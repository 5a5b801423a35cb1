/** Promises of README, docs/xl.md and `xl migrate --help` about goals, limits and conditions. */
import {
  e2e,
  ends,
  front,
  image,
  loop,
  pacer,
  refusals,
  type Section,
  settings,
  steering,
  testsOf,
} from './kept.js';

const readme: Section = {
  document: 'README.md',
  heading: '# mig',
  end: 'mig runs on Xen',
  sentences: [
    ['Tunable live migration for Xen domains', 'heading'],
    ['Your busy guest pauses too long', loop('the precopy loop with a guest that rewrites its set')],
    ["Either end may be the stock toolstack's", 'other subject'],
    ['![A terminal', 'reference'],
    ['| stops copying … fewer than 50 dirty pages', settings('downtime: at the limit'), loop('the precopy loop with a guest that rewrites its set')],
    ['| downtime of a guest that writes nearly as fast as a line of 1 Gbit/s sends | 457 ms | 243 ms with `--max-downtime 300`, 91 ms with `--max-downtime 100`', front("the downtimes are docs/policies.md's")],
    ['| a guest too busy for that', e2e('is left running: $options')],
    ['| bandwidth', e2e('is not exceeded: %o')],
    ['| before', 'other subject'],
    ['| meanwhile', 'other subject'],
    ['| a host that must be empty', 'other subject'],
    ['| afterwards', 'other subject'],
    ['The downtimes are medians of ten migrations of 160 MiB', front("the downtimes are docs/policies.md's")],
  ],
}; // prettier-ignore

const tuning: Section = {
  document: 'README.md',
  heading: '## Tuning',
  sentences: [
    ['Allow a downtime of at most 1000 ms, … (exit status 6)', settings('downtime: at the limit', 'busy: a stall is busy at once', 'busy: within the downtime is not'), e2e('is left running: $options', 'is a condition with --abort-if-busy')],
    ['Limit the bandwidth, and end the live passes', settings('timeout: in the middle of a pass'), e2e('is not exceeded: %o', 'is suspended where --timeout says so')],
    ['Which settings suit', 'reference'],
  ],
}; // prettier-ignore

/** Commands and options that do not concern precopy. */
const others = ['| `migrate [', '| `migrate-receive [', '| `save [', '| `restore [', '| `-s', '| `-C', '| `-p`', '| `-D`', '| `-e`', '| `--debug`', '| `--digest`', '| `--compress LEVEL`', '| `--live`', '| `--trace FILE`', '| `--trace-bitmaps`', '| `--report', '| `--estimate`', '| `--no-check`', '| `--json`', '| `--quiet`']; // prettier-ignore

const migrate: Section = {
  document: 'docs/xl.md',
  heading: '## Moving domains',
  rowsOnly: true,
  sentences: [
    ['| `-d N`, `--precopy-threshold N` | goal: … (default 50; none with `--max-downtime`', settings('threshold: as many pages as were named', 'threshold: and no more', 'threshold: never before the first pass', "stock's: 50 pages", "stock's: not 51", "downtime: stock's threshold is no goal beside it", 'downtime: but where the suspend alone exceeds it')],
    ['| `--max-downtime MS` | goal', settings('downtime: above', 'downtime: at the limit')],
    ['| `-i N`, `--precopy-iterations N` | limit: … (default 5; 30 with `--max-downtime` or `--timeout`). 0 suspends', settings('passes: as many as were named', 'passes: and no more', "stock's: no sixth pass", 'downtime: but not for ever', 'timeout: but not for ever', 'passes: 0 whatever else there is')],
    ['| `--timeout S` | limit', settings('timeout: not yet', 'timeout: in the middle of a pass')],
    ['| `--stall-passes N` | limit: … a second or more … default 3', settings('stall: as many passes as were named', 'stall: and no fewer', 'downtime: less than a second is too short to tell', 'downtime: three passes are too few to tell')],
    ['| `--timeout-action suspend\\|abort`', settings('timeout: in the middle of a pass', 'timeout: to abort')],
    ['| `--abort-if-busy` | … exit status 6, but 7 after', settings('busy: the passes are made', 'busy: a stall is busy at once', 'busy: a threshold that was named is a goal all the same', 'busy: a timeout that aborts says so'), e2e('is left running: $options', 'is a condition with --abort-if-busy')],
    ['| `--bandwidth RATE` | … with `--max-downtime` and `--policy`: `100Mbit/s`, `1Gbit/s`, `12.5MB/s`, `10MiB/s`', pacer('whatever writing takes, the rate is kept', 'a burst is made up for at half the bandwidth', 'has no burst where nobody wants to know'), steering('the line is of interest where a downtime is asked for')],
    ['| `--bandwidth-always`', pacer('of the suspended domain it holds only where told so')],
    ['| `--policy PATH`', settings('stands alone where nothing else was said', 'is kept within the limits that were'), e2e('decides')],
    ...others.map((row) => [row, 'other subject'] as const),
  ],
}; // prettier-ignore

const statuses: Section = {
  document: 'docs/xl.md',
  heading: '## Exit statuses',
  sentences: [
    ['| 6 | `migrate --max-downtime` of a PV domain … `migrate --abort-if-busy`', testsOf('apps/xl/src/target/stop-and-copy.test.ts')('that is longer than the operator wants'), ends('a goal that a limit came before', 'a downtime out of reach'), e2e('is left running: $options', 'is a condition with --abort-if-busy')],
    ['| 7 | `migrate`', ends('a timeout that aborts', 'a policy that failed', "a policy's own word", 'mig migrate-abort'), e2e('is left running: $options', 'that aborts is heard')],
    ...['| 0 |', '| 1 |', '| 2 |', '| 3 |', '| 4 |', '| 5 |', '| 141 |', '`create` fails with 1'].map((row) => [row, 'other subject'] as const),
  ],
}; // prettier-ignore

const help: Section = {
  document: 'xl migrate --help',
  sentences: [
    ['-i, --precopy-iterations <N> limit: at most N live passes over memory (default 5; 30 with --max-downtime or --timeout); 0 suspends', settings('passes: as many as were named', 'passes: and no more', "stock's: no sixth pass", 'downtime: but not for ever', 'timeout: but not for ever', 'passes: 0 whatever else there is')],
    ['-d, --precopy-threshold <N> goal: … (default 50, none with --max-downtime)', settings('threshold: as many pages as were named', 'threshold: and no more', "stock's: 50 pages", "downtime: stock's threshold is no goal beside it")],
    ['--max-downtime <MS> goal', settings('downtime: above', 'downtime: at the limit')],
    ['--timeout <S> limit', settings('timeout: not yet', 'timeout: in the middle of a pass')],
    ['--stall-passes <N> limit: … a second or more, … (default 3 if', settings('stall: as many passes as were named', 'stall: and no fewer', 'downtime: three passes are too few to tell')],
    ['--timeout-action <what>', settings('timeout: in the middle of a pass', 'timeout: to abort'), refusals('is refused: $options')],
    ['--abort-if-busy', settings('busy: the passes are made', 'busy: convergence comes first'), image('an abort leaves the guest running')],
    ['--bandwidth <rate> send no faster … 100Mbit/s, 12.5MB/s', pacer('whatever writing takes, the rate is kept', 'a burst is made up for at half the bandwidth')],
    ['--bandwidth-always', pacer('of the suspended domain it holds only where told so')],
    ['--policy <path>', settings('stands alone where nothing else was said')],
    ...['-C', '-s', '-e', '-F', '-p', '-D', '--debug', '--digest', '--compress <', '--live', '--json', '--estimate', '--check', '--no-check', '--quiet', '--link', '--period', '--trace <', '--trace-bitmaps', '--report <', '--banner-timeout', '--suspend-timeout', '--progress-timeout', '--stop-and-copy-timeout', '--ready-timeout', '--report-timeout', '--permission-back-timeout', '-h, --help'].map((option) => [option, 'other subject'] as const),
  ],
}; // prettier-ignore

export const sections: readonly Section[] = [readme, tuning, migrate, statuses, help];
