// The guests on the stage: the one that is migrated, and those that only have its name or its UUID.

/** Of the one that is migrated. */
export const UUID = '3b9a1c52-5b0e-4f6c-9d1e-7a1f2c3d4e5f';

/** @typedef {{ kernel: string, cmdline: string }} Guest */

/** Small enough to move in no time, busy enough to be dirty whenever somebody looks. */
export const busyGuest = { kernel: 'wss', cmdline: 'pages=100 rate=5000 pattern=random' };
export const idleGuest = { kernel: 'idle', cmdline: '' };
