/** The library of the queue. It is large, and is loaded when a command is given an engine. */
export * from '@mig/fleet-bullmq';
