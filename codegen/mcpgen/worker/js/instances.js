// The instances of the component. Each serves one request at a time, for one that is suspended cannot be entered
// again; whoever finds all of them at work waits for a while.

/** Milliseconds that a request waits for an instance. */
const PATIENCE = 10_000;

export class Instances {
  /** There are never more. */
  most = 1;
  #create;
  #idle = [];
  #working = new Set();
  #lost = new WeakSet();
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
    this.#working.delete(instance);
    // Meanwhile another may have taken the place of one that was taken for lost.
    if (this.#lost.delete(instance) && this.#full) return;
    const next = this.#waiting.shift();
    if (!next) return void this.#idle.push(instance);
    this.#working.add(instance);
    next(instance);
  }

  /** It is not counted on: it trapped, or has to end a request whose client is gone. */
  lose(instance) {
    if (!this.#working.delete(instance)) return;
    this.#lost.add(instance);
    const next = this.#waiting.shift();
    if (next) this.#made().then(next, () => next(undefined));
  }

  get #full() {
    return this.#idle.length + this.#working.size + this.#starting >= this.most;
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
        resolve(undefined);
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
