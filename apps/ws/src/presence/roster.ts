/** A socket that is signed in. */
export interface Member {
  /** Whether its agent may know who else is there. */
  readonly mayReadAgents: boolean;
  send(frame: string): void;
}

interface Place {
  tenantId: string;
  agentId: string;
}

/** Who has a socket on this pod. */
export class Roster {
  private readonly tenants = new Map<string, Map<Member, string>>();
  private readonly places = new Map<Member, Place>();
  private onJoin: () => void = () => undefined;
  private onEmpty: () => void = () => undefined;

  /** A member who is in already stays. */
  join(member: Member, place: Place) {
    if (this.places.has(member)) return;
    this.places.set(member, place);
    let tenant = this.tenants.get(place.tenantId);
    if (!tenant) this.tenants.set(place.tenantId, (tenant = new Map()));
    tenant.set(member, place.agentId);
    this.onJoin();
  }

  leave(member: Member) {
    const place = this.places.get(member);
    if (!place) return;
    this.places.delete(member);
    const tenant = this.tenants.get(place.tenantId)!;
    tenant.delete(member);
    if (tenant.size === 0) this.tenants.delete(place.tenantId);
    if (this.places.size === 0) this.onEmpty();
  }

  agents(): { tenantId: string; agentIds: string[] }[] {
    return [...this.tenants].map(([tenantId, members]) => ({
      tenantId,
      agentIds: [...new Set(members.values())],
    }));
  }

  /** To all of the tenant, or of all tenants, who may know. */
  tell(frame: string, tenantId?: string) {
    const members = tenantId === undefined ? this.places.keys() : (this.tenants.get(tenantId)?.keys() ?? []);
    // A copy: a socket that is too slow leaves while it is told.
    for (const member of [...members]) if (member.mayReadAgents) member.send(frame);
  }

  whenJoined(run: () => void) {
    this.onJoin = run;
  }

  async empty(): Promise<void> {
    if (this.places.size > 0) await new Promise<void>((resolve) => (this.onEmpty = resolve));
  }
}
