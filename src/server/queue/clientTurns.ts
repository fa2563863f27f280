/** Waiting jobs of several clients, who take turns: one with a thousand jobs does not make the others wait for them. */
export class ClientTurns<Job extends { readonly client: string }> {
  /** In the order of their turns; no client without jobs. */
  readonly #clients = new Map<string, Job[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(job: Job): void {
    const jobs = this.#clients.get(job.client);
    if (jobs === undefined) this.#clients.set(job.client, [job]);
    else jobs.push(job);
    this.#size += 1;
  }

  /** @returns false when the job was not there. */
  remove(job: Job): boolean {
    const jobs = this.#clients.get(job.client) ?? [];
    const index = jobs.indexOf(job);
    if (index === -1) return false;
    jobs.splice(index, 1);
    if (jobs.length === 0) this.#clients.delete(job.client);
    this.#size -= 1;
    return true;
  }

  /** The jobs of each client in their order, the client whose turn it is first. */
  list(): readonly (readonly Job[])[] {
    return [...this.#clients.values()];
  }

  /** The client has had its turn: the others come first now. */
  pass(client: string): void {
    const jobs = this.#clients.get(client);
    if (jobs === undefined) return;
    this.#clients.delete(client);
    this.#clients.set(client, jobs);
  }
}
