export { messageOf, MigError } from './mig-error.js';
