/** The text of proto/control.proto; a test compares them. Parsed at run time, so that no code is generated. */
export const controlSchema = `// What a toolstack asks of a domain of the embedded hypervisor, over the domain's Unix socket. Each message is
// preceded by its length as a varint. A reply answers each request, in order.
//
// Versions: there is no number of one. Requests, replies and fields are added under new numbers; a number keeps its meaning, and
// one that is given up is not used again. A request that a domain does not know is answered by an error and changes nothing.
syntax = "proto3";
package mig.control;

message Request {
  oneof request {
    // What an operator asks. The domain decides by the table of commands, whoever else is at work on it.
    Nothing state = 5;
    Seen pause = 1;
    Seen unpause = 2;
    Resume resume = 4;
    Rename rename = 12;
    // The process ends once it has replied.
    Seen destroy = 7;

    // The connection holds the domain from then on, until it ends: for a migration or a save.
    Take take = 13;
    // The connection holds an arriving domain, which ends with it unless it is started before.
    Nothing hold = 9;

    // What only the connection that holds the domain may ask.
    Suspend suspend = 3;
    // The state of the vCPU of a suspended domain.
    Seen context = 8;
    // From then on only this connection runs the domain here.
    SendAway send_away = 14;
    // Lets it run where it stands, under its own name again where it was sent away.
    TakeBack take_back = 15;
    // It lets go of the domain, as it does at its end.
    Nothing release = 11;
    // Gives an incoming domain, whose RAM is complete, the state of its vCPU. It is then paused.
    Context adopt = 10;
    // Lets an incoming domain run under its own name; the connection holds it until it lets go, and may then end.
    Start start = 16;

    // Logging ends with the connection that asked for it. One that holds the domain, or measures it.
    SetLogDirty set_log_dirty = 6;
  }
  // Milliseconds since 1970 after which its sender no longer waits for it, and nothing is done; 0: no limit.
  uint64 deadline = 20;
}

message Reply {
  oneof reply {
    Done done = 1;
    Error error = 2;
    State state = 3;
    Context context = 4;
  }
}

message Nothing {}

// The epoch that was seen, from which the request was decided; any other is refused. 0: none was.
message Seen {
  uint64 epoch = 1;
}

message Resume {
  uint64 epoch = 1;
  // One that was sent away as well, under its own name.
  bool force = 2;
}

message Rename {
  uint64 epoch = 1;
  string name = 2;
}

// For the words of a refusal to others.
message Take {
  // migration or save; closed.
  string purpose = 1;
  uint32 pid = 2;
  // A host or a file.
  string to = 3;
  // See Seen.
  uint64 epoch = 4;
}

message Suspend {
  // How long the guest may take to finish its quantum.
  uint32 timeout_milliseconds = 1;
}

message SendAway {
  uint64 epoch = 1;
  string name = 2;
  string sent_to = 3;
}

message TakeBack {
  uint64 epoch = 1;
  // It stands still all the same, paused.
  bool paused = 2;
}

message Start {
  string name = 1;
  // Leaves it paused. One that had been paused where it comes from is left so, too.
  bool paused = 2;
}

message SetLogDirty {
  bool enabled = 1;
}

// MessagePack; docs/guests.md describes it.
message Context {
  bytes octets = 1;
}

// What was asked for is done; the epoch is that of the domain from then on.
message Done {
  uint64 epoch = 1;
}

message State {
  bool paused = 1;
  bool suspended = 2;
  bool crashed = 3;
  bool log_dirty = 5;
  double cpu_seconds = 6;
  Ram ram = 7;
  string name = 8;
  // One of those of standing.ts; closed.
  string standing = 9;
  uint64 epoch = 10;
  // Where it was sent; empty where it was not.
  string sent_to = 11;
  // An incoming domain that had been paused where it comes from.
  bool was_paused = 12;
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
