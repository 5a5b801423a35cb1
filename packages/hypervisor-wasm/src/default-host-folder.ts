import { HostError } from '@mig/hypervisor';
import { shown, undecodedVariable } from '@mig/posix/places';
import { isUtf8 } from 'node:buffer';
import { userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Finds the host's folder if none is named: MIG_HOST_DIR, else `mig/host` in the user's state directory.
 * @throws HostError `unavailable` where there is none, or its name is not UTF-8
 */
export function defaultHostFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { MIG_HOST_DIR } = environment;
  // Empty counts as unset.
  if (MIG_HOST_DIR) return decoded('MIG_HOST_DIR', MIG_HOST_DIR);
  return join(stateFolder(environment), 'mig', 'host');
}

/** The state directory of the XDG Base Directory Specification: a relative path is ignored. */
function stateFolder({ XDG_STATE_HOME = '', HOME = '' }: NodeJS.ProcessEnv): string {
  if (isAbsolute(XDG_STATE_HOME)) return decoded('XDG_STATE_HOME', XDG_STATE_HOME);
  return join(isAbsolute(HOME) ? decoded('HOME', HOME) : notedHome(), '.local', 'state');
}

/** The user's home in the password database. */
function notedHome(): string {
  let octets: Buffer;
  try {
    octets = userInfo({ encoding: 'buffer' }).homedir;
  } catch (error) {
    const message =
      'there is no folder for the host: neither XDG_STATE_HOME nor HOME is an absolute path, and the system has noted no home ' +
      'for this user; MIG_HOST_DIR may name one';
    throw new HostError('unavailable', message, { cause: error });
  }
  return isUtf8(octets) ? octets.toString() : refuse("this user's home", shown(octets));
}

function decoded(name: string, value: string): string {
  const lost = undecodedVariable(name, value);
  return lost === undefined ? value : refuse(name, lost);
}

function refuse(what: string, octets: string): never {
  throw new HostError('unavailable', `${what} is not UTF-8: '${octets}'`);
}
