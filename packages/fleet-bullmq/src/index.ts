/**
 * Emptying hosts by jobs of BullMQ, on Valkey or Redis: a queue for each host, a job for each domain. A job says that
 * the domain is no longer on that host: to do it twice is harmless, because its worker looks at the hosts first.
 */
export { type DomainJob, domainJobFrom, type JobPlace, placeOf } from './domain-job.js';
export { Engine, type OrderEnd, type SeenRun, type WantedOfRun } from './engine.js';
export { EngineError, type EngineFailure } from './errors.js';
export { type HostJobs, type TakeJob } from './host-jobs.js';
export { type StoredRun, storedRunFrom } from './stored-run.js';
