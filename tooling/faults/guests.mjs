// The guests of the campaign: the one that is migrated, and those that only share its name or its UUID.

/** UUID of the guest that is migrated. */
export const UUID = '3b9a1c52-5b0e-4f6c-9d1e-7a1f2c3d4e5f';

/** @typedef {{ kernel: string, cmdline: string }} Guest */

/**
 * A guest small enough to migrate at once, busy enough to be dirty at any time. Some of the pages that it writes have
 * zeros alone; the first pass is nevertheless more than pipes hold.
 */
export const busyGuest = { kernel: 'wss', cmdline: 'pages=100 rate=5000 pattern=random clear=5 memory=full' };
export const idleGuest = { kernel: 'idle', cmdline: '' };
