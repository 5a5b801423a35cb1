/**
 * `xl migrate-receive --check`: answers the source's questions before a migration. Nothing is received or
 * changed.
 */
import { HostError } from '@mig/hypervisor';
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
 * @throws Failure where no question arrives that can be answered
 */
export async function answerCheck(context: Context, timeout: number): Promise<void> {
  refuseTerminal();
  const { output } = context;
  output.line(PREFLIGHT_GREETING);
  output.flush();
  const question = readQuestion(timeout);
  output.line(encodeAnswer(await checksOf(context, question)));
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
  throw new PreflightMessageError(`has more than ${MAX_QUESTION} octets`);
}

/** Makes the checks of this host; a host that cannot be used at all is an answer, too. */
async function checksOf(context: Context, question: PreflightQuestion): Promise<readonly Check[]> {
  try {
    const host = await context.openHost();
    const checks = await host.checkArrival(question);
    return [passed('host', `its hypervisor is ${host.info().hypervisor}`), ...checks];
  } catch (error) {
    if (!(error instanceof HostError || error instanceof Failure)) throw error;
    return [failed('host', describeError(error))];
  }
}
