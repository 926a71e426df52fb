// The instances of the component. Each serves one request at a time, for one that is suspended cannot be entered
// again; whoever finds all of them at work waits for a while.

/** Milliseconds that a request waits for an instance. */
const PATIENCE = 10_000;
/** An instance whose client is gone is heard of so often, in milliseconds, while its host lets it go on. */
const BEAT = 3_000;
/** After so many without a beat its host has given it up. */
const SILENCE = 15_000;

export class Instances {
  /** There are never more, beside as many whose clients are gone: together twice as many at most. */
  most = 1;
  #create;
  #idle = [];
  #working = new Set();
  /** Those whose client is gone: when each was heard of. */
  #leaving = new Map();
  #starting = 0;
  #waiting = [];

  /** `create` makes an instance. */
  constructor(create) {
    this.#create = create;
  }

  /** An instance, for one request; undefined where none becomes free. */
  async take() {
    const instance = this.#idle.pop() ?? (await (this.#full ? this.#free() : this.#made()));
    if (instance) this.#working.add(instance);
    return instance;
  }

  /** Its request has been served. */
  give(instance) {
    this.#forget(instance);
    // Meanwhile another may have taken its place.
    if (this.#full) return;
    const next = this.#waiting.shift();
    if (!next) return void this.#idle.push(instance);
    this.#working.add(instance);
    next(instance);
  }

  /** Its client is gone. Another may take its place, but it counts until it returns or its host gives it up. */
  leave(instance) {
    if (!this.#working.delete(instance)) return;
    const heard = () => this.#leaving.set(instance, Date.now());
    heard();
    // The timer ends with the request whose it is.
    const timer = setInterval(() => (this.#leaving.has(instance) ? heard() : clearInterval(timer)), BEAT);
    this.#replace();
  }

  /** It has ended: it trapped. */
  end(instance) {
    this.#forget(instance);
    this.#replace();
  }

  #replace() {
    const next = this.#full ? undefined : this.#waiting.shift();
    if (next) this.#made().then(next, () => next(undefined));
  }

  #forget(instance) {
    this.#working.delete(instance);
    this.#leaving.delete(instance);
  }

  get #full() {
    const silent = Date.now() - SILENCE;
    for (const [instance, heard] of this.#leaving) if (heard < silent) this.#leaving.delete(instance);
    const at = this.#idle.length + this.#working.size + this.#starting;
    return at >= this.most || at + this.#leaving.size >= 2 * this.most;
  }

  async #made() {
    this.#starting++;
    try {
      return await this.#create();
    } finally {
      this.#starting--;
    }
  }

  #free() {
    return new Promise((resolve) => {
      const stop = () => {
        this.#waiting.splice(this.#waiting.indexOf(next), 1);
        resolve(this.#full ? undefined : this.#made());
      };
      const timer = setTimeout(stop, PATIENCE);
      const next = (instance) => {
        clearTimeout(timer);
        resolve(instance);
      };
      this.#waiting.push(next);
    });
  }
}
