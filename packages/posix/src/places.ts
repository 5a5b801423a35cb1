/**
 * Arguments, variables and the working folder as octets. This entry of the package needs no foreign
 * functions.
 */
export { argumentOctets, shown, undecodedArgument, undecodedVariable } from './octets.js';
export { searchFolders } from './search-path.js';
export {
  absolutePath,
  GONE,
  isWorkingFolderGone,
  leaveMissingFolder,
  WorkingFolderError,
} from './working-folder.js';
