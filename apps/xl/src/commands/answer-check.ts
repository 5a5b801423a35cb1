/**
 * `xl migrate-receive --check`: answers the source's questions before a migration. Nothing is received or
 * changed.
 */
import { arrivalRefusal, type ArrivalsNow, HostError } from '@mig/hypervisor';
import { deadlineIn, Input } from '@mig/posix';
import {
  type Check,
  decodeQuestion,
  encodeAnswer,
  failed,
  MAX_QUESTION,
  passed,
  PREFLIGHT_GREETING,
  PreflightMessageError,
  type PreflightQuestion,
} from '@mig/protocol/preflight';
import type { Context } from '../host/context.js';
import { refuseTerminal } from './receive.js';
import { describeError } from '../output/errors.js';
import { Failure } from '../output/failure.js';

const NEWLINE = 10;
const CHUNK = 1 << 16;

/**
 * Answers one question.
 * @param timeout milliseconds for the question to arrive
 * @param most number of domains that may arrive at once
 * @throws Failure where no question arrives that can be answered
 */
export async function answerCheck(context: Context, timeout: number, most?: number): Promise<void> {
  refuseTerminal();
  const { output } = context;
  output.line(PREFLIGHT_GREETING);
  output.flush();
  const question = readQuestion(timeout);
  output.line(encodeAnswer(await checksOf(context, question, most)));
}

function readQuestion(timeout: number): PreflightQuestion {
  const input = new Input(0, { subject: 'the question from the source' });
  input.deadline = deadlineIn(timeout, 'no question from the source');
  try {
    return decodeQuestion(readLine(input));
  } catch (error) {
    if (!(error instanceof PreflightMessageError)) throw error;
    throw new Failure(`the question ${error.message}`);
  }
}

/** Reads the only line: nothing comes after it. */
function readLine(input: Input): string {
  const pieces: Buffer[] = [];
  for (let length = 0; length <= MAX_QUESTION;) {
    const piece = Buffer.alloc(CHUNK);
    const count = input.readSome(piece);
    const end = piece.subarray(0, count).indexOf(NEWLINE);
    pieces.push(piece.subarray(0, end === -1 ? count : end));
    if (end !== -1) return Buffer.concat(pieces).toString();
    if (count === 0) throw new PreflightMessageError('is not whole');
    length += count;
  }
  throw new PreflightMessageError(`has more than ${MAX_QUESTION} bytes`);
}

/** Makes the checks of this host; a host that cannot be used at all is an answer, too. */
async function checksOf(
  context: Context,
  question: PreflightQuestion,
  most: number | undefined,
): Promise<readonly Check[]> {
  try {
    const host = await context.openHost();
    const checks = await host.checkArrival(question);
    return [
      passed('host', `its hypervisor is ${host.info().hypervisor}`),
      ...arrivalChecks(host.arrivals.now(), most),
      ...checks,
    ];
  } catch (error) {
    if (!(error instanceof HostError || error instanceof Failure)) throw error;
    return [failed('host', describeError(error))];
  }
}

/** Checks whether a domain may arrive now, which is decided again when it does. */
function arrivalChecks(now: ArrivalsNow, most: number | undefined): Check[] {
  const cordoned = arrivalRefusal({ ...now, underWay: 0 });
  const full = arrivalRefusal({ ...now, cordon: undefined }, most);
  return [
    cordoned === undefined
      ? passed('cordon', 'domains may arrive there')
      : failed('cordon', cordoned.message),
    full === undefined
      ? passed(
          'arrivals',
          `${now.underWay} domains are arriving there, and ${most ?? 'any number'} may at once`,
        )
      : failed('arrivals', full.message),
  ];
}
