// All that a component may import, over what a worker has: the variables of its environment, clocks, randomness,
// its log, and HTTP.

import {
  Fields,
  IncomingBody,
  IncomingRequest,
  OutgoingBody,
  OutgoingResponse,
  ResponseOutparam,
  Unused,
} from "./http.js";
import { after, InputStream, IoError, OutputStream, poll, Pollable } from "./io.js";

const decoder = new TextDecoder();

/** Writes whole lines to the log. */
class Log {
  closed = false;
  #line = "";

  room() {
    return 1 << 16;
  }

  write(contents) {
    const lines = (this.#line + decoder.decode(contents, { stream: true })).split("\n");
    this.#line = lines.pop();
    for (const line of lines) console.error(line);
  }

  drained() {
    return Promise.resolve();
  }
}

const strings = (variables) => Object.entries(variables).filter(([, value]) => typeof value === "string");

/** The imports of one instance. Of what `variables` gives, the strings are its environment. */
export function imports(variables) {
  const log = new Log();
  return {
    "wasi:cli/environment": { getEnvironment: () => strings(variables()) },
    "wasi:cli/stderr": { getStderr: () => new OutputStream(log) },
    "wasi:clocks/monotonic-clock": {
      now: () => BigInt(Math.round(performance.now() * 1e6)),
      subscribeDuration: after,
    },
    "wasi:clocks/wall-clock": {
      now: () => {
        const now = Date.now();
        return { seconds: BigInt(Math.trunc(now / 1000)), nanoseconds: (now % 1000) * 1e6 };
      },
    },
    "wasi:random/random": { getRandomBytes: (length) => crypto.getRandomValues(new Uint8Array(Number(length))) },
    "wasi:io/error": { Error: IoError },
    "wasi:io/poll": { Pollable, poll },
    "wasi:io/streams": { InputStream, OutputStream },
    "wasi:http/types": {
      Fields,
      FutureIncomingResponse: Unused,
      IncomingBody,
      IncomingRequest,
      IncomingResponse: Unused,
      OutgoingBody,
      OutgoingRequest: Unused,
      OutgoingResponse,
      RequestOptions: Unused,
      ResponseOutparam,
    },
  };
}
