// wasi:io over promises. Where WASI would block, the component is suspended until a promise is settled.

/** What the streams throw once nothing more will come, or nobody reads any more. */
export const CLOSED = { tag: "closed" };

const EMPTY = new Uint8Array();

export class IoError {
  #words;

  constructor(words) {
    this.#words = words;
  }

  toDebugString() {
    return this.#words;
  }
}

export const failed = (error) => ({ tag: "last-operation-failed", val: new IoError(String(error)) });

export class Pollable {
  #ready;
  #wait;
  #drop;

  /** `ready` says whether it has happened; `wait` gives a promise, settled once it may have. */
  constructor(ready, wait, drop) {
    this.#ready = ready;
    this.#wait = wait;
    this.#drop = drop;
  }

  ready() {
    return this.#ready();
  }

  async block() {
    while (!this.#ready()) await this.#wait();
  }

  wait() {
    return this.#wait();
  }

  [Symbol.dispose]() {
    this.#drop?.();
  }
}

export async function poll(pollables) {
  for (;;) {
    const places = pollables.flatMap((pollable, place) => (pollable.ready() ? [place] : []));
    if (places.length) return Uint32Array.from(places);
    await Promise.race(pollables.map((pollable) => pollable.wait()));
  }
}

/** Happens after so many nanoseconds. */
export function after(nanoseconds) {
  const LONGEST = 0x7fffffff;
  let over = nanoseconds <= 0n;
  let timer;
  let promise;
  const due = performance.now() + Number(nanoseconds) / 1e6;
  const wait = () =>
    (promise ??= new Promise((resolve) => {
      const set = () => {
        // Timers take no more than 24 days.
        timer = setTimeout(
          () => {
            over = due - performance.now() < 1;
            if (over) resolve();
            else set();
          },
          Math.min(Math.max(0, due - performance.now()), LONGEST),
        );
      };
      set();
    }));
  return new Pollable(
    () => (over ||= performance.now() >= due),
    wait,
    () => clearTimeout(timer),
  );
}

/** What a `ReadableStream` gives, or no more than the bytes `first`. */
export class InputStream {
  #reader;
  #chunk;
  #ended;
  #failure;
  #fetching;

  constructor(stream, first) {
    this.#reader = stream?.getReader();
    this.#chunk = first;
    this.#ended = !stream;
  }

  read(length) {
    const chunk = this.#chunk;
    if (!chunk?.length) {
      if (this.#failure) throw failed(this.#failure);
      if (this.#ended) throw CLOSED;
      this.#fetch();
      return EMPTY;
    }
    const most = Number(length);
    this.#chunk = chunk.length > most ? chunk.subarray(most) : undefined;
    return chunk.length > most ? chunk.subarray(0, most) : chunk;
  }

  async blockingRead(length) {
    while (!this.#ready()) await this.#fetch();
    return this.read(length);
  }

  subscribe() {
    return new Pollable(
      () => this.#ready(),
      () => this.#fetch(),
    );
  }

  [Symbol.dispose]() {
    this.#reader?.cancel().catch(() => {});
  }

  #ready() {
    return this.#chunk?.length > 0 || this.#ended;
  }

  #fetch() {
    this.#fetching ??= this.#reader
      .read()
      .then(
        ({ value, done }) => {
          this.#ended = done;
          this.#chunk = value;
        },
        (error) => {
          this.#ended = true;
          this.#failure = error;
        },
      )
      .finally(() => (this.#fetching = undefined));
    return this.#fetching;
  }
}

/** Writes to a sink: `closed`, `room()`, `write(bytes)`, `drained()`. */
export class OutputStream {
  #sink;

  constructor(sink) {
    this.#sink = sink;
  }

  checkWrite() {
    if (this.#sink.closed) throw CLOSED;
    return BigInt(Math.max(0, this.#sink.room()));
  }

  write(contents) {
    if (this.#sink.closed) throw CLOSED;
    this.#sink.write(contents);
  }

  async blockingWriteAndFlush(contents) {
    while (!this.#sink.closed && this.#sink.room() < contents.length) await this.#sink.drained();
    this.write(contents);
  }

  flush() {
    if (this.#sink.closed) throw CLOSED;
  }

  subscribe() {
    return new Pollable(
      () => this.#sink.closed || this.#sink.room() > 0,
      () => this.#sink.drained(),
    );
  }
}
