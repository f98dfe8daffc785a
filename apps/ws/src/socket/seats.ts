/** How many sockets each agent has on this pod. The newest is refused: a new tab must not end an old one. */
export class Seats {
  private readonly taken = new Map<string, number>();

  constructor(private readonly perAgent: number) {}

  take(agentId: string): boolean {
    const count = this.taken.get(agentId) ?? 0;
    if (count >= this.perAgent) return false;
    this.taken.set(agentId, count + 1);
    return true;
  }

  leave(agentId: string) {
    const left = (this.taken.get(agentId) ?? 0) - 1;
    if (left > 0) this.taken.set(agentId, left);
    else this.taken.delete(agentId);
  }
}
