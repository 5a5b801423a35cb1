/** Promises of docs/policies.md: goals, limits, conditions, the estimate, and a user's own policies. */
import { e2e, ends, examples, figures, simulate, validated, helper, history, image, link, loop, pacer, probe, refusals, type Section, settings, simple, source, steering, testsOf, variables } from './kept.js'; // prettier-ignore

const document = 'docs/policies.md';

const estimates = testsOf('test/slow/estimate.test.ts');
const progress = testsOf('packages/operator/src/migration-progress.test.ts');
const events = testsOf('apps/xl/src/view/events-schema.test.ts');
const unread = testsOf('test/slow/unread-output.test.ts');
const lab = testsOf('test/xen-lab/cases/36-switchover.sh');

const goalsAndLimits: Section = {
  document,
  heading: '## Goals and limits',
  sentences: [
    ['A goal ends', 'explanation'],
    ['A limit ends', 'explanation'],
    ['| `--max-downtime MS` | goal', settings('downtime: above', 'downtime: at the limit')],
    ['| `--precopy-threshold N` | goal', settings('threshold: as many pages as were named', 'threshold: and no more')],
    ['| `--precopy-iterations N` | limit', settings('passes: as many as were named', 'passes: and no more')],
    ['| `--timeout S` | limit', settings('timeout: not yet', 'timeout: in the middle of a pass')],
    ['| *stall* | limit', settings('downtime: a stall ends it', 'busy: a stall is busy at once', "stock's: a stall changes nothing", 'threshold: a stall changes nothing')],
    ['| `--abort-if-busy` | |', e2e('is left running: $options')],
    ['| `--policy PATH` | goal', e2e('decides')],
    ['After a goal or a limit, mig suspends and moves the domain, … `--timeout-action abort`', settings('downtime: the limit moves it, with more than that', 'timeout: to abort'), loop('the precopy loop with a guest that rewrites its set')],
    ['With `--abort-if-busy` only a goal moves it', settings('busy: the passes are made', 'busy: a timeout is busy'), steering('a switchover moves a domain that is not to be moved busy')],
    ['Whichever it was, mig reports the reason', settings('every end is told with its figures'), events('docs/json.md has %s with its fields'), e2e('is suspended where --timeout says so')],
    ['Without any of these options mig does what stock does: 5 passes, or at most 50 dirty pages (stock: fewer than 50)', settings("stock's: a fifth pass", "stock's: no sixth pass", "stock's: 50 pages", "stock's: not 51")],

    // --max-downtime MS
    ['Use it when you know', 'advice'],
    ['It is never met before the first pass is finished', settings('downtime: never before the first pass')],
    ['mig makes at most 30 passes', settings('downtime: more passes than stock', 'downtime: but not for ever', 'downtime: passes as many as were named')],
    ['The default threshold of 50 pages does not apply', settings("downtime: stock's threshold is no goal beside it", 'downtime: a threshold that was named is a goal')],
    ['There is one exception: if the suspend itself costs MS or more', settings('downtime: but where the suspend alone exceeds it', 'downtime: or just reaches it', 'downtime: nor where the suspend is within it')],
    ['mig reports this before it begins, and ends the passes at 50 pages', settings('downtime: nor with more pages than that', 'busy: nor is a downtime that the suspend alone exceeds'), e2e('is known from earlier migrations')],
    ['A stall ends the passes, unless', settings('downtime: a stall ends it', 'downtime: not where the passes were named', 'downtime: nor where the time was')],
    ['The downtime is a goal, not a promise', settings('downtime: the limit moves it, with more than that')],
    ['To make it a condition', e2e('is a condition with --abort-if-busy')],

    // --precopy-threshold N and --precopy-iterations N
    ["These are stock's two numbers", 'context'],
    ['More passes help', 'advice'],
    ['A higher threshold ends the passes earlier', settings('threshold: as many pages as were named', 'threshold: and no more')],
    ['A number of pages is not a time: 1000 pages take 3 ms on 10 Gbit/s and 3 s on 10 Mbit/s', simulate('1000 pages over')],
    ['`--max-downtime` takes', figures('the downtime is the dirty pages at the measured rate')],
    ['`--precopy-iterations 0` suspends', settings('passes: 0 whatever else there is'), image('iterations $iterations, threshold $threshold'), loop('the precopy loop with a guest that rewrites its set')],
    ['mig refuses it with `--abort-if-busy`', settings('%j contradicts itself')],

    // --timeout S, --timeout-action suspend|abort
    ['Use it when the migration must be over', 'advice'],
    ['The time counts from the beginning of the live passes', image('a timeout counts from the beginning')],
    ['The timeout acts in the middle of a pass, … 4 MiB … 10 ms … or one page, in a burst 256 KiB', image('a timeout counts from the beginning', 'within a bandwidth the writes are small'), pacer('at %i octets/s a write is at most 10 ms', '$name: writes of a burst are 256 KiB at most')],
    ['If the target takes nothing of this write, an abort … within 0.1 s', image('the policy is asked again and again, and may abort', 'a stop that it decides is done once the write is')],
    ['A suspend does wait', image('a stop that it decides is done once the write is')],
    ['`--progress-timeout` ends a wait', 'other subject'],
    ['(On Xen, … 0.1 s later, or 2 s', link('is asked more seldom where the answer takes long')],
    ['After a suspend the domain is moved with everything', image('a timeout counts from the beginning'), e2e('is suspended where --timeout says so')],
    ['If that would be worse than not moving, use `--timeout-action abort` (exit status 7)', settings('timeout: to abort'), e2e('is left running: $options'), ends('a timeout that aborts')],
    ['Once a goal is met the domain is moved: a timeout that aborts', image('what is decided stays so', 'an abort is heeded, since that will not be over in a moment')],

    // --abort-if-busy
    ['Use it when a long downtime is worse', 'advice'],
    ['If a limit comes before a goal, the domain keeps running … the exit status is 6', e2e('is left running: $options'), image('an abort leaves the guest running and log-dirty off')],
    ['The reason is `busy`', e2e('is left running: $options')],
    ['If `--max-downtime` is the only goal … `out-of-reach`, the exit status 6', settings('busy: nor is a downtime that the suspend alone exceeds', 'busy: a threshold that was named is a goal all the same', 'busy: or just reaches'), e2e('is a condition with --abort-if-busy', 'is known from earlier migrations')],
    ['Until a migration on the route has been measured', 'explanation'],
    ['A migration of any domain without `--abort-if-busy` replaces', e2e('is a condition with --abort-if-busy', 'is known from earlier migrations')],
    ['A domain that reaches the goal is never reported busy', settings('busy: convergence comes first', 'busy: within the downtime is not'), e2e('is never called busy')],
    ['After the last pass that is allowed', settings('busy: after the last pass the count is awaited')],
    ['A stall is always a limit here', settings('busy: a stall is busy at once', 'busy: a stall is busy beside a timeout')],
    ['A timeout with `--timeout-action abort` is not reported as busy: it ends with exit status 7', settings('busy: a timeout that aborts says so'), e2e('is left running: $options')],
    ["Without other options, stock's 5 passes and 50 pages", settings("busy: alone it makes stock's passes", 'busy: the passes are made', 'busy: convergence comes first')],
    ['Set a goal of your own', 'advice'],

    // Stall
    ['A stall means', 'explanation'],
    ['mig detects a stall when at least three passes in a row, … a second or more together, … 95 % or more … 99 such passes', settings('downtime: three passes are too few to tell', 'downtime: less than a second is too short to tell', 'downtime: a second is not', 'downtime: 95 % of what it was has not shrunk', 'downtime: less than that has', 'downtime: but a hundred readings tell', 'downtime: 99 readings are too few')],
    ['With `--stall-passes N` it is', settings('stall: as many passes as were named', 'stall: and no fewer', 'stall: named, it counts beside passes that were')],
    ['A guest that is busy for less than a second', settings('downtime: less than a second is too short to tell', 'downtime: a set that shrinks slowly is no stall', 'downtime: nor is one that shrinks again after a burst')],
    ['The reason names two rates, such as `written: at least 22984 … sent: 29597', settings('every end is told with its figures')],
    ['They do not say that the line', 'explanation'],
    ['*Written* is how many different pages', figures('the downtime is the dirty pages at the measured rate')],
    ['*Sent* is per second of sending alone', 'explanation'],
    ['In a stall both are about equal', 'explanation'],
    ['What matters is that each pass', 'explanation'],
    ['If their number stays the same', 'explanation'],
    ['If it grows, the guest', settings('every end is told with its figures')],
    ['mig cannot know', 'explanation'],
    ['A guest that is busy for minutes', 'explanation'],
    ['With `--precopy-iterations` or `--timeout` a stall ends nothing, … (default 30 passes)', settings('downtime: not where the passes were named', 'downtime: nor where the time was', 'busy: a stall is busy beside a timeout', 'timeout: but not for ever', 'timeout: passes as many as were named')],
    ['Small passes are soon made', 'advice'],

    // --bandwidth RATE, --bandwidth-always
    ['Use it when others need', 'advice'],
    ['mig keeps the rate evenly, in writes of at most 10 ms of it or one page', pacer('at %i octets/s a write is at most 10 ms', 'whatever writing takes, the rate is kept'), e2e('is not exceeded: %o')],
    ['It counts the bytes of page data', image('within a bandwidth the writes are small'), e2e('is not exceeded: %o')],
    ['There is one exception.', 'heading'],
    ['`--max-downtime` and policies of your own have to know', steering('the line is of interest where a downtime is asked for')],
    ['Therefore mig sends a burst after 16 MiB and every 30 s later: at most 20 MiB, … for 4 s, … 50 ms or 12 MiB', probe('there is no burst before 16 MiB', 'nor within 30 s of the last', 'is 20 MiB at most', 'at %i octets/s is no more than these allow for 4 s', 'measures from when a write shows', 'that is over before 50 ms'), pacer('at %i octets/s no burst is more', 'has no burst where nobody wants to know')],
    ['mig makes up for the burst by sending at half the rate', pacer('a burst is made up for at half the bandwidth', '$name: the burst is bounded, and made up for')],
    ['With `--bandwidth-always` there is no burst', pacer('has no burst where nobody wants to know')],
    ['mig lifts the limit once the domain is suspended', pacer('of the suspended domain it holds only where told so'), image('within a bandwidth the writes are small')],
    ['`--bandwidth-always` keeps it', pacer('of the suspended domain it holds only where told so'), e2e('is not exceeded: %o')],
    ['A lower rate means', simulate('a lower rate makes passes longer')],
  ],
}; // prettier-ignore

