/** The text of proto/control.proto; a test compares them. Parsed at run time, so that no code is generated. */
export const controlSchema = `// What a toolstack asks of a domain of the embedded hypervisor, over the domain's Unix socket. Each message is
// preceded by its length as a varint. A reply answers each request, in order.
syntax = "proto3";
package mig.control;

message Request {
  oneof request {
    Nothing pause = 1;
    Nothing unpause = 2;
    Suspend suspend = 3;
    // Revives a suspended domain where it stands.
    Nothing resume = 4;
    Nothing state = 5;
    // Logging ends with the connection that asked for it.
    SetLogDirty set_log_dirty = 6;
    // The process ends once it has replied.
    Nothing destroy = 7;
    // The state of the vCPU of a suspended domain.
    Nothing context = 8;
    // The domain ends with this connection, unless it is released before.
    Nothing hold = 9;
    // It does without the connection that holds it.
    Nothing release = 11;
    // Gives an incoming domain, whose RAM is complete, the state of its vCPU. It is then paused.
    Context adopt = 10;
  }
}

message Reply {
  oneof reply {
    Nothing done = 1;
    Error error = 2;
    State state = 3;
    Context context = 4;
  }
}

message Nothing {}

message Suspend {
  // How long the guest may take to finish its quantum.
  uint32 timeout_milliseconds = 1;
}

message SetLogDirty {
  bool enabled = 1;
}

// MessagePack; docs/guests.md describes it.
message Context {
  bytes octets = 1;
}

message State {
  bool paused = 1;
  bool suspended = 2;
  bool crashed = 3;
  // Waits for its RAM and the state of its vCPU.
  bool incoming = 4;
  bool log_dirty = 5;
  double cpu_seconds = 6;
  Ram ram = 7;
}

// Where the guest's RAM is: a file that the process has open, mapped at an address of the process.
message Ram {
  uint32 descriptor = 1;
  uint64 address = 2;
  uint64 length = 3;
}

message Error {
  // Closed: other values are errors of the protocol.
  string code = 1;
  string message = 2;
}
`;
