/**
 * The text of proto/operator.proto; a test compares them. Parsed at run time, so that no code is generated.
 */
import { settingNames, settingRow, type SettingRow, wireNameOf } from '@mig/sender/policy';

const types: Readonly<Record<SettingRow['kind'], string>> = {
  count: 'uint64',
  milliseconds: 'double',
  seconds: 'double',
  rate: 'double',
  word: 'string',
  flag: 'bool',
};

/** Declares a field for each setting, in the order of their numbers. */
function settingsMessage(): string {
  const rows = settingNames.map((name) => [name, settingRow(name)] as const);
  const fields = [...rows].sort(([, a], [, b]) => a.field - b.field);
  const lines = fields.flatMap(([name, row]) => {
    const snake = wireNameOf(name).replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const remark = row.kind === 'word' ? row.choice.join(' or ') : row.kind === 'rate' ? row.unit : undefined;
    const comment = remark && `  // ${remark[0]!.toUpperCase()}${remark.slice(1)}.`;
    return [
      ...(comment === undefined ? [] : [comment]),
      `  optional ${types[row.kind]} ${snake} = ${row.field};`,
    ];
  });
  return `message Course {\n${lines.join('\n')}\n}\n`;
}

export const operatorSchema = `// What an operator asks of a migration that runs, over a Unix socket of the process that makes it. Each message is
// preceded by its length as a varint. A reply names the request that it answers; several requests may be under way.
syntax = "proto3";
package mig.operator;

message Request {
  // Of the asker's choice.
  uint32 id = 1;
  oneof request {
    Nothing status = 2;
    // Answered by a status now and whenever there is news, then by how the migration ended.
    Nothing watch = 3;
    // Answered by the status from which it was ordered.
    Switchover switchover = 4;
    // Answered by how the migration ended, once it has.
    Nothing abort = 5;
    // Answered by the course that is then in force.
    Set set = 6;
    // Answered by the status.
    Hold hold = 7;
  }
}

message Reply {
  // That of the request; 0 where the request was not understood.
  uint32 id = 1;
  oneof reply {
    Status status = 2;
    Course course = 3;
    End end = 4;
    Error error = 5;
  }
}

message Nothing {}

message Switchover {
  // Even while most of memory has not been sent once.
  bool now = 1;
}

message Hold {
  // Whether live passes are to go on where the goals and limits would end them: until another one of the same connection lets
  // go, or it ends. A timeout ends them all the same, and so does a switchover.
  bool held = 1;
}

message Set {
  // What is to change, alone.
  Course course = 1;
  // Fields of Course, as protobuf's JSON names them, that are to have their defaults again.
  repeated string unset = 2;
}

// The goals and limits of precopy: docs/xl.md, the options of \`migrate\`.
${settingsMessage()}
message Status {
  uint32 domid = 1;
  string domain = 2;
  string target = 3;
  // The process that migrates it.
  uint32 pid = 4;
  // A state of the source, docs/handshake.md.
  string phase = 5;
  // Live passes finished.
  uint32 iteration = 6;
  optional Pass pass = 7;
  // Pages found dirty when the log was last read.
  optional uint64 dirty_pages = 8;
  // Pages per second of sending alone.
  optional double send_rate = 9;
  // Different pages per second found dirty after the last pass; the guest may write more.
  optional double dirty_rate = 10;
  // Of memory, on the stream; of a pass that is under way estimated.
  uint64 octets_sent = 11;
  // Since the migration began.
  double elapsed_milliseconds = 12;
  // Were precopy to end now; an upper bound where it is not known how fast the line is.
  optional double estimated_downtime_milliseconds = 13;
  // Of the pass under way.
  optional double pass_left_milliseconds = 14;
  // With the defaults that apply.
  Course course = 15;
  // The operator's own policy decides, too: its path.
  optional string own_policy = 16;
  // Why precopy ended, once that is decided.
  optional Reason precopy_end = 17;
  // The lower bound to field 13; the same where the line is measured.
  optional double least_downtime_milliseconds = 18;
  // Whether somebody holds it.
  optional bool held = 19;
}

message Pass {
  // precopy, remainder, stop-and-copy or verify.
  string kind = 1;
  // From 0, over all passes.
  uint32 iteration = 2;
  // To be sent when it began.
  uint64 dirty_pages = 3;
  uint64 pages_done = 4;
}

message Reason {
  string code = 1;
  string sentence = 2;
}

message End {
  // moved, or what docs/handshake.md says of the domain at the source.
  string outcome = 1;
  // That of \`xl migrate\`.
  uint32 exit_status = 2;
  string message = 3;
  repeated string advice = 4;
  // Whether the domain was found here afterwards as it was before.
  bool as_before = 5;
}

message Error {
  // Closed: other values are errors of the protocol.
  string code = 1;
  string message = 2;
}
`;