const estimate: Section = {
  document,
  heading: '## The estimate of the downtime',
  // Measurements follow.
  end: '`xl migrate --estimate` predicts',
  sentences: [
    ['dirty pages / pages per second that the line carries', figures('the downtime is the dirty pages at the measured rate')],
    ['*Dirty pages* is what the log reports', image('the policy is asked at the points DESIGN names')],
    ['When a goal is met, or a stall is found, these pages are sent live once more', image('iterations $iterations, threshold $threshold', 'what is dirty when a goal is met is sent live once more')],
    ['Usually fewer are left', 'explanation'],
    ['If the guest becomes busy', 'explanation'],
    ['*Pages per second that the line carries*: … the last 32 MiB', figures('the rate is that of the last 32 MiB or so', 'under one that goes on the rate that is kept counts'), image('the policy is asked at the points DESIGN names')],
    ['Under a bandwidth that is lifted for stop-and-copy it is the rate that bursts have measured … last nine migrations', figures('what earlier migrations have measured counts until', 'a burst that measures the line counts before'), history('has the median of the latest nine', 'has that of nine, not of one more or less'), e2e('is reckoned with the line, which a burst has measured', 'is reckoned with what earlier migrations had')],
    ['If neither is known', figures('under a bandwidth that is lifted at the suspend nobody knows'), pacer('is not measured where the bandwidth is too low'), progress('where it is not known how fast the line is, there are bounds')],
    ['They are marked as not measured', settings('every end is told with its figures'), testsOf('apps/xl/src/control/status-words.test.ts')('bounds of a downtime are marked'), testsOf('apps/xl/src/report/render.test.ts')('a downtime that is reckoned with a line'), testsOf('apps/xl/src/trace/record-text.test.ts')('a downtime that is reckoned with a line'), e2e('has bounds, and keeps to the upper one')],
    ['The *suspend cost* is all of the downtime', source('the cost of a suspend is all of the downtime')],
    ['mig measures it in each migration that succeeds and keeps the last nine', history('has the median of the latest nine', 'has that of nine, not of one more or less'), estimates('knows what earlier migrations that way have cost')],
    ['The first time on a route the cost is unknown, … or else 100 ms … and 500 ms', e2e('is a condition with --abort-if-busy'), history('a suspend costs what it did on the route', 'knows the dearest other route'), variables('nothing where nothing is set'), estimates('tells the line from the limit on it')],
    ['Not included', 'explanation'],
    ['Half of all values', 'explanation'],
    ['If the suspend is the larger part', 'advice'],
  ],
}; // prettier-ignore

