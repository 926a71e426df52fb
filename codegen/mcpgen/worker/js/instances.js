// The instances of the component. Each serves one request at a time, for one that is suspended cannot be entered
// again; whoever finds all of them at work waits for a while.

/** Milliseconds that a request waits for an instance. */
const PATIENCE = 10_000;
/** An instance at work is heard of so often, in milliseconds, while its host lets it go on. */
export const BEAT = 3_000;
/** After so many without a word its host has given it up. */
const SILENCE = 15_000;

export class Instances {
  /** So many serve at once. Beside them there may be half as many whose clients are gone. */
  most = 1;
  #create;
  #idle = [];
  /** When each was heard of. */
  #working = new Map();
  /** The same of those whose client is gone. */
  #leaving = new Map();
  #starting = 0;
  #waiting = [];

  /** `create` makes an instance. */
  constructor(create) {
    this.#create = create;
  }

  /** An instance, for one request; undefined where none becomes free. Rejects where it cannot be made. */
  async take() {
    const idle = this.#idle.pop();
    if (!idle) return this.#full ? this.#free() : this.#made();
    this.#working.set(idle, Date.now());
    return idle;
  }

  /** Its request has been served. */
  give(instance) {
    this.#forget(instance);
    // Meanwhile another may have taken its place.
    if (this.#full) return;
    const next = this.#next();
    if (!next) return void this.#idle.push(instance);
    this.#working.set(instance, Date.now());
    next.resolve(instance);
  }

  /** Its host lets it go on. */
  hear(instance) {
    for (const known of [this.#working, this.#leaving]) if (known.has(instance)) known.set(instance, Date.now());
  }

  /** Its client is gone. Another may take its place, but it counts until it returns or its host gives it up. */
  leave(instance) {
    if (!this.#working.delete(instance)) return;
    this.#leaving.set(instance, Date.now());
    this.#replace();
  }

  /** It has ended: it trapped. */
  end(instance) {
    this.#forget(instance);
    this.#replace();
  }

  #replace() {
    const next = this.#full ? undefined : this.#next();
    if (next) this.#made().then(next.resolve, next.reject);
  }

  #forget(instance) {
    this.#working.delete(instance);
    this.#leaving.delete(instance);
  }

  get #full() {
    const silent = Date.now() - SILENCE;
    for (const known of [this.#working, this.#leaving]) {
      for (const [instance, heard] of known) if (heard < silent) known.delete(instance);
    }
    const at = this.#idle.length + this.#working.size + this.#starting;
    return at >= this.most || at + this.#leaving.size >= this.most + Math.ceil(this.most / 2);
  }

  async #made() {
    this.#starting++;
    try {
      const instance = await this.#create();
      this.#working.set(instance, Date.now());
      return instance;
    } finally {
      this.#starting--;
    }
  }

  #free() {
    const waiter = Promise.withResolvers();
    waiter.timer = setTimeout(() => {
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      waiter.resolve(this.#full ? undefined : this.#made());
    }, PATIENCE);
    this.#waiting.push(waiter);
    return waiter.promise;
  }

  /** Who waits the longest. It waits no longer: what is promised it, it gets. */
  #next() {
    const waiter = this.#waiting.shift();
    clearTimeout(waiter?.timer);
    return waiter;
  }
}
