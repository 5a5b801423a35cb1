import { commandLineLength, commandLineOctet, crash, quotation, text } from './machine';

/** The current word: its first octet, and the one past it. */
export let wordStart: i32 = 0;
export let wordEnd: i32 = 0;

/** @returns false at the end of the command line; words for mig are passed over */
export function nextWord(): bool {
  while (anyWord()) if (!wordBegins('mig.')) return true;
  return false;
}

function anyWord(): bool {
  const length = commandLineLength();
  wordStart = wordEnd;
  while (wordStart < length && commandLineOctet(wordStart) === 32) wordStart++;
  wordEnd = wordStart;
  while (wordEnd < length && commandLineOctet(wordEnd) !== 32) wordEnd++;
  return wordStart < wordEnd;
}

export function wordIs(words: string): bool {
  return wordEnd - wordStart === words.length && wordBegins(words);
}

export function wordBegins(words: string): bool {
  if (wordEnd - wordStart < words.length) return false;
  for (let i = 0; i < words.length; i++) {
    if (commandLineOctet(wordStart + i) !== words.charCodeAt(i)) return false;
  }
  return true;
}

/** The number that follows the first `skip` octets of the word. */
export function wordNumber(skip: i32): u32 {
  let value: u64 = 0;
  if (wordStart + skip === wordEnd) refuseWord();
  for (let i = wordStart + skip; i < wordEnd; i++) {
    const digit = commandLineOctet(i) - 48;
    if (digit < 0 || digit > 9) refuseWord();
    value = value * 10 + digit;
    if (value > 0xffffffff) refuseWord();
  }
  return <u32>value;
}

export function refuseWord(): void {
  text('the command line has "');
  quotation(wordStart, wordEnd);
  text('", which this guest does not understand');
  crash();
}