const statuses: Section = {
  document,
  heading: '## Exit statuses',
  sentences: [
    ['| 0 | moved', loop('the precopy loop with a guest that rewrites its set')],
    ['| 6 | `--abort-if-busy`', ends('a goal that a limit came before', 'a downtime out of reach')],
    [
      '| 7 | aborted by `--timeout-action abort`',
      ends('a timeout that aborts', "a policy's own word", 'mig migrate-abort'),
    ],
    ['The others are in', 'reference'],
  ],
};

const saveHelper: Section = {
  document,
  heading: '## Under stock xl and libvirt: the save helper',
  sentences: [
    ['When stock `xl` or libvirt runs', variables('the environment counts before the file', 'the default file need not be there')],
    ...['PRECOPY_ITERATIONS', 'PRECOPY_THRESHOLD', 'STALL_PASSES'].map((name) => [`| \`MIG_${name}\``, variables('the environment counts before the file')] as const),
    ...['MAX_DOWNTIME', 'TIMEOUT', 'TIMEOUT_ACTION', 'BANDWIDTH'].map((name) => [`| \`MIG_${name}\``, variables('each has its unit', '%s is refused, with its source,')] as const),
    ...['ABORT_IF_BUSY', 'BANDWIDTH_ALWAYS'].map((name) => [`| \`MIG_${name}\` … 1 or 0`, variables('each has its unit', '%s is refused, with its source,')] as const),
    ['In addition', 'explanation'],
    ['| `MIG_SUSPEND_COST` … default 500', variables('each has its unit', 'nothing where nothing is set')],
    ['| `MIG_LINE_RATE`', variables('each has its unit'), settings('the line is of interest'), figures('what earlier migrations have measured counts until')],
    ['The helper refuses a setting', variables('what contradicts itself is refused', 'as %j in the environment'), helper('a bad setting: %s')],
    ["An abort makes the toolstack's migration fail", lab('MIG_ABORT_IF_BUSY=1'), testsOf('apps/xl-save-helper/src/errno.test.ts')("the policy's word")],
    ['There are no exit statuses 6 and 7 there', 'explanation'],
  ],
}; // prettier-ignore

