/**
 * The preflight: checks made before a migration of what could keep it from succeeding, and how two migs talk
 * about them.
 */
export {
  type Check,
  type CheckEnd,
  checkDomid,
  type CheckName,
  type CheckOutcome,
  checkTable,
  failed,
  passed,
  unknown,
  verdictOf,
} from './checks.js';
export {
  decodeAnswer,
  decodeQuestion,
  encodeAnswer,
  encodeQuestion,
  LONGEST_SENTENCE,
  MAX_ANSWER,
  MAX_QUESTION,
  MOST_CHECKS,
  MOST_LEAVES,
  PREFLIGHT_GREETING,
  PreflightMessageError,
  type PreflightQuestion,
} from './messages.js';
