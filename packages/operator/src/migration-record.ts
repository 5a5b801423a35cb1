/** The domain and the process of a migration. */
export interface MigrationRecord {
  readonly domid: number;
  /** The domain's name when the migration began. */
  readonly domain: string;
  readonly target: string;
  readonly pid: number;
}

export function isRecord(value: unknown): value is MigrationRecord {
  const { domid, domain, target, pid } = (value ?? {}) as Partial<Record<keyof MigrationRecord, unknown>>;
  return (
    typeof domid === 'number' &&
    typeof domain === 'string' &&
    typeof target === 'string' &&
    typeof pid === 'number'
  );
}
