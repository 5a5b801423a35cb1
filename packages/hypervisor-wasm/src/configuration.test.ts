import { HostError } from '@mig/hypervisor';
import { describe, expect, it } from 'vitest';
import { parseConfiguration } from './configuration.js';

const creation = { type: 'wasm', name: 'busy' };
const build = { max_memkb: 2048, kernel: 'wss' };

describe('a configuration', () => {
  it('is read, and what is not known in it is kept', () => {
    const uuid = '12345678-1234-1234-1234-123456789abc';
    const parsed = parseConfiguration(
      JSON.stringify({ c_info: { ...creation, uuid, domid: 7 }, b_info: build, on_reboot: 'restart' }),
    );
    expect(parsed).toMatchObject({ name: 'busy', uuid, domid: 7, memory: 2, kernel: 'wss', commandLine: '' });
    expect(JSON.parse(parsed.json)).toEqual({
      c_info: { ...creation, uuid },
      b_info: build,
      on_reboot: 'restart',
    });
  });

  it('takes another name', () => {
    const parsed = parseConfiguration(JSON.stringify({ c_info: creation, b_info: build }), { name: 'other' });
    expect(parsed.name).toBe('other');
    expect(JSON.parse(parsed.json)).toMatchObject({ c_info: { name: 'other', uuid: parsed.uuid } });
  });

  it('has a name that a domain may have, as it comes and as it is changed', () => {
    for (const name of ['\x1b[2J', 'a/b', '', 'x'.repeat(256)]) {
      const named = JSON.stringify({ c_info: { ...creation, name }, b_info: build });
      expect(() => parseConfiguration(named)).toThrow(/c_info.name must not/);
      const sound = JSON.stringify({ c_info: creation, b_info: build });
      expect(() => parseConfiguration(sound, { name })).toThrow(/c_info.name must not/);
    }
  });

  it.each<[string, unknown, string]>([
    ['c_info', { b_info: build }, 'bad-configuration'],
    ['b_info', { c_info: creation }, 'bad-configuration'],
    ['c_info.type', { c_info: { name: 'x' }, b_info: build }, 'bad-configuration'],
    ['PVH', { c_info: { ...creation, type: 'pvh' }, b_info: build }, 'foreign-domain'],
    ['c_info.name', { c_info: { type: 'wasm' }, b_info: build }, 'bad-configuration'],
    ['c_info.uuid', { c_info: { ...creation, uuid: 'x' }, b_info: build }, 'bad-configuration'],
    ['c_info.domid', { c_info: { ...creation, domid: 0 }, b_info: build }, 'bad-configuration'],
    ['b_info.target_memkb', { c_info: creation, b_info: { kernel: 'wss' } }, 'bad-configuration'],
    ['b_info.max_memkb', { c_info: creation, b_info: { ...build, max_memkb: 512 } }, 'bad-configuration'],
    [
      'b_info.max_memkb',
      { c_info: creation, b_info: { ...build, max_memkb: 4097 * 1024 } },
      'bad-configuration',
    ],
    ['b_info.kernel', { c_info: creation, b_info: { max_memkb: 1024 } }, 'bad-configuration'],
    ['b_info.max_vcpus', { c_info: creation, b_info: { ...build, max_vcpus: 2 } }, 'bad-configuration'],
    [
      'b_info.cmdline',
      { c_info: creation, b_info: { ...build, cmdline: 'x'.repeat(5000) } },
      'bad-configuration',
    ],
  ])('is refused by the name of %s', (key, value, code) => {
    const attempt = () => parseConfiguration(JSON.stringify(value));
    expect(attempt).toThrow(HostError);
    expect(attempt).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(key) as string }),
    );
  });

  it('is refused where it is not JSON', () => {
    expect(() => parseConfiguration('{')).toThrow(expect.objectContaining({ code: 'bad-configuration' }));
  });
});
