// The instances of the component. Each serves one request at a time, for one that is suspended cannot be entered
// again; whoever finds all of them at work waits for a while.

/** Milliseconds that a request waits for an instance. */
const PATIENCE = 10_000;
/** An instance whose client is gone is heard of so often, in milliseconds, while its host lets it go on. */
const BEAT = 3_000;
/** After so many without a beat its host has given it up. */
const SILENCE = 15_000;

export class Instances {
  /** There are never more. */
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
    if (!this.#forget(instance) && this.#full) return;
    const next = this.#waiting.shift();
    if (!next) return void this.#idle.push(instance);
    this.#working.add(instance);
    next(instance);
  }

  /** Its client is gone. It has its place until it returns; a host that gives it up never has it return. */
  leave(instance) {
    if (!this.#working.delete(instance)) return;
    const heard = () => this.#leaving.set(instance, Date.now());
    heard();
    // The timer ends with the request whose it is.
    const timer = setInterval(() => (this.#leaving.has(instance) ? heard() : clearInterval(timer)), BEAT);
  }

  /** It has ended: it trapped. */
  end(instance) {
    if (!this.#forget(instance) || this.#full) return;
    const next = this.#waiting.shift();
    if (next) this.#made().then(next, () => next(undefined));
  }

  /** Whether it had a place, which is free now. */
  #forget(instance) {
    return this.#working.delete(instance) || this.#leaving.delete(instance);
  }

  get #full() {
    const silent = Date.now() - SILENCE;
    for (const [instance, heard] of this.#leaving) if (heard < silent) this.#leaving.delete(instance);
    return this.#idle.length + this.#working.size + this.#leaving.size + this.#starting >= this.most;
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
