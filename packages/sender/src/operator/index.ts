export { claimMigration, type MigrationClaim } from './claim-migration.js';
export { changedCourse, type Course, courseInForce } from './course.js';
export { MigrationClaimedError, OperatorError, type OperatorFailure, UnsafeFolderError } from './errors.js';
export { MigrationFolder } from './migration-folder.js';
export { type MigrationRecord } from './migration-record.js';
export { MigrationProgress } from './migration-progress.js';
export { connectOperator, type OperatorClient } from './operator-client.js';
export { OperatorServer } from './operator-server.js';
export { type MigrationControl, type Refusal, SteeredMigration } from './steered-migration.js';
export type {
  CourseChange,
  MigrationEnd,
  OperatorCourse,
  OperatorPass,
  OperatorStatus,
} from '@mig/protocol/operator';
