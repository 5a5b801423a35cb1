/** Record kinds of x86 HVM images, including PVH. Source: libxc specification, xg_sr_restore_x86_hvm.c. */
import type { Fault } from '../layer/deviations.js';
import { hvmContextEntries } from './hvm-context.js';
import { hvmParamNames } from './hvm-params.js';
import { content, refused, type ImageKind } from './image-kind.js';
import { MAX_RECORD_BODY } from '../limits.js';
import { BodyError } from '../octets/octets.js';
import { blob, plain, readReserved, writeReserved } from '../layer/record-kind.js';
import type { HvmParam } from '../layer/records.js';

const guests = ['x86-hvm'] as const;

/** Record kind whose whole body is Xen's HVM context. */
export const hvmContext: ImageKind<'HVM_CONTEXT'> = {
  number: 9,
  name: 'HVM_CONTEXT',
  about: 'registers and devices that Xen emulates',
  section: 'HVM_CONTEXT',
  channel: 'forward',
  guests,
  since: 2,
  body: { maximum: MAX_RECORD_BODY, tail: 'refused' },
  phases: content,
  after: [{ record: 'HVM_PARAMS', verdict: 'hvm-context-before-hvm-params' }],
  codec: {
    decode: (body) => ({ type: 'HVM_CONTEXT', context: body.rest() }),
    encode: (record, body) => body.bytes(record.context),
  },
  check({ context }) {
    if (context.length > 0) return [];
    // The erratum names other records; update_blob() in xg_sr_common.h refuses an empty body of this kind,
    // too.
    return [refused('bad-length', 'hvm_ctx', 'an empty HVM context', 'libxc specification, "HVM_CONTEXT"')];
  },
  describe: ({ context }) => ({ context: blob(context), entries: hvmContextEntries(context) }),
};

/**
 *      0     1     2     3     4     5     6     7 octet
 *     +-----------------------+-----------------------+
 *     | count                 | reserved              |
 *     +-----------------------+-----------------------+
 *     | index[0]                                      |
 *     +-----------------------------------------------+
 *     | value[0]                                      |
 *     +-----------------------------------------------+
 *     | ...
 */
export const hvmParams: ImageKind<'HVM_PARAMS'> = {
  number: 10,
  name: 'HVM_PARAMS',
  about: 'parameters of an HVM domain, such as where its rings are',
  section: 'HVM_PARAMS',
  channel: 'forward',
  guests,
  since: 2,
  // Room for 4095 parameters; Xen knows 39.
  body: { maximum: 65536, tail: 'refused' },
  phases: content,
  codec: {
    decode(body) {
      const count = body.u32('count');
      const odd = readReserved(body, 4);
      if (count * 16 !== body.remaining) {
        throw new BodyError('bad-count', `count is ${count}, with ${body.remaining} bytes after it`, 'count');
      }
      const params: HvmParam[] = [];
      for (let i = 0; i < count; i++) params.push({ index: body.u64('index'), value: body.u64('value') });
      return { type: 'HVM_PARAMS', params, ...odd };
    },
    encode({ params, reserved }, body) {
      body.u32(params.length);
      writeReserved(body, reserved, 4);
      for (const { index, value } of params) {
        body.u64(index);
        body.u64(value);
      }
    },
  },
  check({ params }): readonly Fault[] {
    return params.length > 0 ? [] : [{ tolerated: 'no-content', message: 'no parameters' }];
  },
  describe: ({ params }) => ({
    params: params.map(({ index, value }) => {
      const name = hvmParamNames[Number(index)];
      return { index: plain(index), ...(name === undefined ? {} : { name }), value: plain(value) };
    }),
  }),
};
