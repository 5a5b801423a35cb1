/** The loop of a save, blocking, while the main thread listens for signals. */
import { parentPort, workerData } from 'node:worker_threads';
import { Interrupt } from '@mig/posix';
import type { SaveArguments } from '@mig/protocol/save-helper';
import { serveSave } from './serve.js';

const interrupt = Interrupt.create();
parentPort?.postMessage(interrupt.shared);
serveSave(workerData as SaveArguments, interrupt);
