// The body of an answer: gathered while the component writes it, and streamed from the moment on that it waits.

/** So many bytes may be ahead of their reader. */
const AHEAD = 1 << 20;

export class Body {
  closed = false;
  /** Called when the reader goes away. */
  gone = () => {};
  #chunks = [];
  #size = 0;
  #ended = false;
  #broken;
  #controller;
  #drained;

  room() {
    return this.#controller ? this.#controller.desiredSize : AHEAD - this.#size;
  }

  write(chunk) {
    if (this.#controller) this.#controller.enqueue(chunk);
    else {
      this.#chunks.push(chunk);
      this.#size += chunk.length;
    }
  }

  /** A promise, settled once there may be room again or nobody reads any more. */
  drained() {
    this.#drained ??= Promise.withResolvers();
    return this.#drained.promise;
  }

  end() {
    if (this.#ended || this.closed) return;
    this.#ended = true;
    this.#controller?.close();
  }

  /** Have the reader know that this is not all. */
  break(error) {
    if (this.#ended || this.closed) return;
    this.#broken = error;
    this.#close();
    this.#controller?.error(error);
  }

  /** What `Response` takes: the whole body where it has ended, or a stream. */
  content() {
    if (this.#broken) throw this.#broken;
    if (this.#ended) return this.#whole();
    return new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller;
          for (const chunk of this.#chunks.splice(0)) controller.enqueue(chunk);
        },
        pull: () => this.#wake(),
        cancel: () => {
          this.#close();
          this.gone();
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: AHEAD }),
    );
  }

  #close() {
    this.closed = true;
    this.#wake();
  }

  #whole() {
    return this.#chunks.length < 2 ? (this.#chunks[0] ?? null) : joined(this.#chunks, this.#size);
  }

  #wake() {
    this.#drained?.resolve();
    this.#drained = undefined;
  }
}

/** The chunks, of so many bytes together, as one. */
export function joined(chunks, size) {
  const whole = new Uint8Array(size);
  let place = 0;
  for (const chunk of chunks) {
    whole.set(chunk, place);
    place += chunk.length;
  }
  return whole;
}