const ofYourOwn: Section = {
  document,
  heading: '## A policy of your own',
  sentences: [
    ['`--policy PATH` is a JavaScript module', e2e('decides')],
    ['Its default export', e2e('decides'), refusals('has no default export')],
    ['This one waits for a lull', examples('the one in JavaScript waits for a lull')],
    ['What it is given', 'heading'],
    ['| `point`', image('the policy is asked at the points DESIGN names')],
    ['| `iteration`', image('the policy is asked at the points DESIGN names')],
    ['| `dirtyCount` |', image('the policy is asked at the points DESIGN names')],
    ['| `dirtyCounts` | … latest hundred', figures('of any number of passes, a policy is told the latest hundred')],
    ['| `totalWritten`', image('the policy is asked at the points DESIGN names')],
    ['| `elapsedMilliseconds`', image('a timeout counts from the beginning')],
    ['| `sendRate`, `dirtyRate`', figures('the downtime is the dirty pages at the measured rate')],
    ['| `suspendCost`', history('a suspend costs what it did on the route')],
    ['| `lineRate`', figures('under one that goes on the rate that is kept counts', 'under a bandwidth that is lifted at the suspend nobody knows', 'what earlier migrations have measured counts until')],
    ['| `estimatedDowntime`', figures('the downtime is the dirty pages at the measured rate', 'under a bandwidth that is lifted at the suspend nobody knows')],
    ['| `leastDowntime`', figures('under a bandwidth that is lifted at the suspend nobody knows', 'under one that goes on the rate that is kept counts'), examples('the figures on the page are those')],
    ['What it answers', validated('what a policy decides is what it answered')],
    ['`code` is a word', 'explanation'],
    ['Pure.', 'heading'],
    ['The same figures give', 'advice'],
    ['The function is called for each batch', image('the policy is asked at the points DESIGN names')],
    ['`dirtyCounts` has the history', 'advice'],
    ['Synchronous.', 'heading'],
    ['A promise is not an answer', validated('answers a promise')],
    ['Top-level await', e2e('may wait while it is loaded, which is done twice')],
    ['The module is loaded twice', e2e('may wait while it is loaded, which is done twice')],
    ['Frozen figures.', 'heading'],
    ['They cannot be changed', validated('changes the counts', 'changes its figures')],
    ['Alone by default', 'heading'],
    ['No default goal or limit', settings('stands alone where nothing else was said')],
    ['Those given on the command line … --precopy-iterations 100', settings('is kept within the limits that were'), e2e('is kept within the limits that are given beside it')],
    ['With `--abort-if-busy` it is a goal', settings('is a goal, whose reaching is not called busy')],
    ['Its mistakes end', 'heading'],
    ['If it throws, … exit status 7', validated('one that %s is an abort'), e2e('that $fault ends the migration, not the guest')],
    ['A module that does not exist, … with exit status 2', refusals('--policy is refused a module that $what', 'is refused: $options'), e2e('that does so as it loads is refused')],
    ['What it prints goes to standard error', unread('what a policy prints goes to standard error')],
    ['It must answer', 'heading'],
    ['One that ends the process, … with exit status 1', e2e('that ends the process it runs in', 'that never answers does not keep')],
    ['Ctrl-C and `mig migrate-abort` do not wait … 5 to 10 seconds', e2e('that never answers does not keep')],
    ['Once it has answered `stop-and-copy` at `dirty-count-known`', image('what is dirty when a goal is met is sent live once more', 'a policy that ends precopy at %s has nothing more sent live')],
    ['Its aborts are ignored', image('what is decided stays so')],
    ['It runs with the rights', 'explanation'],
    ['Treat the file', 'advice'],
    ["mig's own policies are functions", examples('the one in TypeScript is made of parts')],
    ['This one has a budget: … 20 GB', examples('the one in TypeScript is made of parts')],
    ['`tsc --module nodenext --target es2023 … Node 22.18 and later', examples('the one in TypeScript is made of parts')],
    ['Node must find', 'explanation'],
    ['If mig is [installed]', testsOf('test/slow/install.test.ts')('a policy with a link to what is installed')],
    ['| `firstOf', settings('busy: convergence comes first'), examples('the parts on the page are there')],
    ['| `abortIfBusy', settings('busy: convergence comes first', 'busy: the passes are made')],
    ['| `maxDowntime', settings('downtime: at the limit', 'threshold: as many pages as were named')],
    ['| `iterationLimit', settings('passes: and no more', 'timeout: to abort', 'downtime: a stall ends it')],
    ['| `policyFor', settings('passes: 0 whatever else there is', 'is kept within the limits that were')],
    ['| `simplePolicy', simple('at the threshold', 'count unknown, passes made')],
    ['| `validated', validated('one that %s is an abort')],
    ['In a toolstack of your own', 'explanation'],
    ['`bandwidth` is a function that is called before each write', pacer('a change holds from the next write on'), source('the cost of a suspend is all of the downtime')],
  ],
}; // prettier-ignore

export const sections: readonly Section[] = [goalsAndLimits, estimate, statuses, saveHelper, ofYourOwn];
