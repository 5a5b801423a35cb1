// A thread that compresses runs of octets: see zstd-threads.ts, which starts it and has the layout of the words.
'use strict';
const { workerData } = require('node:worker_threads');
const koffi = require('koffi');

/** Parameters of ZSTD_CCtx_setParameter, and what ZSTD_getErrorCode returns if the frame does not fit. */
const COMPRESSION_LEVEL = 100;
const CHECKSUM_FLAG = 201;
const DOES_NOT_FIT = 70;

/** @type {import('../src/zstd-threads.js').ZstdThreadData} */
const { words, places, library: name, inputs, outputs } = workerData;
const { BEGUN, TAKEN, READY, FAILED, CLOSED, SLOTS, SLOT_WORDS, STATUS, LENGTH, LEVEL, RESULT, MICROSECONDS, DONE } = places; // prettier-ignore

let hasLoaded = false;
try {
  const library = koffi.load(name);
  const compress2 = library.func(
    'size_t ZSTD_compress2(void *context, void *to, size_t capacity, const void *from, size_t length)',
  );
  const setParameter = library.func('size_t ZSTD_CCtx_setParameter(void *context, int parameter, int value)');
  const isError = library.func('unsigned int ZSTD_isError(size_t result)');
  const getErrorCode = library.func('int ZSTD_getErrorCode(size_t result)');
  const context = library.func('void *ZSTD_createCCtx()')();
  if (context === null) throw new Error('no memory to compress in');
  try {
    setParameter(context, CHECKSUM_FLAG, 1);
    loaded();
    let level = 0;
    for (;;) {
      const begun = Atomics.load(words, BEGUN);
      if (begun === CLOSED) break;
      const taken = Atomics.load(words, TAKEN);
      if (taken === begun) {
        Atomics.wait(words, BEGUN, begun);
        continue;
      }
      if (Atomics.compareExchange(words, TAKEN, taken, (taken + 1) | 0) !== taken) continue;
      const slot = taken % inputs.length;
      const at = SLOTS + slot * SLOT_WORDS;
      const wanted = Atomics.load(words, at + LEVEL);
      if (wanted !== level) setParameter(context, COMPRESSION_LEVEL, (level = wanted));
      const length = Atomics.load(words, at + LENGTH);
      const input = /** @type {Uint8Array} */ (inputs[slot]);
      const output = /** @type {Uint8Array} */ (outputs[slot]);
      const began = performance.now();
      // A frame that is no shorter than its content is of no use.
      const result = compress2(context, output, length - 1, input, length);
      const failed = isError(result) !== 0;
      if (failed && getErrorCode(result) !== DOES_NOT_FIT) throw new Error('it cannot be compressed');
      Atomics.store(words, at + RESULT, failed ? 0 : Number(result));
      Atomics.store(words, at + MICROSECONDS, (performance.now() - began) * 1000);
      Atomics.store(words, at + STATUS, DONE);
      Atomics.notify(words, at + STATUS);
    }
  } finally {
    library.func('size_t ZSTD_freeCCtx(void *context)')(context);
  }
} catch {
  Atomics.store(words, FAILED, 1);
} finally {
  loaded();
}

/** Counts this thread, once. */
function loaded() {
  if (hasLoaded) return;
  hasLoaded = true;
  Atomics.add(words, READY, 1);
  Atomics.notify(words, READY);
}
